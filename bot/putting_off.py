"""What becomes of an update during a maintenance: people are told, and the update is held."""

from __future__ import annotations

import logging

from telegram.error import TelegramError

from bot.maintenance import Held
from bot.outbox import TelegramOutbox
from handlers.context import Services
from handlers.messages import Asked, Event, Found, Membership, Message, Reply
from handlers.operating import Maintenance, person_of
from handlers.routing import addressed

log = logging.getLogger(__name__)

LONGEST_NOTICE = 200  # characters over a chat
LONGEST_HINT = 64  # characters above inline results


class PuttingOff:
    """Says the sentence of a maintenance, once a chat."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def passes(self, event: Event) -> bool:
        """Say whether an event is dealt with as always: an operator's, and where the bot is."""
        by = person_of(event)
        operator = by is not None and by.id > 0 and by.id in self._services.operating.ids
        return operator or isinstance(event, Membership)

    async def put_off(self, event: Event, maintenance: Maintenance, outbox: TelegramOutbox) -> None:
        """Say what people are told, and leave the answer for when it is over.

        Raises:
            Held: The update is to be held.
        """
        words = maintenance.text
        if isinstance(event, Asked):  # Telegram takes no answer later
            if event.guest:
                await outbox.answer_guest(event.id, Found("", Reply(words)))
            else:
                await outbox.answer_inline(event.id, (), words[:LONGEST_HINT])
            return
        if isinstance(event, Message) and event.press is not None:  # the button is still there then
            await outbox.answer_press(event.press.id, words[:LONGEST_NOTICE])
            return
        if isinstance(event, Message) and addressed(event, self._services.bot_username):
            if not event.edited:
                await self._tell_once(event, words, outbox)
            raise Held
        if await self._counted(event):
            raise Held

    async def _tell_once(self, message: Message, words: str, outbox: TelegramOutbox) -> None:
        mode = self._services.operating.maintenance
        if not await mode.to_tell(message.chat.key):
            return
        try:
            await outbox.send(message.chat, Reply(words), reply_to=message.message_id)
        except TelegramError as error:
            log.info("update %s: no word of the maintenance (%s)", message.update_id, type(error).__name__)
        await mode.note_told(message.chat.key)

    async def _counted(self, event: Event) -> bool:
        """Say whether anything comes of what nobody addressed to the bot, now or later."""
        if isinstance(event, Message) and event.posted is not None:
            return True
        settings = await self._services.chat_settings.of(event.chat.key)
        return settings.tagging != "off" or settings.learn
