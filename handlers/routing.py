"""Which handler a message goes to: one pure decision over the table of commands."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from handlers.context import FOR_ADMINS, Command, EventHandler, Handler, Session
from handlers.grammar import read_command
from handlers.messages import Event, Message, Person

# The word that may stand for a command, with or without its slash, up to a blank or a colon of either width.
FIRST_WORD = re.compile(r"/?(?P<word>[^\s:：]+)(?:[\s:：]+|$)")


@dataclass(frozen=True)
class Table:
    """Everything that people can do, and who answers it."""

    commands: tuple[Command, ...]
    buttons: Mapping[str, Handler]
    admin_buttons: frozenset[str]  # those that in a group only admins may press
    questions: Mapping[str, Handler]
    plain: Handler  # words without a command
    upload: Handler  # a file without a command
    other: Handler  # stickers, voice and the like
    unknown: Handler  # a command that is none of ours
    not_asked: Handler  # a press on a button of somebody else's question
    events: Mapping[type[Event], EventHandler]  # what nobody addressed to the bot; `Message`: members' words
    hidden: tuple[Command, ...] = ()  # operators' commands: to anybody else there are none of these names
    hidden_buttons: Mapping[str, Handler] = field(default_factory=dict)
    by_name: Mapping[str, Command] = field(init=False)
    by_word: Mapping[str, Command] = field(init=False)
    by_hidden_name: Mapping[str, Command] = field(init=False)

    def __post_init__(self) -> None:
        names = {name: command for command in self.commands for name in (command.name, *command.aliases)}
        words = {word: command for command in self.commands for word in command.words}
        object.__setattr__(self, "by_name", names)
        object.__setattr__(self, "by_word", words)
        object.__setattr__(self, "by_hidden_name", {command.name: command for command in self.hidden})


@dataclass(frozen=True)
class Route:
    """Where a message goes, and what the handler finds in `context.args`."""

    handler: Handler
    args: str = ""
    command: Command | None = field(default=None, compare=False)
    admins: bool = False  # whether in a group nobody else may


def route(
    message: Message, session: Session, table: Table, bot_username: str, *, operator: bool = False
) -> Route | None:
    """Return who answers a message; None where the bot has no business with it.

    In a group the bot answers only commands, mentions and replies to it. An edited message is no new one,
    unless its command is one of those that are answered again. `operator` says that an operator orders it.
    """
    found = _hidden(message, table, bot_username) if operator else None
    found = found or _route(message, session, table, bot_username)
    again = found is not None and found.command is not None and found.command.again
    return None if message.edited and not again else found


def orders(message: Message, operators: Collection[int]) -> bool:
    """Say whether an operator wrote or pressed something in person, in private, in words of their own.

    What was forwarded or stands below a file is somebody else's, and in a group others would read the answer;
    an anonymous admin writes there as the group, whose id is below 0.
    """
    sender = message.sender
    if sender is None or sender.id <= 0 or sender.is_bot or sender.id not in operators:
        return False
    own = not (message.forwarded or message.captioned or message.edited)
    return own and message.chat.type == "private" and message.chat.id == sender.id


def _hidden(message: Message, table: Table, bot_username: str) -> Route | None:
    """Return where an operator's order goes; None where it is none."""
    if message.press is not None:
        verb, _, argument = message.press.data.partition(":")
        handler = table.hidden_buttons.get(verb)
        return Route(handler, argument) if handler is not None else None
    written = read_command(message.text)
    command = table.by_hidden_name.get(written.name) if written is not None else None
    if written is None or command is None:
        return None
    if written.bot is not None and written.bot.lower() != bot_username.lower():
        return None
    return Route(command.handler, written.rest, command)


def addressed(message: Message, bot_username: str) -> bool:
    """Say whether a message may be meant for the bot; whatever else is said in a chat needs no session."""
    if message.press is not None or message.chat.type == "private":
        return True
    if message.posted is not None:
        return False  # the bot had it in the channel
    if message.text.startswith("/") and read_command(message.text) is not None:
        return True
    to_bot = message.quoted is not None and message.quoted.from_bot
    return to_bot or strip_mention(message.text, bot_username)[1]


def _route(message: Message, session: Session, table: Table, bot_username: str) -> Route | None:
    if message.press is not None:
        return _press(message.press.data, _name(message.sender), table)
    private = message.chat.type == "private"
    if message.kind == "other":
        return Route(table.other) if private else None
    command = read_command(message.text)
    if command is not None:
        named = command.bot is not None and command.bot.lower() == bot_username.lower()
        if command.bot is not None and not named:
            return None  # another bot's
        return _command(command.name, command.rest, session, table, private=private, named=named)
    text, mentioned = strip_mention(message.text, bot_username)
    to_bot = message.quoted is not None and message.quoted.from_bot
    if not (private or mentioned or to_bot):
        return None
    return _words(text, message, session, table, addressed=private or mentioned)


def _name(presser: Person | None) -> str:
    """Return how a button names its owner: a person by the id, an admin who answers for the group as such."""
    if presser is None:
        return ""
    return str(presser.id) if presser.id > 0 else FOR_ADMINS


def _press(data: str, presser: str, table: Table) -> Route | None:
    action, _, asked = data.partition("@")
    verb, _, argument = action.partition(":")
    handler = table.buttons.get(verb)
    if handler is not None and asked and asked != presser:
        return Route(table.not_asked, asked)
    return Route(handler, argument, admins=verb in table.admin_buttons) if handler else None


def _command(
    name: str, rest: str, session: Session, table: Table, *, private: bool, named: bool
) -> Route | None:
    command = table.by_name.get(name)
    if command is not None:
        return _known(command, rest, session, table, private=private)
    return Route(table.unknown) if private or named else None


def _known(command: Command, rest: str, session: Session, table: Table, *, private: bool) -> Route:
    """Return the handler of a command; a group's one in private is about the group that was chosen there."""
    if private and command.admins and (session.question or {}).get("chat"):
        return Route(table.questions["chats"], f"/{command.name} {rest}", command)
    return Route(command.handler, rest, command, command.admins)


def _words(text: str, message: Message, session: Session, table: Table, *, addressed: bool) -> Route | None:
    found = FIRST_WORD.match(text)
    command = table.by_word.get(found["word"]) if found else None
    if found is not None and command is not None:
        private = message.chat.type == "private"
        return _known(command, text[found.end() :], session, table, private=private)
    question = session.question or {}
    answers = message.quoted is not None and message.quoted.message_id == question.get("card")
    if message.document is not None and (addressed or answers):
        return Route(table.upload, text)  # which knows whether a file was asked for
    asked = table.questions.get(str(question.get("ask")))
    if asked is not None and text:
        return Route(asked, text)
    if not addressed:
        return None  # people talk about an answer of ours
    return Route(table.plain, text)


def strip_mention(text: str, bot_username: str) -> tuple[str, bool]:
    """Take the bot's mention off the front or the end of a text, and say whether there was one.

    >>> strip_mention("@tonefit_bot what a day", "tonefit_bot")
    ('what a day', True)
    """
    if not bot_username:
        return text, False
    mention = rf"@{re.escape(bot_username)}\b"
    stripped, count = re.subn(rf"^\s*{mention}[\s,，:：]*|\s*{mention}\s*$", "", text, flags=re.IGNORECASE)
    return stripped, count > 0
