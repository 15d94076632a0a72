"""How a `Reply` becomes calls of the Bot API."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Any

import telegram
from telegram.constants import ParseMode
from telegram.error import BadRequest, RetryAfter, TelegramError, TimedOut

from bot.request import NotSent
from handlers.errors import Refusal
from handlers.messages import Button, Chat, Document, Reply, Sent
from handlers.texts import N_

log = logging.getLogger(__name__)

LARGEST_DOWNLOAD = 20 * 1024 * 1024  # bytes; Telegram gives a bot no more
LONGEST_TEXT = 4096  # characters, counted by Telegram in UTF-16 units
LONGEST_CAPTION = 1024
DOWNLOAD_TIMEOUT = 60.0  # seconds
LONGEST_WAIT = 60.0  # seconds that an answer waits for Telegram's leave
PATIENCE = 3  # attempts where nothing can have been delivered
NOTHING_TO_EDIT = ("message is not modified", "message to edit not found")  # the same, or deleted by somebody


class TelegramOutbox:
    """Sends, edits and fetches by the Bot API."""

    def __init__(self, bot: telegram.Bot) -> None:
        self._bot = bot
        self._answered: deque[str] = deque(maxlen=1_000)

    async def send(self, chat: Chat, reply: Reply, reply_to: int | None = None) -> Sent:
        """Send an answer; a message that was deleted meanwhile is answered all the same."""
        common: dict[str, Any] = {"chat_id": chat.id, "reply_markup": keyboard(reply)}
        if chat.topic is not None:
            common["message_thread_id"] = chat.topic
        if reply_to is not None:
            common["reply_parameters"] = telegram.ReplyParameters(reply_to, allow_sending_without_reply=True)
        if reply.photo is not None:
            photo = telegram.InputFile(reply.photo, filename="tonefit.png")
            message = await self._call(self._bot.send_photo, photo=photo, **_caption(reply), **common)
        elif reply.document is not None:
            document = telegram.InputFile(reply.document.content, filename=reply.document.name)
            message = await self._call(
                self._bot.send_document, document=document, **_caption(reply), **common
            )
        else:
            message = await self._call(self._bot.send_message, **_text(reply), **common)
        message_id = message.message_id if isinstance(message, telegram.Message) else 0
        return Sent(chat.id, message_id, has_media=reply.photo is not None or reply.document is not None)

    async def edit(self, sent: Sent, reply: Reply) -> None:
        """Put another answer in the place of one that was sent."""
        where: dict[str, Any] = {
            "chat_id": sent.chat_id,
            "message_id": sent.message_id,
            "reply_markup": keyboard(reply),
        }
        try:
            if reply.photo is not None:
                media = telegram.InputMediaPhoto(reply.photo, filename="tonefit.png", **_caption(reply))
                await self._call(self._bot.edit_message_media, media=media, **where)
            elif sent.has_media:
                await self._call(self._bot.edit_message_caption, **_caption(reply), **where)
            else:
                await self._call(self._bot.edit_message_text, **_text(reply), **where)
        except BadRequest as error:
            if not any(reason in str(error).lower() for reason in NOTHING_TO_EDIT):
                raise

    async def answer_press(self, press_id: str, notice: str = "") -> None:
        """Stop the button's spinner, once; a press that is too old for an answer needs none."""
        if press_id in self._answered:
            return
        self._answered.append(press_id)
        try:
            await self._call(self._bot.answer_callback_query, callback_query_id=press_id, text=notice or None)
        except TelegramError as error:
            log.info("a press was not answered (%s)", type(error).__name__)

    async def chat_action(self, chat: Chat, action: str) -> None:
        """Show that an answer is on its way; it does not matter if that fails."""
        try:
            await self._bot.send_chat_action(chat.id, action, message_thread_id=chat.topic)
        except TelegramError as error:
            log.debug("no chat action: %s", type(error).__name__)

    async def download(self, document: Document) -> bytes:
        """Fetch a file.

        Raises:
            Refusal: Telegram does not hand it to a bot.
        """
        too_big = Refusal(
            N_("This file is larger than {limit} MB; Telegram gives a bot no more. Send a smaller part."),
            limit=LARGEST_DOWNLOAD // 1024**2,
        )
        if document.size > LARGEST_DOWNLOAD:
            raise too_big
        try:
            async with asyncio.timeout(DOWNLOAD_TIMEOUT):
                file = await self._bot.get_file(document.file_id)
                return bytes(await file.download_as_bytearray(read_timeout=DOWNLOAD_TIMEOUT))
        except BadRequest as error:
            if "too big" in str(error):
                raise too_big from error
            raise
        except (TimeoutError, TimedOut) as error:
            raise Refusal(N_("I could not fetch the file in time. Please send it again.")) from error

    async def _call(self, method: Any, **arguments: Any) -> Any:
        """Call, and call again only where Telegram cannot have taken the first call."""
        for attempt in range(1, PATIENCE + 1):
            try:
                return await method(**arguments)
            except RetryAfter as error:
                pause = error.retry_after
                seconds = pause if isinstance(pause, int | float) else pause.total_seconds()
                if attempt == PATIENCE or seconds > LONGEST_WAIT:
                    raise
                log.warning("told to wait %.0f s", seconds)
                await asyncio.sleep(seconds + 0.1)
            except NotSent:
                if attempt == PATIENCE:
                    raise
                await asyncio.sleep(0.3 * 2**attempt)
        raise AssertionError("the last attempt returns or raises")


def keyboard(reply: Reply) -> telegram.InlineKeyboardMarkup | None:
    """Return the buttons as Telegram has them."""
    rows = [[_button(button) for button in row] for row in reply.buttons if row]
    return telegram.InlineKeyboardMarkup(rows) if rows else None


def _button(button: Button) -> telegram.InlineKeyboardButton:
    if button.copy is not None:
        return telegram.InlineKeyboardButton(button.text, copy_text=telegram.CopyTextButton(button.copy))
    return telegram.InlineKeyboardButton(button.text, callback_data=button.data, url=button.url)


def _text(reply: Reply) -> dict[str, Any]:
    return {
        "text": clip(reply.text, LONGEST_TEXT, html=reply.html),
        "parse_mode": ParseMode.HTML if reply.html else None,
    }


def _caption(reply: Reply) -> dict[str, Any]:
    return {
        "caption": clip(reply.text, LONGEST_CAPTION, html=reply.html),
        "parse_mode": ParseMode.HTML if reply.html else None,
    }


def clip(text: str, limit: int, *, html: bool = False) -> str:
    """Shorten a text to what Telegram takes; HTML is left alone, since a cut could split a tag."""
    encoded = text.encode("utf-16-le", "surrogatepass")
    if html or len(encoded) <= 2 * limit:
        return text
    return encoded[: 2 * (limit - 1)].decode("utf-16-le", "ignore") + "…"
