"""What handlers ask of the process around them: the way out, what Telegram says, what is planned."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from handlers.messages import Chat, Document, Found, Reply, Sent

if TYPE_CHECKING:
    from handlers.context import ChatSettings
    from ml.writes import Write

Done = Callable[[], Awaitable[None]]


class Outbox(Protocol):
    """Where answers go: the bot's side of the border."""

    async def tell(self, person: int, reply: Reply) -> bool:
        """Send something to a person in private that they did not ask for; False where that cannot be."""

    async def reaches(self, person: int) -> bool:
        """Say whether a person can be written to in private."""

    async def send(self, chat: Chat, reply: Reply, reply_to: int | None = None) -> Sent:
        """Send an answer, as a reply to a message where one is named."""

    async def edit(self, sent: Sent, reply: Reply) -> None:
        """Put another answer in the place of one that was sent; the same answer again changes nothing."""

    async def react(self, chat: Chat, message_id: int, emoji: str | None, made: Done | None = None) -> None:
        """Set our reaction to a message, or take it away, now or within a moment; then call `made`."""

    async def show(self, chat: Chat, reply: Reply, reply_to: int, before: int | None) -> Sent | None:
        """Reply to a message, or put another answer in the place of `before`, if that may be done now."""

    async def left_out(self, chat: int) -> int:
        """Return how many tags found no place in a chat in the last 24 h, by the id of its records."""

    async def answer_inline(self, query_id: str, found: tuple[Found, ...], hint: str) -> None:
        """Give the results of an inline query to who asked alone, or a hint above them."""

    async def answer_guest(self, query_id: str, found: Found) -> None:
        """Answer a mention in a chat that the bot is not in."""

    async def answer_press(self, press_id: str, notice: str = "") -> None:
        """Tell Telegram that a press was taken, with a short notice over the chat."""

    async def download(self, document: Document) -> bytes:
        """Fetch a file that somebody sent."""


class Results(Protocol):
    """What the bot answered lately, by short id, for the buttons below an answer."""

    async def keep(self, owner: str, record: dict[str, Any]) -> str:
        """Keep a result for 24 h and return its id."""

    def kept(self, owner: str, cause: str, record: dict[str, Any]) -> tuple[str, Write]:
        """Return the id of a result and what keeps it: the same id for the same cause and result."""

    async def find(self, owner: str, result_id: str) -> dict[str, Any] | None:
        """Return a result of this chat, or None where it is gone."""


@dataclass(frozen=True, slots=True)
class About:
    """What Telegram says of a chat; `reactions` are those that are allowed in it, None for all."""

    title: str = ""
    kind: str = ""  # supergroup, group or channel
    forum: bool = False
    linked: int | None = None  # the channel of a group, or the group of a channel
    reactions: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Myself:
    """What the bot is in a chat, in Telegram's words; `rights` are those of `can_...` that it has."""

    status: str
    rights: frozenset[str] = frozenset()
    reads_all: bool = False  # BotFather's privacy mode is off

    @property
    def mute(self) -> bool:
        """Whether it may not write there."""
        return self.status == "restricted" and "can_send_messages" not in self.rights


class Chats(Protocol):
    """What Telegram says of chats, asked at most every few seconds."""

    async def admins(self, chat: int) -> frozenset[int]:
        """Return the people who rule a chat, by their ids.

        Raises:
            Refusal: Telegram does not say.
        """

    async def about(self, chat: int) -> About:
        """Return what a chat is.

        Raises:
            Refusal: Telegram does not say.
        """

    def forget(self, chat: int) -> None:
        """Ask anew: something changed there."""

    async def leave(self, chat: int) -> None:
        """Go out of a chat."""

    async def myself(self, chat: int) -> Myself:
        """Return what the bot is in a chat, asked anew.

        Raises:
            Refusal: Telegram does not say.
        """


class SettingsOfChats(Protocol):
    """What chats chose, for who is not writing in them: a schedule, or an admin in private."""

    async def of(self, chat: int) -> ChatSettings:
        """Return what a chat chose, by the id of its records."""

    async def change(self, chat: int, **fields: Any) -> ChatSettings:
        """Set some fields, leave the others as they are, and return what the chat chose by now."""

    def forget(self, chat: int) -> None:
        """Read a chat's settings anew: somebody changed them."""


class Ruled(Protocol):
    """Which chats a person rules, as far as was told; whether it is still so is asked of Telegram."""

    async def note(self, chat: int, admins: Iterable[int]) -> None:
        """Note who rules a chat, by the id of its records."""

    async def of(self, person: int) -> list[int]:
        """Return the chats that a person may rule, the latest first."""

    async def forget(self, person: int, chat: int) -> None:
        """Note that a person rules a chat no more."""

    async def drop(self, person: int) -> None:
        """Forget all that is known of what a person rules; where they are an admin it will be noted anew."""


class Schedules(Protocol):
    """When chats hear something by themselves."""

    async def plan(self, chat: int, settings: ChatSettings) -> None:
        """Plan a chat's digest and alert as it wants them by now."""

    async def first(self, name: str, seconds: int) -> bool:
        """Say whether nobody asked this for so many seconds."""

    async def told(self, name: str, seconds: int) -> None:
        """Have nobody be the first to ask this for so many seconds."""
