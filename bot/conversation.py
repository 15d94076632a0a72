"""One update from its JSON to its answer: read, load the session, route, answer, store."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import telegram
from redis.asyncio import Redis
from telegram.error import BadRequest, Forbidden, NetworkError

from bot.chat_ids import ChatIds
from bot.flood import Entry, FloodGuard
from bot.logs import traceback_without_values
from bot.metrics import Metrics
from bot.outbox import TelegramOutbox
from bot.patience import with_redis
from bot.sessions import Answers, Remembered, Sessions
from bot.turn import Turn
from bot.updates import message_of, read_event
from handlers.again import offer, waited_long
from handlers.context import Context, Hearing, Services
from handlers.errors import Refusal, new_reference
from handlers.messages import Event, Message, Reply
from handlers.rights import NotAllowed, as_asked, check_admin
from handlers.routing import Route, Table, addressed, route
from handlers.texts import Texts, language_of

log = logging.getLogger(__name__)

ANSWER_TIMEOUT = 120.0  # seconds; the longest is a table of 20 MB
TYPING_AFTER = 0.7  # seconds until a person would wonder
TYPING_LASTS = 4.5
SAME_FAULT_PAUSE = 60  # seconds
GONE = ("chat not found", "message thread not found", "topic_deleted")  # as Telegram says it
FAULT = "tonefit:fault:"  # string with a TTL: the last reference of a kind of fault in a chat


async def _nothing(context: Context) -> None:
    """Answer nothing."""


NOWHERE = Route(_nothing)


class Conversation:
    """Answers updates; a refusal becomes its sentence here, and what Telegram cannot take ends in the log."""

    def __init__(
        self,
        bot: telegram.Bot,
        redis: Redis,
        services: Services,
        table: Table,
        outbox: TelegramOutbox,
        chat_ids: ChatIds,
        flood_guard: FloodGuard,
        default_language: str = "en",
        metrics: Metrics | None = None,
    ) -> None:
        self._metrics = metrics or Metrics()
        self._bot = bot
        self._redis = redis
        self._services = services
        self._table = table
        self._sessions = Sessions(redis)
        self._answers = Answers(redis)
        self._outbox = outbox
        self._chat_ids = chat_ids
        self._flood_guard = flood_guard
        self._default_language = default_language

    async def answer(self, update: dict[str, Any], turn: Turn) -> None:
        """Answer one update as the Bot API gave it.

        Raises:
            redis.ConnectionError, redis.TimeoutError: Redis is away; the update can be answered later.
            ShardLost: Another replica answers it.
            Exception: A handler broke.
        """
        started = time.monotonic()
        message = await self._read(update)
        if message is None:
            return
        if not isinstance(message, Message) or not addressed(message, self._services.bot_username):
            await self._hear(message, turn)
            return
        outbox = self._outbox.of(turn, press=message.press is not None)
        message = await as_asked(message, self._services.chats)
        remembered = await self._sessions.load(message)
        where = route(message, remembered.session, self._table, self._services.bot_username)
        if where is None:
            if message.press is not None:
                await outbox.answer_press(message.press.id)
            return
        context = self._context(message, where, remembered, outbox)
        if message.press is None and not await self._let_in(context):
            return
        if message.edited:
            context.revised = await self._answers.find(message)
            if context.revised is None:
                return
        elif where.command is not None and waited_long(message, datetime.now(UTC)):
            where = Route(partial(offer, update=update))
        await self._handle(where, context, turn)
        # The answer is out: only what is remembered is written again, should Redis be away now.
        writes = [lambda: self._sessions.store(message, remembered), *context.afterwards]
        sent = context.answered
        if where.command is not None and where.command.again and sent is not None:
            writes.append(partial(self._answers.keep, message, sent))
        await asyncio.gather(*(with_redis(write) for write in writes))
        self._services.chat_settings.forget(message.chat.key)
        log.debug("answered update %s in %.0f ms", message.update_id, 1000 * (time.monotonic() - started))
        if context.rerun is not None:
            await self._rerun(context.rerun, turn)

    async def apologise(self, update: dict[str, Any], turn: Turn, error: Exception | None) -> str:
        """Log a fault of ours under a reference and tell it, the same one at most once a minute a chat."""
        reference = new_reference()
        reason = "processes died over it" if error is None else traceback_without_values(error)
        log.error("fault %s in update %s\n%s", reference, update.get("update_id"), reason)
        message = await self._read(update)
        if not isinstance(message, Message) or not addressed(message, self._services.bot_username):
            return reference  # nobody waits for an answer
        key = f"{FAULT}{message.chat.key}:{type(error).__name__}"
        turn.over()
        outbox = self._outbox.of(turn)
        if not await self._redis.exists(key):
            context = self._context(message, NOWHERE, await self._sessions.load(message), outbox)
            words = context.t(
                "Something broke on my side (ref {reference}). Your data is safe.", reference=reference
            )
            await self._say(context, Reply(words))
            await self._redis.set(
                key, reference, ex=SAME_FAULT_PAUSE
            )  # not before it is said: we may die here
        if message.press is not None:
            await outbox.answer_press(message.press.id)
        return reference

    async def _hear(self, event: Event, turn: Turn) -> None:
        """Deal with what nobody addressed to the bot: no session is read, nobody is counted as asking."""
        handler = self._table.events.get(type(event))
        if handler is None:
            return
        settings = await self._services.chat_settings.of(event.chat.key)
        t = Texts(settings.heard_in(self._default_language))
        hearing = Hearing(settings, self._services, self._outbox.of(turn), t)
        try:
            async with turn.within(ANSWER_TIMEOUT):
                await handler(hearing, event)
        except Refusal as refusal:
            log.info("update %s: left alone (%s)", event.update_id, refusal.sentence)
        except (Forbidden, BadRequest) as error:
            log.info("update %s: Telegram refused (%s)", event.update_id, type(error).__name__)
        except NetworkError as error:
            log.warning("update %s: a call was cut (%s)", event.update_id, type(error).__name__)

    async def _rerun(self, update: dict[str, Any], turn: Turn) -> None:
        """Answer a command that had waited, as if it had come now."""
        now = int(time.time())
        content = {name: held | {"date": now} for name, held in update.items() if isinstance(held, dict)}
        await self.answer({"update_id": update["update_id"], **content}, turn)

    async def _read(self, raw: dict[str, Any]) -> Event | None:
        """Read an update; one that is malformed is left out, since nobody could be answered."""
        try:
            event = read_event(raw, self._bot.id)
            await self._follow_migration(message_of(raw) or {})
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError, OSError) as error:
            log.warning("update %s cannot be read\n%s", raw.get("update_id"), traceback_without_values(error))
            return None
        if event is None:
            return None
        internal = await self._chat_ids.internal(event.chat.id)
        if internal == event.chat.id:
            return event
        return replace(event, chat=replace(event.chat, internal=internal))

    async def _follow_migration(self, message: dict[str, Any]) -> None:
        """Note that a group became a supergroup; both of its ids tell it."""
        if "migrate_to_chat_id" in message:
            await self._chat_ids.moved(message["chat"]["id"], message["migrate_to_chat_id"])
        if "migrate_from_chat_id" in message:
            await self._chat_ids.moved(message["migrate_from_chat_id"], message["chat"]["id"])

    def _context(
        self, message: Message, where: Route, remembered: Remembered, outbox: TelegramOutbox
    ) -> Context:
        code = message.sender.language_code if message.sender else None
        own = remembered.person.language or remembered.chat.language
        language = own or (language_of(code) if code else self._default_language)
        return Context(
            message=message,
            services=self._services,
            outbox=outbox,
            t=Texts(language),
            session=remembered.session,
            settings=remembered.chat,
            args=where.args,
        )

    async def _let_in(self, context: Context) -> bool:
        """Say whether a person may have an answer; who sends too much hears so once a minute."""
        sender = context.message.sender
        if sender is None:
            return True
        entry = await self._flood_guard.enter(sender.id)
        if entry is Entry.WARNED:
            words = context.t("That was a lot at once. I answer you again in a minute.")
            await self._say(context, Reply(words))
        return entry is Entry.OPEN

    async def _handle(self, where: Route, context: Context, turn: Turn) -> None:
        begun, outcome = time.monotonic(), "unfinished"  # and tried again, or a dead letter
        try:
            outcome = await self._answered(where, context, turn)
        finally:
            name = where.command.name if where.command is not None else "other"
            self._metrics.answered(name, outcome, time.monotonic() - begun)

    async def _answered(self, where: Route, context: Context, turn: Turn) -> str:
        """Let the handler answer, and say how it ended: answered, refused or cut."""
        outcome = "answered"
        try:
            async with turn.within(ANSWER_TIMEOUT), self._typing(context, turn):
                if where.admins:
                    await check_admin(context)
                await where.handler(context)
        except NotAllowed as refusal:
            outcome = "refused"
            if context.message.press is None:
                await self._say(context, Reply(refusal.words(context.t)))
            context.notice = refusal.words(context.t)
        except Refusal as refusal:
            outcome = "refused"
            await self._say(context, Reply(refusal.words(context.t)))
        except Forbidden:
            outcome = "cut"
            log.info("update %s: the bot may not write there", context.message.update_id)
        except BadRequest as error:  # a NetworkError to the library, and ours: Telegram took nothing
            if not any(reason in str(error).lower() for reason in GONE):
                raise
            outcome = "cut"
            log.info("update %s: its chat or topic is no more", context.message.update_id)
        except NetworkError as error:
            # The answer may have arrived, so that a sentence about a failure could be wrong.
            outcome = "cut"
            log.warning("update %s: an answer was cut (%s)", context.message.update_id, type(error).__name__)
        if context.message.press is not None:
            await context.outbox.answer_press(context.message.press.id, context.notice)
        return outcome

    async def _say(self, context: Context, reply: Reply) -> None:
        """Send a sentence about a failure; if even that fails, the log has it."""
        try:
            await context.reply(reply)
        except (Forbidden, BadRequest) as error:
            log.info("update %s: no answer possible (%s)", context.message.update_id, type(error).__name__)
        except telegram.error.TelegramError as error:
            log.warning("update %s: answer failed (%s)", context.message.update_id, type(error).__name__)

    @contextlib.asynccontextmanager
    async def _typing(self, context: Context, turn: Turn) -> AsyncIterator[None]:
        """Show "typing" while an answer takes long."""

        async def show() -> None:
            while True:
                if not turn.crowded:  # who waits to send computes no more, and a crowd needs no more calls
                    await self._outbox.chat_action(context.message.chat, "typing")
                await asyncio.sleep(TYPING_LASTS)

        showing: list[asyncio.Task[None]] = []
        loop = asyncio.get_running_loop()
        timer = loop.call_later(TYPING_AFTER, lambda: showing.append(loop.create_task(show())))
        try:
            yield
        finally:
            timer.cancel()
            for task in showing:
                task.cancel()
