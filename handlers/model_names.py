"""Which model a person means: by its name, by the key in a button, or by a name that is nearly one."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Sequence

from handlers.context import Context
from handlers.errors import Refusal
from handlers.grammar import normalise
from handlers.messages import Button, Reply
from handlers.texts import N_, Texts
from ml.predictor import SHIPPED_NAME
from ml.registry import ModelEntry

KEY_LENGTH = 8  # hex digits: 24 Chinese characters alone would be more than the 64 bytes of a button
NEAREST = 3
ALIKE = 0.6  # of difflib's ratio, from which a word was meant to be a name
BUTTONS_A_ROW = 3
SHOWN = 24  # characters of a wrong name that an answer repeats

GONE = N_("This model is not here any more. /models shows what there is.")
STALE = N_("This question is closed. Please send the command again.")


def fold(name: str) -> str:
    """Return the form in which names and labels are compared: phones begin words with capitals.

    >>> fold("Ｓｐａｍ")
    'spam'
    """
    return normalise(name).strip().casefold()


def model_key(name: str) -> str:
    """Return what stands for a model in a button's 64 bytes; the chat's own list says whose key it is."""
    return hashlib.sha256(fold(name).encode()).hexdigest()[:KEY_LENGTH]


def find_model(name: str, entries: Iterable[ModelEntry]) -> ModelEntry | None:
    """Return the model of this name, whatever its case."""
    return next((entry for entry in entries if fold(entry.name) == fold(name)), None)


def nearest(word: str, names: Sequence[str], cutoff: float = 0.0) -> list[str]:
    """Return up to three names, the most alike first.

    >>> nearest("spma", ["mood", "spam", "sentiment"], cutoff=0.6)
    ['spam']
    """
    by_fold = {fold(name): name for name in names}
    return [by_fold[alike] for alike in difflib.get_close_matches(fold(word), by_fold, NEAREST, cutoff)]


async def models_here(context: Context) -> list[ModelEntry]:
    """Return the models of this chat, oldest first."""
    return await context.services.registry.list(context.owner)


async def pressed_name(context: Context, key: str) -> str:
    """Return the name of the model, shipped or the chat's own, that a button stands for.

    Raises:
        Refusal: It was deleted since.
    """
    if key == model_key(SHIPPED_NAME):
        return SHIPPED_NAME
    return (await pressed_model(context, key)).name


async def pressed_model(context: Context, key: str) -> ModelEntry:
    """Return the chat's model that a button stands for.

    Raises:
        Refusal: It was deleted since.
    """
    for entry in await models_here(context):
        if model_key(entry.name) == key:
            return entry
    raise Refusal(GONE)


def default_model(context: Context, entries: Sequence[ModelEntry]) -> str:
    """Return the model that answers where none is named: the chosen one, else the only one trained here."""
    chosen = context.session.model or context.settings.model_in(context.message.chat.topic) or ""
    entry = find_model(chosen, entries)
    if entry is not None:
        return entry.name
    trained = [entry.name for entry in entries if entry.version]
    return trained[0] if len(trained) == 1 and chosen != SHIPPED_NAME else SHIPPED_NAME


def model_buttons(verb: str, names: Iterable[str]) -> tuple[tuple[Button, ...], ...]:
    """Return a button for each model, a few a row."""
    buttons = [Button(name, data=f"{verb}:{model_key(name)}") for name in names]
    return tuple(
        tuple(buttons[start : start + BUTTONS_A_ROW]) for start in range(0, len(buttons), BUTTONS_A_ROW)
    )


def unknown_model_card(word: str, verb: str, names: Sequence[str], t: Texts) -> Reply:
    """Say that there is no such model, with the three nearest of `names` as buttons."""
    if fold(word) == SHIPPED_NAME:
        return shipped_card(t)
    if not names:
        return Reply(t("There is no model “{name}” here. /models shows what there is.", name=word[:SHOWN]))
    text = t("There is no model “{name}” here. Did you mean one of these?", name=word[:SHOWN])
    return Reply(text, buttons=model_buttons(verb, nearest(word, names)))


def shipped_card(t: Texts) -> Reply:
    """Say why the shipped model learns nothing here, and how to make one that does."""
    text = t(
        "“{name}” came with me: it is not taught, trained, exported or deleted here. "
        "Make a model of your own with a name and its labels, for example:",
        name=SHIPPED_NAME,
    )
    return Reply(f"{text}\n" + t("/new spam junk fine"), buttons=((Button(t("New model"), data="new:ask"),),))


def no_models_card(t: Texts) -> Reply:
    """Say how to get a first model."""
    text = t("There is no model of your own here yet. Make one with a name and its labels, for example:")
    return Reply(f"{text}\n" + t("/new spam junk fine"), buttons=((Button(t("New model"), data="new:ask"),),))
