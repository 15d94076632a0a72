"""One update from its JSON to its answer: read, load the session, route, answer, store."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, get_args

import telegram
from redis.asyncio import Redis
from telegram.error import BadRequest, Forbidden, NetworkError

from bot import logs
from bot.chat_ids import ChatIds
from bot.faults import Faults
from bot.flood import Entry, FloodGuard
from bot.inbox import chat_of
from bot.known import Known
from bot.logs import traceback_without_values
from bot.metrics import Metrics
from bot.outbox import TelegramOutbox
from bot.patience import with_redis
from bot.putting_off import PuttingOff
from bot.ruled import Noting
from bot.sessions import SETTINGS, Answers, Remembered, Sessions
from bot.turn import Turn
from bot.typing_signal import Typing
from bot.updates import message_of, read_event
from handlers.again import offer, waited_long
from handlers.context import Context, EventHandler, Hearing, Services
from handlers.elsewhere import TOO_MUCH, refuse
from handlers.errors import Refusal, new_reference
from handlers.messages import Asked, Chosen, Event, FoundKind, Message, Reply
from handlers.rights import NotAllowed, as_asked, check_admin
from handlers.routing import Route, Table, addressed, orders, route
from handlers.texts import N_, Texts, language_of
from ml.writes import Writes

log = logging.getLogger(__name__)

ANSWER_TIMEOUT = 120.0  # seconds; the longest is a table of 20 MB
SAME_FAULT_PAUSE = 60  # seconds
LOST_SESSION = N_(
    "I can no longer read what I remembered of our talk here (ref {reference}), so I begin anew. "
    "What you taught is untouched."
)
LOST_SETTINGS = N_(
    "I can no longer read the settings that were kept of this chat or of you (ref {reference}), so I go on "
    "with those of the start. What was taught is untouched."
)
KINDS = frozenset(get_args(FoundKind))
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
        *,
        chat_ids: ChatIds,
        flood_guard: FloodGuard,
        default_language: str,
        metrics: Metrics,
        write: Writes,
        known: Known,
        faults: Faults,
    ) -> None:
        self._faults = faults
        self._known = known
        self._metrics = metrics
        self._bot = bot
        self._redis = redis
        self._services = services
        self._putting_off = PuttingOff(services)
        self._table = table
        self._write = write
        self._sessions, self._answers = Sessions(redis, self._write), Answers(redis)
        self._outbox = outbox
        self._chat_ids = chat_ids
        self._flood_guard = flood_guard
        self._default_language = default_language
        self._noting = Noting(redis, services)

    async def answer(self, update: dict[str, Any], turn: Turn) -> None:
        """Answer one update as the Bot API gave it.

        Raises:
            redis.ConnectionError, redis.TimeoutError: Redis is away; the update can be answered later.
            ShardLost: Another replica answers it.
            Held: It is to be answered when a maintenance is over.
            Exception: A handler broke.
        """
        started = time.monotonic()
        logs.about(update=update.get("update_id"))
        message = await self._read(update)
        standing = await self._services.operating.orders.now()
        if message is None or standing.shut_out(message, time.time()):
            return
        if standing.maintenance is not None and not self._putting_off.passes(message):
            await self._putting_off.put_off(message, standing.maintenance, self._outbox.of(turn))
            return
        self._noting.hear(message.chat)
        if not isinstance(message, Message) or not addressed(message, self._services.bot_username):
            await self._hear(message, turn)
            return
        outbox = self._outbox.of(turn, press=message.press is not None)
        message = await as_asked(message, self._services.chats)
        remembered = await self._sessions.load(message)
        where = self._route(message, remembered)
        if where is None:
            await self._pass_over(message, outbox, turn)
            return
        context = self._context(message, where, remembered, outbox)
        if standing.quotas:
            context.services = replace(self._services, quotas=standing.over(self._services.quotas))
        if message.press is None and not await self._let_in(context):
            return
        if message.edited:
            context.revised = await self._answers.find(message)
            if context.revised is None:
                return
        elif where.command is not None and waited_long(message, datetime.now(UTC)):
            where = Route(partial(offer, update=update))
        await self._tell_unreadable(remembered, context, update, turn)
        await self._handle(where, context, turn)
        # The answer is out: only what is remembered is written again, should Redis be away now.
        if where.command is not None and where.command.again and context.answered is not None:
            context.writes.append(self._answers.kept(message, context.answered))
        await self._leave_behind(context, remembered, turn)
        log.debug("answered update %s in %.0f ms", message.update_id, 1000 * (time.monotonic() - started))
        if context.rerun is not None:
            await self._rerun(context.rerun, turn)

    async def _pass_over(self, message: Message, outbox: TelegramOutbox, turn: Turn) -> None:
        """Deal with what nobody answers: what people say about an answer of ours is their own words too."""
        if message.press is not None:
            await outbox.answer_press(message.press.id)
        else:
            await self._hear(message, turn)

    async def _leave_behind(self, context: Context, remembered: Remembered, turn: Turn) -> None:
        """Write what is remembered; the update is closed in the same call if that was all."""
        message = context.message
        last = turn.close is not None and not context.afterwards and context.rerun is None
        beside = [*context.writes, turn.close] if last and turn.close is not None else context.writes
        became = await with_redis(lambda: self._sessions.store(message, remembered, *beside))
        turn.closed = last and became[-1]
        if context.afterwards:
            await asyncio.gather(*(with_redis(write) for write in context.afterwards))
        self._services.chat_settings.forget(message.chat.key)

    async def _tell_unreadable(
        self, remembered: Remembered, context: Context, update: dict[str, Any], turn: Turn
    ) -> None:
        """Set aside what could not be read, and say so; a second try finds it said."""
        for key in remembered.unreadable:
            turn.unreadable.setdefault(key, new_reference())
        for key, reference in turn.unreadable.items():
            sentence = LOST_SETTINGS if key.startswith(SETTINGS) else LOST_SESSION
            await self._say(replace(context, revised=None), Reply(context.t(sentence, reference=reference)))
            aside = await self._sessions.set_aside(key, reference)
            if aside:
                log.error("fault %s: %s could not be read; it is kept for a day as %s", reference, key, aside)
                await self._faults.keep_unreadable(reference, key, aside, update, context.message.chat.key)

    def _route(self, message: Message, remembered: Remembered) -> Route | None:
        self._known.note(message.chat.key)
        operator = orders(message, self._services.operating.ids)
        username = self._services.bot_username
        return route(message, remembered.session, self._table, username, operator=operator)

    async def apologise(self, update: dict[str, Any], turn: Turn, error: Exception | None) -> str:
        """Log a fault of ours under a reference and tell it, the same one at most once a minute a chat."""
        reference = new_reference()
        reason = "processes died over it" if error is None else traceback_without_values(error)
        log.error("fault %s in update %s\n%s", reference, update.get("update_id"), reason)
        message = await self._read(update)
        chat = message.chat.key if message is not None else chat_of(update)
        await self._faults.keep(reference, error, update, chat, logs.result_told())
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
        if isinstance(event, Chosen):
            self._metrics.chosen.labels(event.kind if event.kind in KINDS else "other").inc()
            return
        if isinstance(event, Message):
            self._known.note(event.chat.key)
        settings = await self._services.chat_settings.of(event.chat.key)
        t = Texts(settings.heard_in(self._default_language))
        hearing = Hearing(settings, self._services, self._outbox.of(turn), t)
        handler = self._table.events.get(type(event))
        if isinstance(event, Asked):
            handler = await self._let_ask(event, handler)
        if handler is None:
            return
        try:
            async with turn.within(ANSWER_TIMEOUT):
                await handler(hearing, event)
        except Refusal as refusal:
            log.info("update %s: left alone (%s)", event.update_id, refusal.sentence)
        except (Forbidden, BadRequest) as error:
            log.info("update %s: Telegram refused (%s)", event.update_id, type(error).__name__)
        except NetworkError as error:
            log.warning("update %s: a call was cut (%s)", event.update_id, type(error).__name__)

    async def _let_ask(self, asked: Asked, handler: EventHandler | None) -> EventHandler | None:
        """Return who answers what is asked elsewhere: nobody, where somebody asks too much."""
        guard = self._flood_guard
        entry = await (guard.enter(asked.by.id) if asked.guest else guard.type(asked.by.id))
        kind = "guest" if asked.guest else "inline"
        self._metrics.commands.labels(kind, "answered" if entry is Entry.OPEN else "refused").inc()
        return handler if entry is Entry.OPEN else refuse if entry is Entry.WARNED else None

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
        logs.about(chat=internal)
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
        # a channel's posts have no sender: it speaks as who set it up
        language = own or (language_of(code) if code else remembered.chat.heard_in(self._default_language))
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
            await self._say(context, Reply(context.t(TOO_MUCH)))
        return entry is Entry.OPEN

    async def _handle(self, where: Route, context: Context, turn: Turn) -> None:
        begun, outcome = time.monotonic(), "unfinished"  # and tried again, or a dead letter
        try:
            outcome = await self._answered(where, context, turn)
        finally:
            name = where.command.name if where.command is not None else "other"
            seconds = time.monotonic() - begun
            self._metrics.answered(name, outcome, seconds)
            log.debug("%s: %s after %.0f ms", name, outcome, 1000 * seconds)

    async def _answered(self, where: Route, context: Context, turn: Turn) -> str:
        """Let the handler answer, and say how it ended: answered, refused or cut."""
        outcome = "answered"
        try:
            async with turn.within(ANSWER_TIMEOUT):
                with Typing(self._outbox, context.message.chat, turn):
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
