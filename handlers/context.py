"""What a handler is given: the message, the person's session, the words, and the services to ask."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from handlers.afar import carried
from handlers.errors import Refusal
from handlers.messages import Button, Chat, Message, Reply, Sent
from handlers.operating import Operating
from handlers.surroundings import Chats, Outbox, Results, Ruled, Schedules, SettingsOfChats
from handlers.texts import Texts

if TYPE_CHECKING:  # a parser that needs no model shall not wait for one to be imported
    from ml.examples import Examples
    from ml.feedback import Feedback
    from ml.jobs import Jobs
    from ml.kept_texts import KeptTexts
    from ml.mood import Mood
    from ml.nearest import NearestExamples
    from ml.optouts import OptOuts
    from ml.plots import Plotter
    from ml.pools import Pools
    from ml.posts import Posts
    from ml.predictor import Predictor
    from ml.quotas import Quotas
    from ml.reaction_labels import ReactionLabels
    from ml.registry import Registry
    from ml.shares import Shares
    from ml.store import Store
    from ml.writes import Write


FOR_ADMINS = "admins"  # in a button: whose question it is, where an anonymous admin or a channel opened it


@dataclass
class Session:
    """What the bot remembers of one person in one chat and topic for 24 h; handlers change it in place.

    Every field is plain JSON. `question` is the open question with its draft, for example
    `{"ask": "label", "model": "spam", "text": "..."}`; the handler named by `ask` gets the next plain text,
    and `card` is the message that asked.
    """

    fit: dict[str, Any] | None = None
    result: dict[str, Any] | None = None
    question: dict[str, Any] | None = None
    model: str | None = None
    upload: dict[str, Any] | None = None  # the file that was sent last, for the buttons below its first rows

    def close(self, ask: str) -> None:
        """Close the open question where it is of this kind: what did not ask it leaves it open."""
        if (self.question or {}).get("ask") == ask:
            self.question = None


@dataclass
class ChatSettings:
    """What a chat chose; handlers change it in place. Every field is plain JSON.

    `digest` is `{"every": "daily" | "weekly", "at": "09:00", "day": 0..6 from Monday}`, `alert`
    `{"label": "negative", "share": 0.4, "over": seconds, "min": messages}`, `reactions` what `/map` says.
    """

    language: str | None = None
    model: str | None = None  # of /classify where none is named
    models: dict[str, str] = field(default_factory=dict)  # the same by topic, where it is another
    tagging: str = "off"  # or digest, react, reply
    tagging_model: str | None = None  # none: the shipped one
    tagging_min: float = 0.8  # probability from which a message is tagged for all to see
    quiet: bool = False  # say nothing unasked
    digest: dict[str, Any] | None = None
    alert: dict[str, Any] | None = None
    learn: bool = False  # from members' reactions
    learn_model: str | None = None  # the model that does
    reactions: dict[str, str] = field(default_factory=dict)  # emoji to label
    timezone: str = "UTC"
    title: str = ""  # as it was when an admin last changed something
    kind: str = ""  # supergroup, group or channel
    spoken: str | None = None  # the language of who set it up, for what is said unasked
    present: bool = True  # false where the bot was taken out

    def heard_in(self, default: str) -> str:
        """Return the language of what is said unasked."""
        return self.language or self.spoken or default

    def model_in(self, topic: int | None) -> str | None:
        """Return the model of a topic."""
        return self.models.get(str(topic)) or self.model


@dataclass(frozen=True)
class Services:
    """Everything that a handler may ask; built once, in `bot.parts`."""

    predictor: Predictor
    plotter: Plotter
    examples: Examples
    nearest: NearestExamples
    store: Store
    jobs: Jobs
    results: Results
    registry: Registry
    feedback: Feedback
    texts: KeptTexts
    pools: Pools
    shares: Shares
    quotas: Quotas
    chats: Chats
    chat_settings: SettingsOfChats
    ruled: Ruled
    schedules: Schedules
    mood: Mood
    posts: Posts
    optouts: OptOuts
    reaction_labels: ReactionLabels
    operating: Operating
    commands: tuple[Command, ...] = ()
    bot_username: str = ""
    # threads full of numbers hold the interpreter's lock, which every answer needs: two are enough
    calculations: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))


@dataclass
class Context:
    """One message on its way through a handler."""

    message: Message
    services: Services
    outbox: Outbox
    t: Texts
    session: Session = field(default_factory=Session)
    settings: ChatSettings = field(default_factory=ChatSettings)
    args: str = ""  # what follows the command, the whole of a plain text, or the argument of a button
    notice: str = ""  # shown for a moment over the chat when a press is answered
    rerun: dict[str, Any] | None = None  # an update as it came, to be answered after this one
    revised: Sent | None = None  # our answer to the message before it was edited, until it is replaced
    answered: Sent | None = None  # our answer to the message
    asked_in: Chat | None = None  # the private chat from where this command of a group was given
    hint: str = ""  # what stands below an answer there
    # What is written when the answer is out, in one call with the session: nobody waits for it.
    writes: list[Write] = field(default_factory=list)
    # What else is to be done then.
    afterwards: list[Callable[[], Awaitable[object]]] = field(default_factory=list)

    @property
    def owner(self) -> str:
        """Who owns models and examples here: the chat, which in private is the person."""
        return str(self.message.chat.key)

    @property
    def private(self) -> bool:
        """Whether nobody else reads along."""
        return self.message.chat.type == "private"

    def keep_result(self, record: dict[str, Any]) -> str:
        """Return the id under which a result is kept for 24 h, from when the answer is out.

        An update that is answered again, because the bot died before it was acknowledged, gets the same id:
        the buttons below both answers work.
        """
        message = self.message
        cause = f"{message.update_id}:{message.message_id}:{message.date.timestamp()}"
        result_id, write = self.services.results.kept(self.owner, cause, record)
        self.writes.append(write)
        return result_id

    def remember_chat(self) -> None:
        """Note what this chat is, for who deals with it from elsewhere."""
        self.settings.title, self.settings.kind = self.message.chat.title, self.message.chat.type
        self.afterwards.append(partial(note_admins, self.services, self.message.chat))
        self.settings.spoken = self.t.language

    def plan(self) -> None:
        """Have the chat's digest and alert planned as it wants them by now, once the answer is out."""
        chat, settings = self.message.chat.key, self.settings
        self.afterwards.append(lambda: self.services.schedules.plan(chat, settings))

    def at(self, chat: Chat, settings: ChatSettings, args: str, hint: str = "") -> Context:
        """Return what the handler of a group's command is given where it is asked from private.

        What it does is done in that chat, what it says is said here.
        """
        message = replace(self.message, chat=chat)
        here = self.message.chat
        return replace(self, message=message, settings=settings, args=args, asked_in=here, hint=hint)

    def _here(self, reply: Reply) -> tuple[Chat, Reply]:
        """Return where an answer goes, and how it reads there."""
        chat = self.message.chat
        return (chat, reply) if self.asked_in is None else (self.asked_in, carried(reply, chat, self.hint))

    async def announce(self, reply: Reply) -> None:
        """Tell a chat itself what was decided about it from private; what is decided there it sees anyway."""
        if self.asked_in is not None:
            await self.outbox.send(self.message.chat, reply)

    async def reply(self, reply: Reply) -> Sent:
        """Answer the message; one that was edited gets its answer edited.

        A picture cannot become words, so that words after one are a message of their own. Of a chat that is
        set from private, all is said in the one message whose buttons are pressed.
        """
        words = reply.photo is None and not self.message.has_media
        if self.asked_in is not None and self.message.press is not None and words:
            await self.edit(reply)
            return Sent(self.asked_in.id, self.message.message_id)
        chat, reply = self._here(reply)
        before, self.revised = self.revised, None
        if before is not None and (reply.photo is not None or not before.has_media):
            await self.outbox.edit(before, reply)
            self.answered = replace(before, has_media=reply.photo is not None)
        else:
            self.answered = await self.outbox.send(chat, reply, reply_to=self.message.message_id)
        return self.answered

    async def edit(self, reply: Reply, sent: Sent | None = None) -> None:
        """Put an answer in the place of one that was sent, or of the message whose button was pressed."""
        chat, reply = self._here(reply)
        message = self.message
        await self.outbox.edit(sent or Sent(chat.id, message.message_id, message.has_media), reply)

    async def say(self, reply: Reply) -> Sent:
        """Answer in the one message there is: a pressed button's changes, anything else is replied to."""
        message = self.message
        if message.press is None:
            return await self.reply(reply)
        await self.edit(reply)
        return Sent(message.chat.id, message.message_id, message.has_media)

    async def ask(
        self, question: dict[str, Any], card: Reply, *, anew: bool = False, typed: bool = True
    ) -> None:
        """Open a question, which takes the place of the one before.

        Args:
            question: What the session keeps of it.
            card: The words and buttons. In a group only the person who was asked may press them, and hears
                that nothing but a reply reaches me.
            anew: Whether the message whose button was pressed stays as it is.
            typed: Whether words are an answer; else only a button is.
        """
        if not self.private:
            hint = "\n" + self.t("Reply to this message with your answer.") if typed else ""
            card = replace(card, text=card.text + hint, buttons=self.for_one(card.buttons))
        sent = await (self.reply(card) if anew else self.say(card))
        self.session.question = question | {"card": sent.message_id}

    def for_one(self, rows: tuple[tuple[Button, ...], ...]) -> tuple[tuple[Button, ...], ...]:
        """Write into buttons whose question they belong to, where others read along.

        An anonymous admin writes as the group, whose id is below 0, and presses as a person: any admin may.
        """
        sender = self.message.sender
        if self.private:
            return rows
        asked = str(sender.id) if sender is not None and sender.id > 0 else FOR_ADMINS
        return tuple(
            tuple(replace(button, data=f"{button.data}@{asked}") if button.data else button for button in row)
            for row in rows
        )


async def note_admins(services: Services, chat: Chat) -> bool:
    """Note who rules a chat, for `/chats`; False where Telegram does not say, and a later command does it."""
    with contextlib.suppress(Refusal):
        await services.ruled.note(chat.key, await services.chats.admins(chat.id))
        return True
    return False


@dataclass(frozen=True)
class Hearing:
    """What a chat's event that nobody addressed to the bot is dealt with: no session, no answer."""

    settings: ChatSettings
    services: Services
    outbox: Outbox
    t: Texts


Handler = Callable[[Context], Awaitable[None]]
EventHandler = Callable[[Hearing, Any], Awaitable[None]]  # of one kind of event


@dataclass(frozen=True)
class Command:
    """A line of the table of commands: what is typed, who answers, and how `/help` tells of it.

    `aliases` are other command names; `words` are the Chinese words that stand for the command, since
    Telegram's own command names are ASCII. With `again` an edited message gets its answer edited.
    """

    name: str
    handler: Handler
    summary: str
    example: str = ""
    aliases: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    options: str = ""  # a line each
    again: bool = False
    admins: bool = False  # in a group nobody else may

    def called(self, word: str) -> bool:
        """Whether a word names this command, in either language."""
        return word in {self.name, *self.aliases, *self.words}
