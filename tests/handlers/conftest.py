"""A chat with the handlers: everything behind them is real, and what they say is written down."""

import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio

from bot.announcements import Announcements
from bot.audit import AuditLog
from bot.backups import Backups
from bot.chat_ids import ChatIds
from bot.chat_settings import ChatSettingsStore
from bot.dead_letters import DeadLetters
from bot.faults import Faults
from bot.figures import Figures
from bot.flood import FloodGuard
from bot.known import Known
from bot.maintenance import MaintenanceMode
from bot.metrics import Metrics
from bot.orders import Orders
from bot.overview import Overview
from bot.ruled import Ruled
from bot.schedules import Schedules
from bot.sessions import KeptResults, Sessions
from handlers.context import ChatSettings, Context, Handler, Services, Session
from handlers.errors import Refusal
from handlers.messages import Chat, Document, Found, Message, Person, Press, Quoted, Reply, Sent
from handlers.operating import Operating
from handlers.surroundings import About, Done, Myself
from handlers.texts import Texts
from ml.examples import Examples
from ml.feedback import Feedback
from ml.housekeeping import Housekeeping
from ml.jobs import Jobs
from ml.kept_texts import KeptTexts
from ml.mood import Mood
from ml.nearest import NearestExamples
from ml.optouts import OptOuts
from ml.plots import Plotter
from ml.pools import Pools
from ml.posts import Posts
from ml.predictor import SHIPPED, Predictor
from ml.quotas import Quotas
from ml.reaction_labels import ReactionLabels
from ml.registry import Registry
from ml.samples import Sample
from ml.shares import Shares
from ml.store import Store
from ml.trainings import Trainings

ANNA = Person(7, "Anna", "en")
BEN = Person(8, "Ben", "en")
QUOTAS = Quotas(examples=100_000, models=50, minutes=120)
LONGEST_DATA = 64  # bytes that Telegram takes as a button's data


@dataclass
class RecordingOutbox:
    """The edge of the handlers: keeps what was said instead of sending it."""

    files: dict[str, bytes] = field(default_factory=dict)
    messages: dict[int, Reply] = field(default_factory=dict)
    order: list[tuple[str, int]] = field(default_factory=list)  # "send" or "edit", and the message
    reactions: list[tuple[int, str | None]] = field(default_factory=list)
    found: list[tuple[str, tuple[Found, ...], str]] = field(default_factory=list)
    told: list[tuple[int, Reply]] = field(default_factory=list)
    blocked_by: set[int] = field(default_factory=set)

    async def send(self, chat: Chat, reply: Reply, reply_to: int | None = None) -> Sent:
        message_id = 1000 + len(self.messages)
        self._keep("send", message_id, reply)
        return Sent(chat.id, message_id, has_media=reply.photo is not None or reply.document is not None)

    async def edit(self, sent: Sent, reply: Reply) -> None:
        self._keep("edit", sent.message_id, reply)

    async def tell(self, person: int, reply: Reply) -> bool:
        self.told.append((person, reply))
        return True

    async def reaches(self, person: int) -> bool:
        return person not in self.blocked_by

    async def react(self, chat: Chat, message_id: int, emoji: str | None, made: Done | None = None) -> None:
        self.reactions.append((message_id, emoji))
        if made is not None:
            await made()

    async def show(self, chat: Chat, reply: Reply, reply_to: int, before: int | None) -> Sent | None:
        if before is None:
            return await self.send(chat, reply, reply_to)
        await self.edit(Sent(chat.id, before), reply)
        return Sent(chat.id, before)

    async def left_out(self, chat: int) -> int:
        return 0

    async def answer_inline(self, query_id: str, found: tuple[Found, ...], hint: str) -> None:
        self.found.append((query_id, found, hint))

    async def answer_guest(self, query_id: str, found: Found) -> None:
        self.found.append((query_id, (found,), ""))

    async def answer_press(self, press_id: str, notice: str = "") -> None:
        raise AssertionError("the conversation answers a press, once")

    async def download(self, document: Document) -> bytes:
        return self.files[document.file_id]

    def _keep(self, how: str, message_id: int, reply: Reply) -> None:
        assert reply.text
        for row in reply.buttons:
            for button in row:
                assert button.data is None or len(button.data.encode()) <= LONGEST_DATA
        self.order.append((how, message_id))
        self.messages[message_id] = reply

    @property
    def last(self) -> Reply:
        return self.messages[self.order[-1][1]]


