"""What operators see and order: the records of it, and whom their handlers ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from handlers.messages import Chosen, Event, Message, Person, ReactionCount

if TYPE_CHECKING:
    from ml.housekeeping import Housekeeping
    from ml.quotas import Quotas
    from ml.trainings import Line, Trainings


@dataclass(frozen=True, slots=True)
class Block:
    """A person, or a chat with all its people, that gets no answers."""

    id: int  # of a person above 0, of a chat below; the one of its records
    at: float  # seconds since 1970
    by: int
    until: float | None = None  # seconds since 1970; none: until somebody takes it back
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Maintenance:
    """That people get a sentence instead of answers, which come when it is over."""

    text: str
    by: int
    since: float  # seconds since 1970


@dataclass(frozen=True, slots=True)
class Standing:
    """What operators ordered and have not taken back."""

    blocks: Mapping[int, Block] = field(default_factory=dict)
    maintenance: Maintenance | None = None
    quotas: Mapping[str, int] = field(default_factory=dict)  # those that are other than the settings say
    levels: Mapping[int, str] = field(default_factory=dict)  # of the log, by chat

    def shut_out(self, event: Event, now: float) -> bool:
        """Say whether nobody answers who did this."""
        if not self.blocks:
            return False
        sender = person_of(event)
        ids = {event.chat.id, event.chat.key, *([sender.id] if sender is not None else [])}
        return any(self.blocked(one, now) for one in ids)

    def blocked(self, one: int, now: float) -> bool:
        """Say whether a person or chat gets no answers."""
        block = self.blocks.get(one)
        return block is not None and (block.until is None or block.until > now)

    def over(self, quotas: Quotas) -> Quotas:
        """Return the quotas as they stand."""
        return replace(quotas, **self.quotas) if self.quotas else quotas


def person_of(event: Event) -> Person | None:
    """Return who did something, None where Telegram does not say."""
    if isinstance(event, ReactionCount | Chosen):
        return None
    return event.sender if isinstance(event, Message) else event.by


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A command of an operator; `outcome` is empty where it was only begun."""

    at: float  # seconds since 1970
    by: int
    command: str
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Rightness:
    """How often the answers of a version were called right and wrong."""

    version: str  # with its model: `sentiment 1.2`, or that of a chat as CHAT/NAME/v3
    right: int
    wrong: int

    @property
    def share(self) -> float:
        """The part that was called right, from 0 to 1."""
        return self.right / max(1, self.right + self.wrong)


@dataclass(frozen=True, slots=True)
class LastHour:
    """What all replicas counted in the last hour; the lags are upper bounds in seconds, none without any."""

    answers: int = 0
    failed: int = 0  # answers that were cut off, or tried again, or given up
    dead: int = 0  # updates that became dead letters
    refused: int = 0  # calls that Telegram refused for being too many (429)
    lag_median: float | None = None
    lag_p99: float | None = None


@dataclass(frozen=True, slots=True)
class Now:
    """How the bot is at this moment, over all replicas."""

    version: str  # of this process
    replicas: int  # that live
    waiting: int  # updates
    oldest: float | None  # seconds that the oldest of them waits
    held: int  # updates that wait for the end of a maintenance
    dead: int  # dead letters of the last day
    memory: int  # bytes that Redis uses
    most_memory: int  # bytes that it may use, 0 for all there are
    blocks: int  # people and chats that get no answers
    maintenance: Maintenance | None


@dataclass(frozen=True, slots=True)
class Status:
    """How the bot is and was in the last hour, over all replicas."""

    now: Now
    uptime: float  # seconds of this process
    line: Line
    hour: LastHour
    right: tuple[Rightness, ...]


@dataclass(frozen=True, slots=True)
class ChatFacts:
    """What is known of a chat, without anything that was written in it."""

    id: int
    kind: str  # private, supergroup, group, channel; empty where nobody set it up
    title: str
    seen: float | None  # when somebody last asked something there, seconds since 1970
    language: str
    tagging: str
    quiet: bool
    learning: bool
    present: bool
    models: int
    trainings: int  # of the last week
    block: Block | None


