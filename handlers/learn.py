"""`/learn` and `/map`: whether members' reactions become labels, of which model, and what each stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from handlers.context import ChatSettings, Context
from handlers.emoji import REACTIONS, plain
from handlers.errors import Refusal
from handlers.grammar import normalise, read_arguments, read_switch
from handlers.messages import Button, Reply
from handlers.model_names import (
    default_model,
    find_model,
    fold,
    models_here,
    pressed_model,
    unknown_model_card,
)
from handlers.tagging import EMOJI, ONLY_GROUPS
from handlers.texts import N_, Texts
from ml.reaction_labels import MOST_A_DAY
from ml.registry import ModelEntry
from ml.samples import FEWEST

MAP_EXAMPLE = "/map 😁=positive 😢=negative"
HEAD = re.compile(r"(?P<emoji>[^\s=:,，;；]{1,32})\s*[=:]")  # of a pair; its label may hold blanks
END = re.compile(r"[,，;；\n]")
MUTE = N_("I may not write there, and learn only where I can announce it. /doctor says where to tap.")
NO_READERS = N_("In a channel nobody hears who reacted: switch learning on in its linked group.")
OPTIONS = N_("on · off · model=NAME, the classifier that learns")


@dataclass(frozen=True, slots=True)
class Learning:
    """What `/learn` asks for; None leaves a setting as it is."""

    on: bool | None = None
    model: str | None = None


def read_learn(args: str) -> Learning:
    """Read the switch and the model.

    >>> read_learn("开 model=tone")
    Learning(on=True, model='tone')

    Raises:
        Refusal: It is neither on nor off.
    """
    given = read_arguments(normalise(args), {"model"})
    if not given.words:
        return Learning(None, given.options.get("model"))
    on = read_switch(given.text)
    if on is None:
        raise Refusal(N_("/learn takes on or off; you wrote “{word}”."), word=given.text[:24])
    return Learning(on, given.options.get("model"))


def read_map(args: str) -> dict[str, str]:
    """Read which label each reaction stands for.

    >>> read_map("😁=positive ❤️：positive")
    {'😁': 'positive', '❤': 'positive'}

    Raises:
        Refusal: There is no pair, or a sign is none of Telegram's reactions.
    """
    pairs: dict[str, str] = {}
    text = normalise(args)
    heads = list(HEAD.finditer(text))
    ends = [*(head.start() for head in heads), len(text)][1:]
    for found, end in zip(heads, ends, strict=True):
        label = END.split(text[found.end() : end].strip(), 1)[0].strip()
        if not label:
            continue
        emoji = plain(found["emoji"])
        if emoji not in REACTIONS:
            raise Refusal(
                N_("“{emoji}” is no reaction of Telegram's. Take one that people can set, such as 😁 ❤ 😢."),
                emoji=emoji[:8],
            )
        pairs[emoji] = label
    if not pairs:
        raise Refusal(N_("Write pairs of a reaction and a label, for example {example}"), example=MAP_EXAMPLE)
    return pairs


async def learn(context: Context) -> None:
    """Let a model of the chat learn from members' reactions, or stop; without a word, show how it is."""
    if context.private:
        raise Refusal(ONLY_GROUPS)
    if context.message.chat.type == "channel":
        raise Refusal(NO_READERS)
    wanted = read_learn(context.args)
    if wanted.on is None and wanted.model is None:
        await context.reply(learn_card(context.settings, context.t))
    elif wanted.on is False:
        await _stop(context)
        await context.reply(learn_card(context.settings, context.t))
    else:
        await _begin(context, wanted.model)


async def press(context: Context) -> None:
    """Switch it on or off by a button, or take the model of one."""
    what, _, key = context.args.partition(":")
    if what == "model":
        await _begin(context, (await pressed_model(context, key)).name)
    elif what == "off":
        await _stop(context)
        await context.edit(learn_card(context.settings, context.t))
    else:
        await _begin(context, None)


