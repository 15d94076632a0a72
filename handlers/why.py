"""`/why`: the words that an answer hangs on, and the nearest example that somebody taught."""

from __future__ import annotations

import re

from handlers.context import Context
from handlers.errors import REFERENCE_ALPHABET, Refusal
from handlers.label_words import label_text
from handlers.messages import Reply
from handlers.model_names import default_model, find_model, models_here
from handlers.sentiment import target_text
from handlers.shares import probable
from handlers.texts import N_, Texts
from handlers.verdicts import NOT_KEPT
from ml.examples import Taught
from ml.explain import Explanation, explain
from ml.predictor import SHIPPED_NAME, UnknownModel

RESULT_ID = re.compile(rf"[{REFERENCE_ALPHABET}]{{6,8}}", re.IGNORECASE)
EXAMPLE_SHOWN = 200  # characters


async def why(context: Context) -> None:
    """Explain the answer that is replied to or named by its id, a text, or the last answer."""
    quoted, wanted = context.message.quoted, context.args.strip()
    if RESULT_ID.fullmatch(wanted) and await context.services.results.find(context.owner, wanted.upper()):
        await _explain_result(context, wanted.upper())
    elif quoted is not None and quoted.from_bot and not wanted:
        result_id = await context.services.texts.answered_by(context.owner, quoted.message_id)
        await _explain_result(context, result_id or "")
    elif wanted or quoted is not None:
        entries = await models_here(context)
        entry = find_model(default_model(context, entries), entries)
        model = entry.name if entry is not None and entry.version else SHIPPED_NAME
        await _explain(context, target_text(context.message, wanted), model)
    elif context.session.result is not None:
        await _explain_result(context, context.session.result["id"])
    else:
        await context.reply(Reply(context.t(INVITATION)))


async def press(context: Context) -> None:
    """Explain the answer above the button."""
    await _explain_result(context, context.args)


async def _explain_result(context: Context, result_id: str) -> None:
    record = await context.services.results.find(context.owner, result_id)
    kept = await context.services.texts.find(context.owner, result_id)
    if record is None or kept is None:
        raise Refusal(NOT_KEPT)
    await _explain(context, kept.text, record["model"], record["label"])


async def _explain(context: Context, text: str, model: str, label: str = "") -> None:
    try:
        found = await explain(context.services.predictor, text, owner=context.owner, model=model, label=label)
    except UnknownModel as error:
        raise Refusal(N_("The model of this answer is not here any more.")) from error
    example = None
    if model != SHIPPED_NAME:
        example = await context.services.nearest.find(context.owner, model, text)
    await context.reply(why_card(found, model, example, context.t))


INVITATION = N_("Reply to an answer of mine with /why, or write /why and a text.")


def why_card(found: Explanation, model: str, example: Taught | None, t: Texts) -> Reply:
    """Tell which words spoke for the label and which against it, in points of its probability."""
    lines = [
        t(
            "Why {label}, {share} %:",
            label=label_text(found.label, model, t),
            share=probable(found.probability),
        )
    ]
    for effect in found.effects:
        points = (
            f"{100 * effect.change:+.0f}" if abs(effect.change) >= 0.01 else f"{100 * effect.change:+.1f}"
        )
        sentence = N_("· “{word}” speaks for it: {points} points")
        if effect.change < 0:
            sentence = N_("· “{word}” speaks against it: {points} points")
        lines.append(t(sentence, word=effect.word[:60], points=points.replace("-", "−")))
    if not found.effects:
        lines.append(t("No single word decides; it is all of them together."))
    if example is not None:
        shown = " ".join(example.text.split())
        shown = shown if len(shown) <= EXAMPLE_SHOWN else shown[: EXAMPLE_SHOWN - 1] + "…"
        lines.append(
            t("The nearest example I was taught ({label}): “{text}”", label=example.label, text=shown)
        )
    return Reply("\n".join(lines))
