"""`/evaluate`: how well a model does on a file whose labels are known."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from handlers.context import Context
from handlers.errors import Refusal
from handlers.judgement import label_lines, picture, table
from handlers.messages import Button, Document, File, Reply
from handlers.model_cards import score_line
from handlers.model_names import (
    GONE,
    STALE,
    find_model,
    fold,
    model_buttons,
    models_here,
    pressed_name,
    unknown_model_card,
)
from handlers.table_words import refuse_table
from handlers.teach_lines import Lesson, read_file
from handlers.texts import N_, Texts
from handlers.untrained import can_answer
from ml.evaluate import Metrics, judge
from ml.plots import PlotError
from ml.predictor import SHIPPED_NAME, UnknownModel
from ml.registry import ModelEntry
from ml.samples import Sample
from ml.tables import TableError

MOST_ROWS = 100_000  # of a file
AT_ONCE = 512  # texts between which other people get their turn
PATIENCE = 90.0  # seconds; the conversation gives up after 120
SHIPPED_LABELS = ("negative", "neutral", "positive")
CAPTION = 1000  # characters; Telegram takes 1,024 below a picture


async def evaluate(context: Context) -> None:
    """Judge a model by a file, or ask for the one that is missing."""
    quoted = context.message.quoted
    document = context.message.document or (quoted.document if quoted is not None else None)
    entries = await models_here(context)
    trained = [entry for entry in entries if entry.version is not None]
    name = context.args.strip()
    meant = trained or entries  # where none is named
    entry = find_model(name, entries) if name else meant[0] if len(meant) == 1 else None
    if entry is not None or fold(name) == SHIPPED_NAME:
        await _evaluate(context, entry, document)
    elif name:
        names = [*(entry.name for entry in entries), SHIPPED_NAME]
        await context.reply(unknown_model_card(name, "evaluate", names, context.t))
    else:
        await offer_evaluation(context, document)


async def offer_evaluation(context: Context, document: Document | None) -> None:
    """Ask which model is to be judged, where there are several; a file waits for the answer."""
    entries = await models_here(context)
    if not entries:
        await _evaluate(context, None, document)
        return
    trained = [entry.name for entry in entries if entry.version is not None]
    text = context.t("Which model shall I judge?")
    if not trained:
        text = context.t(
            "No model of yours is trained yet: /train does that. I can judge the one I came with:"
        )
    card = Reply(text, model_buttons("evaluate", [*trained, SHIPPED_NAME]))
    held = asdict(document) if document is not None else None
    await context.ask({"ask": "evaluate", "document": held}, card, typed=False)


async def press(context: Context) -> None:
    """Judge the model of the button by the file that waits, or ask for one."""
    if context.args == "cancel":
        context.session.question = None
        await context.edit(Reply(context.t("Cancelled.")))
        return
    name = await pressed_name(context, context.args)
    question = context.session.question or {}
    held = question.get("document") if question.get("card") == context.message.message_id else None
    entry = None if name == SHIPPED_NAME else find_model(name, await models_here(context))
    await _evaluate(context, entry, Document(**held) if held else None)


async def _evaluate(context: Context, entry: ModelEntry | None, document: Document | None) -> None:
    """Judge a model by a file, or ask for that; None is the shipped model."""
    if entry is not None and not await can_answer(context, entry):
        return
    if document is not None:
        await _judge_by(context, entry, document)
        return
    name = entry.name if entry is not None else SHIPPED_NAME
    card = file_question(name, context.t, private=context.private)
    await context.ask({"ask": "evaluate", "model": name}, card, anew=True, typed=False)


async def evaluate_file(context: Context, name: str, document: Document) -> None:
    """Judge the model that a file was asked for.

    Raises:
        Refusal: The model is gone, or as `_judge_by`.
    """
    entry = find_model(name, await models_here(context))
    if entry is None and name != SHIPPED_NAME:
        raise Refusal(STALE)
    await _evaluate(context, entry, document)


async def _judge_by(context: Context, entry: ModelEntry | None, document: Document) -> None:
    """Answer with the picture, the figures of each label, and the same as CSV.

    Raises:
        Refusal: The file cannot be read, has too many rows, or the model was deleted since.
    """
    name = entry.name if entry is not None else SHIPPED_NAME
    labels = entry.labels if entry is not None else SHIPPED_LABELS
    content = await context.outbox.download(document)
    try:
        lesson = _some(await asyncio.to_thread(read_file, content, document.name, labels))
    except TableError as error:
        raise refuse_table(error, labels=context.t.listed(labels), label=labels[0]) from error
    if len(lesson.samples) > MOST_ROWS:
        raise Refusal(
            N_("This file has {count} rows, and I judge by up to {limit} at once. Send it in parts."),
            count=f"{len(lesson.samples):,}",
            limit=f"{MOST_ROWS:,}",
        )
    context.session.close("evaluate")
    metrics, version = await _judged(context, name, lesson.samples)
    await _answer(context, name, version, metrics, lesson)


def _some(lesson: Lesson) -> Lesson:
    """Return a lesson that has something to judge by.

    Raises:
        TableError: It has not, which is said of its first row.
    """
    if lesson.samples:
        return lesson
    if not lesson.unread:
        raise TableError("nothing")
    first = lesson.unread[0]
    raise TableError(first.why, first.row, held=first.held)


async def _judged(context: Context, name: str, samples: Sequence[Sample]) -> tuple[Metrics, str]:
    """Ask the model about every text and compare."""
    begun = time.monotonic()
    said: list[str] = []
    probabilities: list[np.ndarray] = []
    for start in range(0, len(samples), AT_ONCE):
        if time.monotonic() - begun > PATIENCE:
            raise Refusal(
                N_("I read {done} of {count} rows and then it took too long. Send fewer."),
                done=f"{start:,}",
                count=f"{len(samples):,}",
            )
        texts = [sample.text for sample in samples[start : start + AT_ONCE]]
        try:
            predictions = await context.services.predictor.predict_many(
                texts, owner=context.owner, model=name
            )
        except UnknownModel as error:  # deleted or withdrawn since it was asked about
            raise Refusal(GONE) from error
        said += [prediction.label for prediction in predictions]
        probabilities.append(np.array([list(each.probabilities.values()) for each in predictions]))
    answers = (list(predictions[0].probabilities), said, np.concatenate(probabilities))
    return await asyncio.to_thread(_compared, samples, *answers), predictions[0].version


def _compared(
    samples: Sequence[Sample], labels: Sequence[str], said: Sequence[str], probabilities: np.ndarray
) -> Metrics:
    """Judge what a model said of each sample; `labels` are the columns of `probabilities`."""
    # A label that was added since the training is one that the model cannot know.
    everything = [*labels, *sorted({sample.label for sample in samples} - set(labels))]
    probabilities = np.pad(probabilities, ((0, 0), (0, len(everything) - len(labels))))
    return judge(everything, [sample.label for sample in samples], said, probabilities)


async def _answer(context: Context, name: str, version: str, metrics: Metrics, lesson: Lesson) -> None:
    figures = metrics.to_dict()
    card = evaluation_card(figures, name, version, len(lesson.unread), context.t)
    drawn = await draw(context, figures, name, version)
    if drawn is not None and len(card.text) <= CAPTION:
        await context.reply(Reply(card.text, photo=drawn))
    else:
        await context.reply(card)
        if drawn is not None:
            await context.reply(Reply(f"{name} {version}", photo=drawn))
    content = await asyncio.to_thread(table, figures, name, context.t)
    await context.reply(
        Reply(
            context.t("The same figures as a table."),
            document=File(f"{name}-{version}-evaluation.csv", content),
        )
    )


async def draw(context: Context, figures: dict[str, Any], name: str, version: str) -> bytes | None:
    """Return the picture of some figures, None where it could not be drawn."""
    payload = picture(figures, name, version, context.t)
    if payload is None:
        return None
    try:
        return await context.services.plotter.draw("judgement", payload)
    except PlotError:  # the figures are worth telling without it
        return None


def evaluation_card(figures: dict[str, Any], name: str, version: str, unread: int, t: Texts) -> Reply:
    """Tell how well a version did on a file."""
    rows = t.plural("{count} row", "{count} rows", figures["samples"])
    lines = [
        t("{model} {version} on {rows}:", model=name, version=version, rows=rows),
        score_line(figures, t),
    ]
    if figures["roc_auc"] is not None:
        lines.append(t("area below the ROC curve {area}", area=f"{figures['roc_auc']:.3f}"))
    lines += label_lines(figures, name, t)
    if unread:
        lines.append(t.plural("{count} row could not be read.", "{count} rows could not be read.", unread))
    return Reply("\n".join(lines))


def file_question(name: str, t: Texts, *, private: bool) -> Reply:
    """Ask for the file by which a model is judged."""
    text = (
        t("Send me a CSV with a label and a text a row, and I say how well “{name}” does on it.", name=name)
        if private
        else t(
            "Reply to this message with a CSV: a label and a text a row. I say how well “{name}” does.",
            name=name,
        )
    )
    return Reply(text, buttons=((Button(t("Cancel"), data="evaluate:cancel"),),))
