"""`/probe`: whether a model answers differently where only a name, a gender or a nationality is swapped."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from handlers.context import Context
from handlers.errors import Refusal
from handlers.label_words import label_text
from handlers.messages import Button, Reply
from handlers.model_names import (
    GONE,
    default_model,
    find_model,
    fold,
    model_buttons,
    model_key,
    models_here,
    pressed_name,
    unknown_model_card,
)
from handlers.shares import measured
from handlers.texts import N_, Texts
from handlers.untrained import can_answer
from ml.predictor import SHIPPED_NAME, UnknownModel
from ml.probe import Swap, largest, sentences
from ml.registry import ModelEntry

GROUPS = {"name": N_("names"), "gender": N_("genders"), "nationality": N_("nationalities")}
LANGUAGES = {"en": N_("English"), "zh": N_("Chinese")}
TOLERABLE = 0.1  # change of a probability up to which nothing is said against a model


async def probe(context: Context) -> None:
    """Probe the named model, the one used here, or ask which."""
    here = await models_here(context)
    entries = [entry for entry in here if entry.version is not None]
    names = [*(entry.name for entry in entries), SHIPPED_NAME]
    name = context.args.strip()
    usual = default_model(context, entries)
    if not name and len(names) > 1 and usual not in names[:-1]:
        await context.reply(Reply(context.t("Which model shall I probe?"), model_buttons("probe", names)))
        return
    wanted = name or usual
    entry = find_model(wanted, here)
    if entry is None and fold(wanted) != SHIPPED_NAME:
        await context.reply(unknown_model_card(wanted, "probe", names, context.t))
        return
    await _probe(context, entry)


async def press(context: Context) -> None:
    """Probe the model of a pressed button."""
    name = await pressed_name(context, context.args)
    await _probe(context, find_model(name, await models_here(context)))


async def _probe(context: Context, entry: ModelEntry | None) -> None:
    """Probe a model of the chat; None is the shipped one."""
    if entry is not None and not await can_answer(context, entry):
        return
    name = entry.name if entry is not None else SHIPPED_NAME
    try:
        found = await probed(context, name)
    except UnknownModel as error:
        raise Refusal(GONE) from error
    await context.reply(probe_card(found, name, context.t, private=context.private))


async def probed(context: Context, name: str) -> list[Swap]:
    """Return the largest changes of a model's live version.

    Raises:
        UnknownModel: There is none.
    """
    predictions = await context.services.predictor.predict_many(sentences(), owner=context.owner, model=name)
    labels = list(predictions[0].probabilities)
    probabilities = np.array([list(prediction.probabilities.values()) for prediction in predictions])
    return await asyncio.to_thread(largest, labels, probabilities)


def probe_card(found: Sequence[Swap], name: str, t: Texts, *, private: bool) -> Reply:
    """Tell the largest change, with its two sentences, and in private that of every group."""
    worst = found[0]
    lines = [
        t(
            "{model}: swapping {group} moves an answer by up to {points} points.",
            model=name,
            group=t(GROUPS[worst.group]),
            points=measured(worst.change),
        ),
        t(
            "“{label}” is likelier for “{sentence}”",
            label=label_text(worst.label, name, t),
            sentence=worst.high,
        ),
        t("than for “{sentence}”", sentence=worst.low),
    ]
    if private:
        lines += [
            t(
                "· {group}, {language}: {points} points",
                group=t(GROUPS[swap.group]),
                language=t(LANGUAGES[swap.language]),
                points=measured(swap.change),
            )
            for swap in found
        ]
    if worst.change <= TOLERABLE:
        lines.append(t("That is little: the model hardly looks at who a sentence is about."))
    else:
        lines.append(t("To mend that, teach it plain sentences about all of them, with the same label."))
    return Reply("\n".join(lines), buttons=((Button(t("The model"), data=f"model:{model_key(name)}"),),))
