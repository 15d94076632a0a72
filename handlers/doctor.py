"""`/setup` and `/doctor`: what the bot can do in a chat, what is missing, and where to tap for it."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.context import ChatSettings, Context
from handlers.invitations import add_buttons, private_buttons
from handlers.messages import Button, Chat, Reply
from handlers.model_names import find_model, models_here
from handlers.surroundings import About, Myself
from handlers.tagging import EMOJI, kept_words
from handlers.texts import LANGUAGES, Texts
from ml.predictor import SHIPPED_NAME

ADMIN = "administrator"


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found out about a chat."""

    chat: Chat
    about: About
    me: Myself
    settings: ChatSettings
    bot: str  # its username
    model_missing: bool = False
    unreached: int = 0  # admins who cannot be told of an alert
    admins: int = 0
    left_out: int = 0  # tags of the last 24 h


async def doctor(context: Context) -> None:
    """Look at everything that may be missing here."""
    if context.private:
        await context.reply(private_card(context.services.bot_username, context.t))
        return
    found = await examine(context)
    card = doctor_card(found, context.t)
    sender = context.message.sender
    if found.me.mute and context.asked_in is None and sender is not None and sender.id > 0:
        await context.outbox.tell(sender.id, card)
    else:
        await context.say(card)


async def setup(context: Context) -> None:
    """Tell what can be set here, with a button for the first things."""
    if context.private:
        await context.reply(private_card(context.services.bot_username, context.t))
        return
    context.remember_chat()
    await context.reply(setup_card(await examine(context), context.t, afar=context.asked_in is not None))


async def examine(context: Context) -> Examined:
    """Ask Telegram and the registry what is there."""
    chat, settings, chats = context.message.chat, context.settings, context.services.chats
    me = await chats.myself(chat.id)
    about = await chats.about(chat.id)
    missing = False
    if settings.tagging_model is not None:
        entry = find_model(settings.tagging_model, await models_here(context))
        missing = entry is None or entry.version is None
    unreached, admins = 0, 0
    if settings.alert is not None:
        people = await chats.admins(chat.id)
        admins = len(people)
        unreached = [await context.outbox.reaches(person) for person in sorted(people)].count(False)
    bot, left_out = context.services.bot_username, await context.outbox.left_out(chat.key)
    return Examined(chat, about, me, settings, bot, missing, unreached, admins, left_out)


def doctor_card(found: Examined, t: Texts) -> Reply:
    """List what works with a tick, and what does not with the way to mend it."""
    lines = _channel(found, t) if found.chat.type == "channel" else _group(found, t)
    lines += [*_reactions(found, t), *_settings(found, t)]
    return Reply("\n".join(lines), buttons=((Button(t("Look again"), data="doctor:again"),),))


def _group(found: Examined, t: Texts) -> list[str]:
    me, lines = found.me, []
    if me.status == ADMIN:
        lines.append(t("✓ I am an admin: I hear every message and every reaction."))
    elif me.reads_all:
        lines.append(t("✓ Privacy mode is off: I hear every message."))
        lines.append(
            t(
                "✗ Reactions are told to admins only. Tap the group's name > Edit > Administrators > "
                "Add Admin > @{bot}.",
                bot=found.bot,
            )
        )
    else:
        lines.append(
            t(
                "✗ I hear only commands and replies to me, since privacy mode is on. Tap the group's name > "
                "Edit > Administrators > Add Admin > @{bot}. Or @BotFather > /mybots > Bot Settings > "
                "Group Privacy > Turn off, and then add me anew.",
                bot=found.bot,
            )
        )
    if me.mute:
        lines.append(
            t(
                "✗ I may not write here. Tap the group's name > Edit > Permissions > Exceptions > @{bot} > "
                "Send Messages.",
                bot=found.bot,
            )
        )
    if found.about.forum:
        lines.append(t("✓ Topics: each has its own default model and its own mood."))
    if found.about.linked is not None:
        lines.append(t("✓ A channel is linked: comments count for its posts where tagging is on there too."))
    if found.chat.type == "group":
        lines.append(t("· A basic group. When it becomes a supergroup, everything set up here moves along."))
    return lines