@dataclass
class KnownChats:
    """The edge of the handlers towards Telegram: who rules, and what a chat is."""

    rulers: set[int] = field(default_factory=set)
    known: About = field(default_factory=About)
    me: Myself = field(default_factory=lambda: Myself("administrator"))
    left: list[int] = field(default_factory=list)

    async def admins(self, chat: int) -> frozenset[int]:
        return frozenset(self.rulers)

    async def about(self, chat: int) -> About:
        return self.known

    async def myself(self, chat: int) -> Myself:
        return self.me

    async def leave(self, chat: int) -> None:
        self.left.append(chat)

    def forget(self, chat: int) -> None:
        """Nothing is remembered."""


@dataclass
class Talk:
    """Somebody who writes in a chat; the session and the chat's settings live as long as this does."""

    services: Services
    outbox: RecordingOutbox = field(default_factory=RecordingOutbox)
    chat: Chat = field(default_factory=lambda: Chat(ANNA.id, "private"))
    session: Session = field(default_factory=Session)
    settings: ChatSettings = field(default_factory=ChatSettings)
    language: str = "en"
    notice: str = ""

    @property
    def owner(self) -> str:
        return str(self.chat.id)

    async def say(
        self,
        handler: Handler,
        args: str = "",
        *,
        quoted: Quoted | None = None,
        document: Document | None = None,
        by: Person = ANNA,
    ) -> Reply:
        """Write a message and return what was said to it; a refusal is what the conversation makes of it."""
        message = Message(1, "text", self.chat, 1, datetime.now(UTC), by, args, quoted, document)
        return await self._handle(handler, self._context(message, args))

    async def press(
        self,
        handler: Handler,
        data: str,
        *,
        on: int | None = None,
        by: Person = ANNA,
        quoted: Quoted | None = None,
    ) -> Reply:
        """Press a button by its data, `verb:argument`, on the latest message or another one."""
        message_id = self.outbox.order[-1][1] if on is None else on
        text = self.outbox.messages[message_id].text if message_id in self.outbox.messages else ""
        press = Press("p", data)
        message = Message(
            1, "button", self.chat, message_id, datetime.now(UTC), by, text, quoted, press=press
        )
        return await self._handle(handler, self._context(message, data.partition("@")[0].partition(":")[2]))

    async def press_labelled(self, handler: Handler, label: str, *, by: Person = ANNA) -> Reply:
        """Press the button of the latest message that reads so."""
        return await self.press(handler, data_of(self.outbox.last, label), by=by)

    def upload(self, content: bytes, name: str) -> Document:
        """Put a file where it can be fetched from."""
        document = Document(f"file{len(self.outbox.files)}", name, len(content))
        self.outbox.files[document.file_id] = content
        return document

    def _context(self, message: Message, args: str) -> Context:
        # As in the bot, a session is JSON between two messages.
        self.session = Session(**json.loads(json.dumps(self.session.__dict__)))
        t = Texts(self.language)
        return Context(message, self.services, self.outbox, t, self.session, self.settings, args)

    async def _handle(self, handler: Handler, context: Context) -> Reply:
        try:
            await handler(context)
            await self.services.texts.write(*context.writes)
            for write in context.afterwards:
                await write()
        except Refusal as refusal:
            await context.reply(Reply(refusal.words(context.t)))
        self.notice = context.notice
        return self.outbox.last if self.outbox.order else Reply("")


def rulers(talk: Talk) -> set[int]:
    """Return who rules the chat, to add to."""
    chats = talk.services.chats
    assert isinstance(chats, KnownChats)
    return chats.rulers


def data_of(reply: Reply, label: str) -> str:
    """Return what the button with this label would send."""
    found = {button.text: button.data for row in reply.buttons for button in row}
    assert label in found, f"there is no {label!r} among {sorted(found)}"
    return str(found[label])


def labels_of(reply: Reply) -> list[str]:
    """Return what the buttons read."""
    return [button.text for row in reply.buttons for button in row]


