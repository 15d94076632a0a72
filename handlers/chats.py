"""`/chats` in private: an admin's groups and channels, set from here by their own commands."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import re

from handlers import doctor, language, learn, mood, places, schedules, tagging
from handlers.afar import ACTION, title_of
from handlers.context import ChatSettings, Context, Handler
from handlers.errors import Refusal
from handlers.grammar import read_command
from handlers.invitations import PAYLOAD, add_buttons
from handlers.messages import Button, Chat, Reply
from handlers.rights import NotAllowed
from handlers.texts import N_, Texts

CHAT_ID = re.compile(r"-?[0-9]{1,16}")
IN_PRIVATE = N_("Write /chats to me in private: there I list the groups and channels that you rule.")
NO_ADMIN = N_("You are no admin there, or I am not in that chat any more.")
NONE_CHOSEN = N_("Which group or channel is it for? /chats lists yours.")
OPTIONS = N_(
    "Choose a chat; then its commands can be pressed, or written here for a day: "
    "/tagging react, /digest daily 09:00, /alert negative>0.4, /learn on …"
)
RUN = "do"  # what a button says that asks for a command: `chats:CHAT:do:tagging`
COMMANDS: dict[str, Handler] = {
    "tagging": tagging.tagging,
    "mood": mood.mood,
    "digest": schedules.digest,
    "alert": schedules.alert,
    "learn": learn.learn,
    "map": learn.map_reactions,
    "use": places.use,
    "quiet": places.quiet,
    "lang": language.lang,
    "setup": doctor.setup,
    "doctor": doctor.doctor,
    "leave": places.leave,
}
PRESSES: dict[str, Handler] = {
    "tagging": tagging.press,
    "mood": mood.press,
    "digest": schedules.press_digest,
    "alert": schedules.press_alert,
    "learn": learn.press,
    "default": places.press_default,
    "quiet": places.press_quiet,
    "lang": language.press,
    "doctor": doctor.doctor,
    "leave": places.press_leave,
}
EXAMPLES = {
    "tagging": N_("react min=0.8"),
    "mood": "30d",
    "digest": "weekly mon 09:00 tz=Asia/Shanghai",
    "alert": "negative>0.4 over=1h min=20",
    "learn": N_("on model=tone"),
    "map": "😁=positive 😢=negative",
    "use": "sentiment",
}  # of what may be written where a button asked for a command
ROWS = (
    ("tagging", "mood"),
    ("digest", "alert"),
    ("learn", "map"),
    ("use", "quiet", "lang"),
    ("doctor", "leave"),
)
NOT_IN_CHANNELS = frozenset({"learn", "alert"})


async def chats(context: Context) -> None:
    """List the chats that the person rules and the bot is in."""
    sender = context.message.sender
    if sender is None or not context.private:
        raise Refusal(IN_PRIVATE)
    services = context.services
    known = await services.ruled.of(sender.id)
    ruled = await asyncio.gather(*(_rules(context, chat) for chat in known))
    mine = [chat for chat, yes in zip(known, ruled, strict=True) if yes]
    found = [await _place(context, chat, await services.chat_settings.of(chat)) for chat in mine]
    await context.say(list_card(found, context.services.bot_username, context.t))


async def start_with(context: Context, payload: str) -> None:
    """Show the chat of a deep link.

    Raises:
        NotAllowed: The person is no admin of it.
    """
    await _show(context, await _allowed(context, payload.removeprefix(PAYLOAD)))


async def press(context: Context) -> None:
    """Show a chat, or do in it what the button says; the right to is asked of Telegram at every press."""
    number, _, action = context.args.partition(":")
    if not number:
        await chats(context)
        return
    chat = await _allowed(context, number)
    verb, _, argument = action.partition(":")
    if verb == RUN and argument in COMMANDS:
        await _open(context, chat, argument)
    elif verb in PRESSES:
        await _run(context, chat, PRESSES[verb], argument)
    else:
        await _show(context, chat)


async def answer(context: Context) -> None:
    """Take what was written for the command that a button asked for, or a command for the chosen chat."""
    question = context.session.question or {}
    written = read_command(context.args)
    if written is not None and written.name == "use" and question.get("ask") != ACTION:
        context.args = written.rest  # which is one of private chats too
        await places.use(context)
        return
    chat = await _allowed(context, str(question.get("chat", "")))
    name, args = (written.name, written.rest) if written else (str(question.get("command")), context.args)
    if name not in COMMANDS:
        raise Refusal(NONE_CHOSEN)
    await _run(context, chat, COMMANDS[name], args)
    _choose(context, chat)


async def _allowed(context: Context, number: str) -> int:
    """Return the chat that is meant.

    Raises:
        NotAllowed: The person is no admin of it.
    """
    if not context.private:
        raise Refusal(IN_PRIVATE)
    chat = int(number) if CHAT_ID.fullmatch(number) else 0
    if not chat or not await _rules(context, chat):
        raise NotAllowed(NO_ADMIN)
    return chat


async def _show(context: Context, chat: int) -> None:
    context.services.chat_settings.forget(chat)
    settings = await context.services.chat_settings.of(chat)
    _choose(context, chat)
    await context.say(chat_card(await _place(context, chat, settings), settings, context.t))


def _choose(context: Context, chat: int) -> None:
    """Let the next commands of groups that are written here be about a chat."""
    context.session.question = {"ask": "chat", "chat": chat}


async def _open(context: Context, chat: int, command: str) -> None:
    """Do what a command does without words; the next words are what stands behind it, where it takes any."""
    _choose(context, chat)
    example, hint = EXAMPLES.get(command), ""
    if example is not None:
        hint = context.t(
            "Or write here what stands behind /{command} there, for example:\n{example}",
            command=command,
            example=context.t(example),
        )
    await _run(context, chat, COMMANDS[command], "", hint)
    if example is not None:
        context.session.question = {"ask": ACTION, "chat": chat, "command": command}


async def _run(context: Context, chat: int, handler: Handler, args: str, hint: str = "") -> None:
    """Let a handler deal with a chat as if it had been asked there, and keep what it changed."""
    store = context.services.chat_settings
    store.forget(chat)
    settings = copy.deepcopy(await store.of(chat))
    before = copy.deepcopy(vars(settings))
    there = context.at(await _place(context, chat, settings), settings, args, hint)
    await handler(there)
    context.notice = there.notice
    changed = {name: value for name, value in vars(settings).items() if value != before[name]}
    if changed:
        await store.change(chat, **changed)


async def _place(context: Context, chat: int, settings: ChatSettings) -> Chat:
    """Return a chat by what is known of it; of one in which nothing was heard yet Telegram is asked."""
    title, kind = settings.title, settings.kind
    if not title or not kind:
        with contextlib.suppress(Refusal):
            about = await context.services.chats.about(chat)
            title, kind = about.title, about.kind
    return Chat(chat, "channel" if kind == "channel" else "supergroup", title)


async def _rules(context: Context, chat: int) -> bool:
    """Say whether who asks is an admin of a chat that the bot is in, and forget the chat where not."""
    person = context.message.sender.id if context.message.sender else 0
    try:
        yes = person in await context.services.chats.admins(chat)
    except Refusal:
        return False
    if not yes:
        await context.services.ruled.forget(person, chat)
    return yes


def list_card(found: list[Chat], bot_username: str, t: Texts) -> Reply:
    """Offer the chats as buttons, or the way to a first one."""
    rows = [(Button(title_of(chat), data=f"{ACTION}:{chat.key}"),) for chat in found]
    if rows:
        return Reply(t("Which group or channel?"), buttons=tuple(rows))
    text = t(
        "I know no group or channel that you rule. Add me to one, or write /setup in it, then /chats here."
    )
    return Reply(text, buttons=add_buttons(bot_username, t))


def _first_line(card: Reply) -> str:
    return card.text.partition("\n")[0]


def chat_card(chat: Chat, settings: ChatSettings, t: Texts) -> Reply:
    """Tell what a chat is set to, with a button for each of its commands."""
    cards = [tagging.tagging_card, schedules.digest_card]
    if chat.type != "channel":
        cards += [schedules.alert_card, learn.learn_card]
    lines = [title_of(chat), *(_first_line(card(settings, t)) for card in cards)]
    if settings.quiet:
        lines.append(t(tagging.QUIET))
    lines.append(t("Press a command or write it here: I do it there."))
    hidden = NOT_IN_CHANNELS if chat.type == "channel" else frozenset[str]()
    rows = [
        tuple(
            Button(f"/{name}", data=f"{ACTION}:{chat.key}:{RUN}:{name}") for name in row if name not in hidden
        )
        for row in ROWS
    ]
    rows.append((Button(t("All chats"), data=f"{ACTION}:"),))
    return Reply("\n".join(lines), buttons=tuple(rows))
