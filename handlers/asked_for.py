"""What `/export` and `/forget` are about: a model of the chat, or the person who asks."""

from __future__ import annotations

from typing import Literal

from handlers.context import Context
from handlers.messages import Reply
from handlers.model_names import find_model, fold, model_buttons, models_here, unknown_model_card
from handlers.texts import N_
from ml.registry import ModelEntry

ME = frozenset({"me", "我"})
NOT_YOURS = N_("Only the person who made this model can do that.")


async def model_or_me(context: Context, verb: str, question: str) -> ModelEntry | Literal["me"] | None:
    """Return the model that is named, or `me`; None where the person was asked back.

    Args:
        verb: Of the buttons with the models.
        question: What is asked where nothing is named; without any model it can only be the person.
    """
    name = context.args.strip()
    entries = await models_here(context)
    entry = find_model(name, entries)
    if entry is not None:
        return entry
    if fold(name) in ME or (not name and not entries):
        return "me"
    names = [known.name for known in entries]
    if name:
        await context.reply(unknown_model_card(name, verb, names, context.t))
    else:
        await context.reply(Reply(context.t(question), model_buttons(verb, names)))
    return None
