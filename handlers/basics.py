"""The first things people meet: `/start`, `/help`, plain words, and what is no command of ours."""

from __future__ import annotations

from handlers import chats
from handlers.context import FOR_ADMINS, Command, Context
from handlers.errors import Refusal
from handlers.fit import fit
from handlers.invitations import PAYLOAD as SET
from handlers.invitations import add_buttons
from handlers.messages import Button, Reply
from handlers.models import new
from handlers.points import looks_like_points
from handlers.rights import ADMINS_ONLY, admin
from handlers.sentiment import EXAMPLE, sentiment
from handlers.share import PAYLOAD, take
from handlers.texts import Texts
from handlers.why import press as explain_result

WHY = "why_"  # of a deep link
FIT_EXAMPLE = "1,2 2,4.1 3,5.9 4,8.2 5,9.8"


async def start(context: Context) -> None:
    """Greet, and show what can be done; a link to a model brings that model, one to an answer explains it."""
    payload = context.args.strip()
    if payload.startswith(PAYLOAD):
        await take(context, payload)
        return
    if payload.startswith(SET):
        await chats.start_with(context, payload)
        return
    if payload.startswith(WHY):
        context.args = payload.removeprefix(WHY)
        await explain_result(context)
        return
    await context.reply(greeting(context.t, context.services.bot_username, private=context.private))


async def show_help(context: Context) -> None:
    """List the commands, or tell of one."""
    topic = context.args.strip().lstrip("/").lower()
    commands = context.services.commands
    if not any(command.called(topic) for command in commands) and not await _rules_a_group(context):
        commands = tuple(command for command in commands if not command.admins)
    await context.reply(help_card(commands, topic, context.t, private=context.private))


async def _rules_a_group(context: Context) -> bool:
    try:
        return not context.private and await admin(context)
    except Refusal:  # Telegram does not say
        return False


async def try_example(context: Context) -> None:
    """Run the example that a button names."""
    example = context.args
    if example == "sentiment":
        context.args = context.t(EXAMPLE)
        await sentiment(context)
    elif example == "fit":
        context.args = FIT_EXAMPLE
        await fit(context)
    elif example == "new":
        context.args = ""
        await new(context)


async def plain(context: Context) -> None:
    """Answer words without a command: number pairs become a fit, other words get their tone."""
    if not context.args.strip():
        await start(context)
    elif looks_like_points(context.args):
        await fit(context)
    else:
        await sentiment(context)


async def other(context: Context) -> None:
    """Say what can be done where somebody sent no words."""
    await context.reply(
        Reply(context.t("I read text, number pairs and CSV files. Send me one of those, or see /help."))
    )


async def unknown(context: Context) -> None:
    """Answer a command that is none of ours; nothing of it is repeated."""
    await context.reply(Reply(context.t("I do not know this command. /help shows what I can do.")))


async def not_asked(context: Context) -> None:
    """Tell somebody whom a question is for; nothing in the chat changes."""
    if context.args == FOR_ADMINS:
        context.notice = context.t(ADMINS_ONLY)
        return
    quoted = context.message.quoted
    author = quoted.author if quoted is not None else None
    if author is not None and str(author.id) == context.args and author.name:
        context.notice = context.t("This question is for {name}.", name=author.name)
    else:
        context.notice = context.t("This question is for somebody else.")


async def press_cancel(context: Context) -> None:
    """Close the question whose Cancel was pressed."""
    if (context.session.question or {}).get("card") == context.message.message_id:
        context.session.question = None
    await context.edit(Reply(context.t("Cancelled.")))


def greeting(t: Texts, bot_username: str, *, private: bool) -> Reply:
    """Build the two lines and the buttons of `/start`."""
    text = t(
        "I read the tone of a text, learn labels of your own from examples, and fit curves to points.\n"
        "Send me a sentence or some number pairs, or try one of these:"
    )
    rows: list[tuple[Button, ...]] = [
        (Button(t("Try sentiment"), data="try:sentiment"), Button(t("Try a fit"), data="try:fit")),
        (Button(t("Make a classifier"), data="try:new"),),
    ]
    if private:
        rows += add_buttons(bot_username, t)
    return Reply(text, buttons=tuple(rows))


def help_card(commands: tuple[Command, ...], topic: str, t: Texts, *, private: bool) -> Reply:
    """Build the list of commands, or the page of one."""
    for command in commands:
        if command.called(topic):
            return Reply(_help_page(command, t))
    lines = [f"/{command.name} – {t(command.summary)}" for command in commands]
    if private:
        lines.append("")
        lines.append(t("Without a command: words get their tone, number pairs become a fit."))
        lines.append(t("In a group or channel of yours: /setup."))
    lines.append(t("/help and a name, for example “/help fit”, tells more."))
    return Reply("\n".join(lines))


def _help_page(command: Command, t: Texts) -> str:
    names = t.listed([f"/{name}" for name in (command.name, *command.aliases)] + list(command.words))
    parts = [names, t(command.summary)]
    if command.example:
        parts.append(t("For example:") + "\n" + t(command.example))
        if command.words and t.language == "zh":
            example = t(command.example).replace(f"/{command.name}", command.words[0])
            parts.append(t("In private, after a mention and in a reply to me also:") + "\n" + example)
    if command.options:
        parts.append(t("Options:") + "\n" + t(command.options))
    return "\n\n".join(parts)