async def map_reactions(context: Context) -> None:
    """Set what reactions stand for; without pairs, show it."""
    if context.private:
        raise Refusal(ONLY_GROUPS)
    if not context.args.strip():
        await context.reply(map_card(context.settings, context.t))
        return
    pairs = read_map(context.args)
    entry = find_model(context.settings.learn_model or "", await models_here(context))
    context.settings.reactions = _of_model(pairs, entry, context.t) if entry is not None else pairs
    context.remember_chat()
    await context.reply(map_card(context.settings, context.t))


async def _begin(context: Context, name: str | None) -> None:
    entries = await models_here(context)
    wanted = name or context.settings.learn_model or default_model(context, entries)
    entry = find_model(wanted, entries) or (entries[0] if len(entries) == 1 and name is None else None)
    if entry is None and name is not None:
        names = [known.name for known in entries]
        await context.reply(unknown_model_card(name, "learn:model", names, context.t))
        return
    if entry is None:
        raise Refusal(
            N_(
                "Which classifier shall learn? Make one, for example /new tone positive negative, "
                "or say /learn on model=NAME."
            )
        )
    settings = context.settings
    faces = {emoji: label for label, emoji in EMOJI.items() if label in entry.labels}
    settings.reactions = _of_model(settings.reactions or faces, entry, context.t)
    if not settings.reactions:
        raise Refusal(
            N_("No reaction stands for a label of “{name}”. Say which, for example /map 😁={label}."),
            name=entry.name,
            label=entry.labels[0],
        )
    if context.asked_in is not None and (await context.services.chats.myself(context.message.chat.id)).mute:
        raise Refusal(MUTE)
    settings.learn, settings.learn_model = True, entry.name
    context.remember_chat()
    await context.announce(learn_card(settings, Texts(settings.heard_in(context.t.language))))
    await context.say(learn_card(settings, context.t))


async def _stop(context: Context) -> None:
    """Learn no more; the kept texts go at once."""
    context.settings.learn = False
    await context.services.reaction_labels.drop_all(context.message.chat.key)


def _of_model(pairs: dict[str, str], entry: ModelEntry, t: Texts) -> dict[str, str]:
    """Return the pairs with the model's own spelling of its labels.

    Raises:
        Refusal: The model has no such label.
    """
    labels = {fold(label): label for label in entry.labels}
    for label in pairs.values():
        if fold(label) not in labels:
            raise Refusal(
                N_("“{name}” has no label “{label}”. It has {labels}. Say it with /map."),
                name=entry.name,
                label=label[:24],
                labels=t.listed(entry.labels),
            )
    return {emoji: labels[fold(label)] for emoji, label in pairs.items()}


def learn_card(settings: ChatSettings, t: Texts) -> Reply:
    """Tell everybody in the chat whether reactions are learned from, and what is kept for it."""
    if not settings.learn:
        text = t("I do not learn from reactions here, and keep no texts for it.")
        return Reply(text, buttons=((Button(t("Learn from reactions"), data="learn:on"),),))
    lines = [
        t("I learn from your reactions here: they teach “{name}”.", name=settings.learn_model),
        _pairs(settings),
        t(
            "For this, texts are kept for 24 h. One that gets a label by reactions becomes an example and "
            "stays until the label is withdrawn or the example is deleted."
        ),
        t(
            "Each person counts once a message and for {count} messages a day; who takes a reaction back "
            "takes the label back. /optout leaves you out.",
            count=MOST_A_DAY,
        ),
        t("With {fewest} examples a label, /train {name}.", fewest=FEWEST, name=settings.learn_model),
    ]
    return Reply("\n".join(lines), buttons=((Button(t("Stop learning"), data="learn:off"),),))


def map_card(settings: ChatSettings, t: Texts) -> Reply:
    """Tell what reactions stand for."""
    if not settings.reactions:
        return Reply(t("No reaction stands for a label yet. For example:") + f"\n{MAP_EXAMPLE}")
    return Reply(t("Reactions stand for labels:") + f"\n{_pairs(settings)}")


def _pairs(settings: ChatSettings) -> str:
    return "  ".join(f"{emoji} {label}" for emoji, label in settings.reactions.items())
