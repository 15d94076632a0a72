"""What the bot is in a chat: its default model, its silence, its coming and going."""

from __future__ import annotations

from handlers.context import Context, Hearing, note_admins
from handlers.errors import Refusal
from handlers.grammar import read_switch
from handlers.messages import Button, Membership, Reply
from handlers.model_names import (
    default_model,
    find_model,
    fold,
    model_buttons,
    models_here,
    pressed_name,
    unknown_model_card,
)
from handlers.tagging import ONLY_GROUPS
from handlers.texts import N_, Texts
from handlers.untrained import can_answer
from ml.predictor import SHIPPED_NAME

GONE = frozenset({"left", "kicked"})


async def use(context: Context) -> None:
    """Let a model answer `/classify` here where none is named: for the topic, the group, or in private."""
    entries = await models_here(context)
    names = [entry.name for entry in entries if entry.version] + [SHIPPED_NAME]
    wanted = context.args.strip()
    if not wanted:
        text = context.t(
            "/classify without a name uses “{name}” here. Choose another one:",
            name=default_model(context, entries),
        )
        await context.reply(Reply(text, model_buttons("default", names)))
        return
    entry = find_model(wanted, entries)
    if entry is None and fold(wanted) != SHIPPED_NAME:
        await context.reply(unknown_model_card(wanted, "default", names, context.t))
        return
    if entry is None or await can_answer(context, entry):
        await context.reply(Reply(choose(context, entry.name if entry is not None else SHIPPED_NAME)))


def choose(context: Context, name: str) -> str:
    """Make a model the default of the topic or chat, and return what is said about it."""
    topic = context.message.chat.topic
    if topic is None:
        context.settings.model = name
    else:
        context.settings.models = {**context.settings.models, str(topic): name}
    context.session.model = None
    if topic is not None:
        return context.t("/classify without a name now uses “{name}” in this topic.", name=name)
    return context.t("/classify without a name now uses “{name}” here.", name=name)


async def press_default(context: Context) -> None:
    """Make the model of a pressed button the default here."""
    said = choose(context, await pressed_name(context, context.args))
    context.notice = said
    await context.edit(Reply(said))


async def quiet(context: Context) -> None:
    """Say nothing unasked for a while, or go on; without a word, tell which of the two."""
    if context.private:
        raise Refusal(ONLY_GROUPS)
    word = context.args.strip()
    switch = read_switch(word) if word else context.settings.quiet
    if switch is None:
        raise Refusal(N_("/quiet takes on or off; you wrote “{word}”."), word=word[:24])
    context.settings.quiet = switch
    await context.reply(quiet_card(context.settings.quiet, context.t))


async def press_quiet(context: Context) -> None:
    """Take the switch of a pressed button."""
    context.settings.quiet = context.args == "on"
    await context.edit(quiet_card(context.settings.quiet, context.t))


def quiet_card(quiet: bool, t: Texts) -> Reply:
    """Tell whether anything is said unasked, with the button for the other way."""
    text = t("Not quiet: tags and summaries come as they are set.")
    if quiet:
        text = t(
            "Quiet: no tags, no summaries. I go on counting, and answer who asks me. /quiet off ends it."
        )
    other = Button(t("off"), data="quiet:off") if quiet else Button(t("Be quiet"), data="quiet:on")
    return Reply(text, buttons=((other,),))


async def leave(context: Context) -> None:
    """Ask whether the bot shall really go."""
    if context.private:
        raise Refusal(ONLY_GROUPS)
    text = context.t(
        "Shall I leave? What I counted and what was set up here stays for 90 days, in case I am added again."
    )
    yes, no = Button(context.t("Leave"), data="leave:yes"), Button(context.t("Stay"), data="leave:no")
    await context.reply(Reply(text, buttons=((yes, no),)))


async def press_leave(context: Context) -> None:
    """Go, or stay."""
    if context.args != "yes":
        await context.edit(Reply(context.t("I stay.")))
        return
    await context.edit(Reply(context.t("Goodbye. Add me again whenever you like.")))
    context.settings.present = False
    await context.services.chats.leave(context.message.chat.id)


async def moved_in_or_out(hearing: Hearing, told: Membership) -> None:
    """Note whether the bot is in a chat: what was set up there waits for it, and plans rest meanwhile."""
    hearing.services.chats.forget(told.chat.id)
    present = told.status not in GONE
    if told.chat.type == "private":
        return
    now = await hearing.services.chat_settings.change(
        told.chat.key, present=present, title=told.chat.title, kind=told.chat.type
    )
    await hearing.services.schedules.plan(told.chat.key, now)
    if present:
        await note_admins(hearing.services, told.chat)