def operating(
    redis: redis.asyncio.Redis, redis_url: str, jobs: Jobs, feedback: Feedback, store: Store, folder: Path
) -> Operating:
    """What operators ask, with Anna as the operator."""
    trainings, orders, known = Trainings(redis, redis_url, jobs), Orders(redis), Known(redis)
    overview = Overview(
        redis,
        trainings=trainings,
        feedback=feedback,
        figures=Figures(redis, Metrics()),
        known=known,
        orders=orders,
        sessions=Sessions(redis),
        chat_ids=ChatIds(redis),
    )
    return Operating(
        ids=frozenset({ANNA.id}),
        orders=orders,
        audit=AuditLog(redis),
        overview=overview,
        floods=FloodGuard(redis),
        known=known,
        trainings=trainings,
        housekeeping=Housekeeping(redis, store, Registry(redis)),
        faults=Faults(redis, DeadLetters(redis)),
        backups=Backups(redis_url, store.url, folder / "backups"),
        maintenance=MaintenanceMode(redis),
        announcements=Announcements(redis, known, orders, Sessions(redis)),
        quotas=QUOTAS,
    )


@pytest.fixture
async def services(
    redis_client: redis.asyncio.Redis, redis_url: str, tmp_path: Path
) -> AsyncIterator[Services]:
    store, registry = Store(tmp_path / "store"), Registry(redis_client)
    predictor, plotter = Predictor(store, registry), Plotter()
    jobs, feedback = Jobs(redis_client, redis_url), Feedback(redis_client)
    yield Services(
        predictor=predictor,
        plotter=plotter,
        examples=Examples(redis_client),
        nearest=NearestExamples(Examples(redis_client)),
        store=store,
        jobs=jobs,
        results=KeptResults(redis_client),
        registry=registry,
        feedback=feedback,
        texts=KeptTexts(redis_client),
        pools=Pools(redis_client),
        shares=Shares(redis_client),
        quotas=QUOTAS,
        chats=KnownChats(),
        chat_settings=ChatSettingsStore(Sessions(redis_client)),
        schedules=Schedules(redis_client),
        mood=Mood(redis_client),
        posts=Posts(redis_client),
        optouts=OptOuts(redis_client),
        ruled=Ruled(redis_client),
        reaction_labels=ReactionLabels(redis_client),
        operating=operating(redis_client, redis_url, jobs, feedback, store, tmp_path),
        bot_username="tonefit_bot",
    )
    await predictor.close()
    await plotter.close()


@pytest.fixture
def talk(services: Services) -> Talk:
    """A person in private with the bot."""
    return Talk(services)


@pytest.fixture
def group(services: Services) -> Talk:
    """A person in a group."""
    return Talk(services, chat=Chat(-100, "supergroup", "Team"))


async def make_model(talk: Talk, name: str = "spam", labels: tuple[str, ...] = ("junk", "fine")) -> None:
    """Enter a model that has not learnt anything."""
    await talk.services.registry.create(talk.owner, name, labels, ANNA.id)


async def teach_enough(talk: Talk, name: str = "spam", labels: tuple[str, ...] = ("junk", "fine")) -> None:
    """Give a model as many examples as a training asks for."""
    samples = [Sample(f"{label} number {n}", label) for label in labels for n in range(8)]
    await talk.services.examples.add(talk.owner, name, samples, ANNA.id)


async def publish_model(talk: Talk, folder: Path, name: str = "spam") -> tuple[str, ...]:
    """Make a model that answers: the shipped network under three other labels, which are returned."""
    labels = ("bad", "meh", "good")
    shutil.copytree(SHIPPED, folder, dirs_exist_ok=True)
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest |= {"labels": labels, "metrics": metrics(labels)}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    await make_model(talk, name, labels)
    version = talk.services.store.publish(talk.owner, name, folder)
    await talk.services.registry.promote(talk.owner, name, version)
    return labels


def metrics(labels: tuple[str, ...], accuracy: float = 0.9) -> dict[str, Any]:
    """Return the measures of a training, as `ml.evaluate` writes them."""
    each = [accuracy] * len(labels)
    return {
        "labels": list(labels),
        "samples": 4 * len(labels),
        "accuracy": accuracy,
        "precision": each,
        "recall": each,
        "f1": each,
        "support": [4] * len(labels),
        "macro_precision": accuracy,
        "macro_recall": accuracy,
        "macro_f1": accuracy,
        "roc_auc": accuracy,
        "calibration_error": 0.05,
        "confusion": [[4] * len(labels)] * len(labels),
    }
