"""One update from its JSON to its answer: read, load the session, route, answer, store."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import telegram
from redis.asyncio import Redis
from redis.exceptions import RedisError
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter

from bot.logs import traceback_without_values
from bot.outbox import TelegramOutbox
from bot.patience import with_redis
from bot.sessions import Answers, Remembered, Sessions
from bot.updates import read_update
from handlers.context import Context, Services
from handlers.errors import Refusal, new_reference
from handlers.messages import Message, Reply
from handlers.routing import Route, Table, route
from handlers.texts import Texts, language_of
from ml.stream import AWAY

log = logging.getLogger(__name__)

ANSWER_TIMEOUT = 120.0  # seconds; the longest is a table of 20 MB
TYPING_AFTER = 0.7  # seconds until a person would wonder
TYPING_LASTS = 4.5
SAME_FAULT_PAUSE = 60  # seconds


class Conversation:
    """Answers updates.

    The one place where a handler's exceptions end: a refusal becomes its sentence, anything else becomes
    a reference that stands in the log too.
    """

    def __init__(
        self,
        bot: telegram.Bot,
        redis: Redis,
        services: Services,
        table: Table,
        default_language: str = "en",
    ) -> None:
        self._bot = bot
        self._redis = redis
        self._services = services
        self._table = table
        self._sessions = Sessions(redis)
        self._answers = Answers(redis)
        self._outbox = TelegramOutbox(bot)
        self._default_language = default_language

    async def answer(self, raw: dict[str, Any]) -> None:
        """Answer one update as the Bot API gave it.

        Raises:
            redis.ConnectionError, redis.TimeoutError: Redis is away; the update can be answered later.
        """
        started = time.monotonic()
        message = self._read(raw)
        if message is None:
            return
        remembered = await self._sessions.load(message)
        where = route(message, remembered.session, self._table, self._services.bot_username)
        if where is None:
            if message.press is not None:
                await self._outbox.answer_press(message.press.id)
            return
        context = self._context(message, where, remembered)
        if message.edited:
            context.revised = await self._answers.find(message)
            if context.revised is None:
                return
        async with self._typing(message):
            await self._handle(where, context)
        # The answer is out: only the session is written again, should Redis be away now.
        await with_redis(lambda: self._sessions.store(message, remembered))
        sent = context.answered
        if where.again and sent is not None:
            await with_redis(lambda: self._answers.keep(message, sent))
        log.info(
            "answered update %s by %s in %.0f ms",
            message.update_id,
            where.handler.__name__,
            1000 * (time.monotonic() - started),
        )

    def _read(self, raw: dict[str, Any]) -> Message | None:
        """Read an update; one that is malformed is left out, since nobody could be answered."""
        try:
            update = telegram.Update.de_json(raw, self._bot)
            return read_update(update, self._bot.id) if update is not None else None
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            log.warning("update %s cannot be read (%s)", raw.get("update_id"), type(error).__name__)
            return None

    def _context(self, message: Message, where: Route, remembered: Remembered) -> Context:
        code = message.sender.language_code if message.sender else None
        own = remembered.person.language or remembered.chat.language
        language = own or (language_of(code) if code else self._default_language)
        return Context(
            message=message,
            services=self._services,
            outbox=self._outbox,
            t=Texts(language),
            session=remembered.session,
            settings=remembered.chat,
            args=where.args,
        )

    async def _handle(self, where: Route, context: Context) -> None:
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                await where.handler(context)
        except Refusal as refusal:
            await self._say(context, Reply(refusal.words(context.t)))
        except AWAY:
            raise
        except Forbidden:
            log.info("update %s: the bot may not write there", context.message.update_id)
        except BadRequest as error:  # a NetworkError to the library, and ours: Telegram took nothing
            await self._fault(context, error)
        except (NetworkError, RetryAfter) as error:
            # The answer may have arrived, so that a sentence about a failure could be wrong.
            log.warning("update %s: an answer was cut (%s)", context.message.update_id, type(error).__name__)
        except Exception as error:
            await self._fault(context, error)
        if context.message.press is not None:
            await self._outbox.answer_press(context.message.press.id, context.notice)

    async def _fault(self, context: Context, error: Exception) -> None:
        """Log a fault of ours under a reference and tell it, the same one at most once a minute a chat."""
        reference = new_reference()
        log.error(
            "fault %s in update %s\n%s", reference, context.message.update_id, traceback_without_values(error)
        )
        key = f"tonefit:fault:{context.message.chat.id}:{type(error).__name__}"
        try:
            first = await self._redis.set(key, reference, ex=SAME_FAULT_PAUSE, nx=True)
        except RedisError:
            first = True
        if first:
            words = context.t(
                "Something broke on my side (ref {reference}). Your data is safe.", reference=reference
            )
            await self._say(context, Reply(words))

    async def _say(self, context: Context, reply: Reply) -> None:
        """Send a sentence about a failure; if even that fails, the log has it."""
        try:
            await context.reply(reply)
        except (Forbidden, BadRequest) as error:
            log.info("update %s: no answer possible (%s)", context.message.update_id, type(error).__name__)
        except telegram.error.TelegramError as error:
            log.warning("update %s: answer failed (%s)", context.message.update_id, type(error).__name__)

    @contextlib.asynccontextmanager
    async def _typing(self, message: Message) -> AsyncIterator[None]:
        """Show "typing" while an answer takes long."""

        async def show() -> None:
            await asyncio.sleep(TYPING_AFTER)
            while True:
                await self._outbox.chat_action(message.chat, "typing")
                await asyncio.sleep(TYPING_LASTS)

        task = asyncio.create_task(show())
        try:
            yield
        finally:
            task.cancel()