@dataclass(frozen=True, slots=True)
class ChatsFacts:
    """How many chats there are, and those that were seen last."""

    people: int
    groups: int  # and channels
    of_the_day: int
    of_the_week: int
    latest: tuple[ChatFacts, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something of ours that broke, as a person was told by its reference; it holds nobody's words."""

    reference: str
    at: float  # seconds since 1970
    kind: str  # the class of what was raised, or "crashed"
    place: str  # the places in the code that it came through, a line each
    chat: int
    update_id: int
    update_kind: str  # as Telegram names it
    result: str = ""  # the short id of the result that was being told


@dataclass(frozen=True, slots=True)
class BackupFacts:
    """A backup that was written, and how many lie beside it."""

    path: str
    keys: int
    files: int
    size: int  # bytes
    steady: bool  # all keys are of one moment
    kept: int


@dataclass(frozen=True, slots=True)
class Recipients:
    """Whom an announcement goes to."""

    chats: tuple[int, ...]
    people: int
    groups: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be said, with the code that lets it begin and the seconds that it takes."""

    code: str
    text: str
    recipients: Recipients
    seconds: float


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is said to many chats; `state` is running, stopped or done."""

    by: int
    begun: float  # seconds since 1970
    text: str
    audience: str
    language: str  # of who says it
    total: int
    sent: int
    failed: int
    state: str


class Orders(Protocol):
    """What operators ordered, known to every replica within a second."""

    async def now(self) -> Standing:
        """Return what stands."""

    async def refresh(self) -> Standing:
        """Return what stands, read anew."""

    async def block(self, block: Block) -> None:
        """Give a person or chat no answers."""

    async def unblock(self, blocked: int) -> bool:
        """Answer again; False where nothing was blocked."""

    async def set_quota(self, name: str, value: int | None) -> None:
        """Let a quota be another one, or what the settings say."""

    async def set_level(self, chat: int, level: str | None) -> None:
        """Have a chat's log written from another level on, or as all others."""


class Audit(Protocol):
    """The log of what operators did: the last 10,000 commands."""

    async def note(self, by: int, command: str, outcome: str = "") -> None:
        """Write a command down."""

    async def last(self, count: int) -> list[AuditEntry]:
        """Return the latest entries, the latest first."""


class Overview(Protocol):
    """How the bot is and which chats it has."""

    async def now(self) -> Now:
        """Return how it is at this moment."""

    async def status(self) -> Status:
        """Return how everything is."""

    async def chats(self) -> ChatsFacts:
        """Return how many chats there are."""

    async def chat(self, chat: int) -> ChatFacts:
        """Return what is known of a chat, by Telegram's id or that of its records."""

    async def key_of(self, chat: int) -> int:
        """Return the id of a chat's records."""


class Faults(Protocol):
    """What broke, for a week."""

    async def find(self, reference: str) -> Fault | None:
        """Return what broke under a reference."""

    async def result(self, result_id: str) -> tuple[int, dict[str, Any]] | None:
        """Return the chat of a result of the last day, and what it was."""


class MaintenanceMode(Protocol):
    """Answers that wait: people are told why, and get them when it is over."""

    async def begin(self, maintenance: Maintenance) -> None:
        """Answer nobody but operators from now on."""

    async def end(self) -> int:
        """Answer everybody again; return how many held updates are answered now."""

    async def held(self) -> int:
        """Return how many updates wait for the end."""

    async def to_tell(self, chat: int) -> bool:
        """Say whether a chat was not told yet."""

    async def note_told(self, chat: int) -> None:
        """Note that a chat was told."""

    async def forget(self, person: int) -> int:
        """Delete what a person sent and return how much that was."""


class Announcements(Protocol):
    """What is said to many chats, one thing at a time."""

    async def draft(self, audience: str, text: str, by: int, language: str) -> Draft:
        """Keep what would be said for ten minutes, and say to whom."""

    async def begin(self, code: str, by: int) -> str:
        """Begin what a draft of this operator says; return `begun`, `busy` or `gone`."""

    async def state(self) -> Announcement | None:
        """Return what is being said, or was said last."""

    async def stop(self) -> bool:
        """Send no more for now; False where nothing is being sent."""

    async def resume(self) -> bool:
        """Go on where it was stopped; False where it was not."""

    async def cancel(self) -> bool:
        """Write to nobody more; False where nothing is being sent."""


class Backups(Protocol):
    """Backups into a folder of the bot's machine."""

    @property
    def busy(self) -> bool:
        """Whether one is being written."""

    async def make(self) -> BackupFacts:
        """Write one.

        Raises:
            RuntimeError: Redis holds what no backup can be made of.
            OSError: The disk does not take it.
        """


class Known(Protocol):
    """Which chats the bot has."""

    async def forget(self, chat: int) -> None:
        """Know nothing of a chat, until somebody asks something there again."""


class Floods(Protocol):
    """How many commands a minute a person may send."""

    async def limit(self) -> int:
        """Return how many."""

    async def set_limit(self, commands: int) -> None:
        """Let everybody send this many."""


@dataclass(frozen=True)
class Operating:
    """Whom the operators' handlers ask, and who the operators are."""

    ids: frozenset[int]
    orders: Orders
    audit: Audit
    overview: Overview
    floods: Floods
    known: Known
    trainings: Trainings
    housekeeping: Housekeeping
    faults: Faults
    backups: Backups
    maintenance: MaintenanceMode
    announcements: Announcements
    quotas: Quotas  # as the settings have them
