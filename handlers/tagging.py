"""`/tagging`: whether and how the tone of members' messages is counted and shown."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.context import ChatSettings, Context
from handlers.errors import Refusal
from handlers.grammar import normalise, read_arguments, read_switch
from handlers.messages import Button, Reply
from handlers.model_names import UNTRAINED, find_model, models_here, pressed_name, unknown_model_card
from handlers.texts import N_, Texts
from ml.predictor import SHIPPED_NAME
from ml.registry import ModelEntry

MODES = ("off", "digest", "react", "reply")
WORDS = {"摘要": "digest", "汇总": "digest", "表情": "react", "回应": "react", "回复": "reply"}
WORDS |= {"sum": "digest", "reaction": "react", "reactions": "react"}
EMOJI = {"positive": "😁", "neutral": "😐", "negative": "😢"}
LOWEST, HIGHEST = 0.34, 0.99
MEANINGS = {
    "off": N_("off: I neither count nor show the tone of messages."),
    "digest": N_("digest: I count tones for /mood and /digest and show nothing at the messages."),
    "react": N_("react: a message gets one of {emoji} where I am sure enough, and is counted."),
    "reply": N_("reply: a message gets its tone as a reply where I am sure enough, and is counted."),
}
OPTIONS = N_(
    "off · nothing is counted\n"
    "digest · counted for /mood and /digest, nothing is shown\n"
    "react · a reaction from 😁 😐 😢 where I am sure enough\n"
    "reply · the tone as a reply\n"
    "min=0.8 · how sure I must be to show it\n"
    "model=NAME · a classifier of this group instead of sentiment"
)
ONLY_GROUPS = N_(
    "This is for a group or a channel: add me to one and send it there, or choose one by /chats."
)
QUIET = N_("/quiet is on: for now nothing is shown at messages, only counted.")
PRIVACY = N_("Only counts per hour are kept, no texts. Members who write /optout are left out.")
PRIVACY_REPLY = N_(
    "Only counts per hour are kept; texts stay 24 h, so that /why can explain a reply. "
    "Members who write /optout are left out."
)
PRIVACY_CHANNEL = N_("Of a post its tone, reactions and counts of comments are kept for 90 days, no texts.")
PRIVACY_CHANNEL_REPLY = N_(
    "Of a post its tone, reactions and counts of comments are kept for 90 days; its text stays 24 h, so that "
    "/why can explain a reply."
)
PRIVACY_LEARN = N_(
    "Texts stay 24 h for /learn, and those that reactions label become examples; else only counts are kept. "
    "Members who write /optout are left out."
)


def kept_words(settings: ChatSettings) -> str:
    """Return the sentence about what is kept of members' messages in a chat, or of a channel's posts."""
    if settings.kind == "channel":
        return PRIVACY_CHANNEL_REPLY if settings.tagging == "reply" else PRIVACY_CHANNEL
    if settings.learn:
        return PRIVACY_LEARN
    return PRIVACY_REPLY if settings.tagging == "reply" else PRIVACY


@dataclass(frozen=True, slots=True)
class Tagging:
    """What `/tagging` asks for; None leaves a setting as it is."""

    mode: str | None = None
    model: str | None = None
    least: float | None = None


def read_tagging(args: str) -> Tagging:
    """Read the mode and its options.

    >>> read_tagging("react min=80%")
    Tagging(mode='react', model=None, least=0.8)

    Raises:
        Refusal: There is no such mode, or a value is out of its range.
    """
    given = read_arguments(normalise(args), {"model", "min"})
    mode = None
    if given.words:
        word = given.words[0].lower()
        mode = "off" if read_switch(word) is False else WORDS.get(word, word)
        if mode not in MODES or len(given.words) > 1:
            raise Refusal(
                N_("/tagging knows off, digest, react and reply; you wrote “{word}”."),
                word=given.text[:24],
            )
    return Tagging(mode, given.options.get("model"), _least(given.options.get("min")))


def _least(value: str | None) -> float | None:
    if value is None:
        return None
    try:
        least = float(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
        least = least / 100 if 1 < least <= 100 else least
    except ValueError:
        least = 0.0
    if not LOWEST <= least <= HIGHEST:
        raise Refusal(
            N_("min= is how sure I must be, from {low} to {high}; you wrote “{value}”."),
            low=LOWEST,
            high=HIGHEST,
            value=value[:12],
        )
    return least


async def tagging(context: Context) -> None:
    """Set how messages are tagged; without a word, show how and offer the ways."""
    if context.private:
        raise Refusal(ONLY_GROUPS)
    wanted = read_tagging(context.args)
    if wanted.model is not None:
        entries = await models_here(context)
        entry = find_model(wanted.model, entries)
        if entry is None and wanted.model.lower() != SHIPPED_NAME:
            names = [known.name for known in entries] + [SHIPPED_NAME]
            await context.reply(unknown_model_card(wanted.model, "tagging:model", names, context.t))
            return
        context.settings.tagging_model = check_model(entry, context.settings, wanted.mode)
    if wanted.mode is not None:
        context.settings.tagging = wanted.mode
    if wanted.least is not None:
        context.settings.tagging_min = wanted.least
    await _changed(context)
    await context.reply(tagging_card(context.settings, context.t))


async def press(context: Context) -> None:
    """Take the mode, or the model, of a pressed button."""
    what, _, key = context.args.partition(":")
    if what == "model":
        name = await pressed_name(context, key)
        entry = find_model(name, await models_here(context))
        context.settings.tagging_model = check_model(entry, context.settings, None)
        await _changed(context)
    elif what in MODES:
        context.settings.tagging = what
        await _changed(context)
    await context.edit(tagging_card(context.settings, context.t))


async def _changed(context: Context) -> None:
    """Note where this is, and have an alert look again, or rest, as there is something to look at.

    Members' texts are kept only while their tone is shown.
    """
    context.remember_chat()
    context.plan()
    if context.settings.tagging != "reply":
        await context.services.texts.drop_overheard(context.owner)


def check_model(entry: ModelEntry | None, settings: ChatSettings, mode: str | None) -> str | None:
    """Return the name under which a model tags, None for the shipped one.

    Raises:
        Refusal: It is not trained, or has labels for which there is no reaction.
    """
    if entry is None:
        return None
    if entry.version is None:
        raise Refusal(UNTRAINED, name=entry.name)
    if (mode or settings.tagging) == "react" and not any(emoji_of(label, settings) for label in entry.labels):
        raise Refusal(
            N_(
                "No reaction stands for a label of “{name}”. Say which with /map, for example "
                "/map 😁={label}, or use /tagging reply."
            ),
            name=entry.name,
            label=entry.labels[0],
        )
    return entry.name


def emoji_of(label: str, settings: ChatSettings) -> str | None:
    """Return the reaction that stands for a label: the face of a tone, else what `/map` says.

    Never a thumb: that would judge the person.
    """
    mapped = next((emoji for emoji, name in settings.reactions.items() if name == label), None)
    return EMOJI.get(label, mapped if mapped not in {"👍", "👎"} else None)


def tagging_card(settings: ChatSettings, t: Texts) -> Reply:
    """Tell how messages are tagged, with a button for each other way."""
    lines = [t(MEANINGS[settings.tagging], emoji=" ".join(EMOJI.values()))]
    if settings.tagging != "off":
        lines[0] = t("Tagging is {mode}", mode=lines[0])
        details = t(
            "model={model} min={least}",
            model=settings.tagging_model or SHIPPED_NAME,
            least=f"{settings.tagging_min:g}",
        )
        lines += [details, t(kept_words(settings))]
        if settings.quiet:
            lines.append(t(QUIET))
    else:
        lines[0] = t("Tagging is {mode}", mode=lines[0])
    others = [Button(mode, data=f"tagging:{mode}") for mode in MODES if mode != settings.tagging]
    return Reply("\n".join(lines), buttons=(tuple(others),))