def _channel(found: Examined, t: Texts) -> list[str]:
    lines = []
    if found.me.status == ADMIN and "can_post_messages" in found.me.rights:
        lines.append(t("✓ I am an admin of this channel and may post."))
    elif found.me.status == ADMIN:
        lines.append(
            t(
                "✗ I may not post, so no summary can come. Tap the channel's name > Edit > Administrators > "
                "@{bot} > Post Messages.",
                bot=found.bot,
            )
        )
    else:
        lines.append(
            t(
                "✗ I am no admin of this channel. Tap its name > Edit > Administrators > Add Admin > @{bot}.",
                bot=found.bot,
            )
        )
    if found.about.linked is None:
        lines.append(
            t("· No group is linked, so there are no comments. Tap the channel's name > Edit > Discussion.")
        )
    else:
        lines.append(t("✓ A group is linked. For comments, add me there too and switch tagging on in both."))
    return lines


def _reactions(found: Examined, t: Texts) -> list[str]:
    allowed = found.about.reactions
    missing = [emoji for emoji in EMOJI.values() if allowed is not None and emoji not in allowed]
    if not missing:
        return [t("✓ The reactions {emoji} are allowed here.", emoji=" ".join(EMOJI.values()))]
    path = (
        t("Tap the channel's name > Edit > Reactions.")
        if found.chat.type == "channel"
        else t("Tap the group's name > Edit > Reactions.")
    )
    words = t("✗ Not allowed as reactions here: {emoji}. Those tones show none.", emoji=" ".join(missing))
    return [t.sentences([words, path])]


def _settings(found: Examined, t: Texts) -> list[str]:
    settings = found.settings
    lines = [t("· Tagging: {mode}, learning: {learn}, quiet: {quiet}, time zone: {zone}",
               mode=settings.tagging, learn=_switch(settings.learn, t), quiet=_switch(settings.quiet, t),
               zone=settings.timezone)]  # fmt: skip
    if found.model_missing:
        lines.append(
            t(
                "✗ The model “{name}” that tags here is gone or not trained. /tagging model={shipped} "
                "takes the one that came with me.",
                name=settings.tagging_model,
                shipped=SHIPPED_NAME,
            )
        )
    if settings.tagging == "off":
        lines.append(t("· Nothing is counted. /tagging digest begins it, /tagging react shows it too."))
    if found.left_out:
        lines.append(
            t.plural(
                "· {count} tag of the last 24 hours was left out rather than shown late: Telegram lets me "
                "show only so many. All messages are counted.",
                "· {count} tags of the last 24 hours were left out rather than shown late: Telegram lets me "
                "show only so many. All messages are counted.",
                found.left_out,
            )
        )
    if settings.alert is not None and found.unreached:
        lines.append(
            t(
                "✗ {count} of {all} admins get no alert: they never wrote to me or blocked me. "
                "They open https://t.me/{bot} and press Start.",
                count=found.unreached,
                all=found.admins,
                bot=found.bot,
            )
        )
    return lines


def _switch(on: bool, t: Texts) -> str:
    return t("on") if on else t("off")


def setup_card(found: Examined, t: Texts, *, afar: bool = False) -> Reply:
    """Tell in a few lines what can be had here, and offer the first steps; `afar` is in private already."""
    hears = found.me.status == ADMIN or found.me.reads_all
    lines = [
        t("I read the tone of what is written here, if you want it: as a reaction, a reply, or in counts."),
        t("/mood sums up posts with their reactions and comments, /digest does so at set times.")
        if found.chat.type == "channel"
        else t("/mood shows it over time, /digest sums it up, /alert tells the admins."),
        t(kept_words(found.settings)),
    ]
    if not hears and found.chat.type != "channel":
        lines.append(t("So far I hear commands only: /doctor says where to tap."))
    if found.settings.timezone == "UTC":
        lines.append(t("Times are UTC; your own by /digest tz=Asia/Shanghai, for example."))
    tagging = (
        Button(t("React to messages"), data="tagging:react"),
        Button(t("Only count"), data="tagging:digest"),
    )
    times = (
        Button(t("Daily summary"), data="digest:daily"),
        Button(t("What is missing?"), data="doctor:again"),
    )
    languages = tuple(Button(name, data=f"lang:{code}") for code, name in LANGUAGES.items())
    private = () if afar else private_buttons(found.bot, found.chat.key, t)
    return Reply("\n".join(lines), buttons=tuple(filter(None, (tagging, times, languages, private))))


def private_card(bot_username: str, t: Texts) -> Reply:
    """Say that nothing is missing in private, and how I come into a group."""
    text = t("In private nothing needs to be set up. Add me to a group or channel and send /setup there.")
    return Reply(text, buttons=add_buttons(bot_username, t))
