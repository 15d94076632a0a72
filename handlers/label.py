"""`/label`: one text after the other out of an uploaded pool, a tap each, the most uncertain first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from handlers.classify_table import read_text_table
from handlers.context import Context
from handlers.errors import Refusal
from handlers.messages import Button, Document, Reply
from handlers.model_names import (
    STALE,
    find_model,
    model_buttons,
    model_key,
    models_here,
    no_models_card,
    pressed_model,
    unknown_model_card,
)
from handlers.table_words import refuse_table
from handlers.teach import check_room
from handlers.teach_card import state_card
from handlers.texts import N_, Texts
from ml.active import choose, vectors
from ml.pools import Labelling
from ml.predictor import UnknownModel
from ml.registry import ModelEntry
from ml.samples import Sample
from ml.tables import TableError

MOST_TEXTS = 5000  # of a pool
AHEAD = 20  # texts that are chosen at once; then the model is asked anew
LABELS_A_ROW = 3
TEXT_SHOWN = 1500  # characters


async def label(context: Context) -> None:
    """Begin or go on with the labelling of a pool, or ask for the model or the file."""
    quoted = context.message.quoted
    document = context.message.document or (quoted.document if quoted is not None else None)
    entries = await models_here(context)
    name = context.args.strip()
    entry = find_model(name, entries) if name else entries[0] if len(entries) == 1 else None
    names = [known.name for known in entries]
    if not entries:
        await context.reply(no_models_card(context.t))
    elif entry is None and name:
        await context.reply(unknown_model_card(name, "label", names, context.t))
    elif entry is None:
        await context.reply(Reply(context.t("Which model is it for?"), model_buttons("label", names)))
    elif document is not None:
        await take_pool(context, entry, document)
    else:
        await _go_on(context, entry)


async def press(context: Context) -> None:
    """Take a label, Skip, Undo or Stop; a button with a model alone begins."""
    key, _, rest = context.args.partition(":")
    entry = await pressed_model(context, key)
    if not rest:
        await _go_on(context, entry)
        return
    row, _, choice = rest.partition(":")
    found = await context.services.pools.read(context.owner, _person(context), entry.name)
    if found is None:
        raise Refusal(STALE)
    texts, state = found
    if choice == "stop":
        counts = await context.services.examples.counts(context.owner, entry.name)
        await context.edit(state_card(entry, counts, context.t))
        return
    if choice == "undo":
        await _undo(context, entry, state)
    elif state.waiting and state.waiting[0] == int(row):
        await _answer(context, entry, texts, state, choice)
    await _show(context, entry, texts, state)


async def take_pool(context: Context, entry: ModelEntry, document: Document) -> None:
    """Take in a file of texts and ask about the first.

    Raises:
        Refusal: It cannot be read, or holds no text.
    """
    content = await context.outbox.download(document)
    try:
        table = await asyncio.to_thread(read_text_table, content, document.name)
    except TableError as error:
        raise refuse_table(error) from error
    taught = {sample.text for sample in await context.services.examples.read(context.owner, entry.name)}
    texts = [text for text in dict.fromkeys(table.texts) if text and text not in taught][:MOST_TEXTS]
    if not texts:
        raise Refusal(N_("This file holds no text that “{name}” was not taught already."), name=entry.name)
    context.session.close("label")
    await context.services.pools.put(context.owner, _person(context), entry.name, texts)
    await _show(context, entry, texts, Labelling())


async def _go_on(context: Context, entry: ModelEntry) -> None:
    """Ask about the next text of the pool, or for a pool."""
    found = await context.services.pools.read(context.owner, _person(context), entry.name)
    if found is None:
        card = pool_question(entry, context.t, private=context.private)
        await context.ask({"ask": "label", "model": entry.name}, card, typed=False)
        return
    await _show(context, entry, *found)


async def _answer(
    context: Context, entry: ModelEntry, texts: Sequence[str], state: Labelling, choice: str
) -> None:
    """Teach the text under its label, or skip it."""
    row, batch = state.waiting.pop(0), ""
    if choice.isdecimal() and int(choice) < len(entry.labels):
        await check_room(context, entry, 1)
        sample = Sample(texts[row], entry.labels[int(choice)])
        added = await context.services.examples.add(context.owner, entry.name, [sample], _person(context))
        batch = added.batch
    state.steps.append((row, batch))


async def _undo(context: Context, entry: ModelEntry, state: Labelling) -> None:
    """Take the last answer back, and ask about its text again."""
    if not state.steps:
        context.notice = context.t("There is nothing left to take back.")
        return
    row, batch = state.steps.pop()
    state.waiting.insert(0, row)
    if batch:
        await context.services.examples.undo(context.owner, entry.name, batch)


async def _show(context: Context, entry: ModelEntry, texts: Sequence[str], state: Labelling) -> None:
    """Ask about the next text; the end of the pool ends the labelling."""
    if not state.waiting:
        state.waiting = await _chosen(context, entry, texts, state)
    person = _person(context)
    if not state.waiting:
        await context.services.pools.drop(context.owner, person, entry.name)
        counts = await context.services.examples.counts(context.owner, entry.name)
        card = state_card(entry, counts, context.t)
        said = context.t("That was the last text of the file.")
        await context.say(Reply(f"{said}\n{card.text}", buttons=card.buttons))
        return
    await context.services.pools.note(context.owner, person, entry.name, state)
    card = label_card(entry, texts[state.waiting[0]], state, len(texts), context.t)
    # Somebody else's press would show a text of that person's own pool here.
    await context.say(replace(card, buttons=context.for_one(card.buttons)))


async def _chosen(context: Context, entry: ModelEntry, texts: Sequence[str], state: Labelling) -> list[int]:
    """Return the rows that are worth asking about next."""
    probabilities = None
    if entry.version is not None:
        try:
            said = await context.services.predictor.predict_many(texts, owner=context.owner, model=entry.name)
            probabilities = np.array([list(prediction.probabilities.values()) for prediction in said])
        except UnknownModel:  # deleted in this very moment
            probabilities = None

    def rank() -> list[int]:
        return choose(vectors(texts), probabilities, state.asked, AHEAD)

    return await asyncio.to_thread(rank)


def _person(context: Context) -> int:
    return context.message.sender.id if context.message.sender else 0


def label_card(entry: ModelEntry, text: str, state: Labelling, num_texts: int, t: Texts) -> Reply:
    """Ask for the label of a text."""
    row, key = state.waiting[0], model_key(entry.name)
    shown = text if len(text) <= TEXT_SHOWN else text[: TEXT_SHOWN - 1] + "…"
    asked = t(
        "{name}: {labelled} labelled, {skipped} skipped, {left} left",
        name=entry.name,
        labelled=state.labelled,
        skipped=len(state.steps) - state.labelled,
        left=num_texts - len(state.steps),
    )
    buttons = [Button(label, data=f"label:{key}:{row}:{place}") for place, label in enumerate(entry.labels)]
    rows = [tuple(buttons[start : start + LABELS_A_ROW]) for start in range(0, len(buttons), LABELS_A_ROW)]
    last = [Button(t("Skip"), data=f"label:{key}:{row}:skip")]
    if state.steps:
        last.append(Button(t("Undo"), data=f"label:{key}:{row}:undo"))
    last.append(Button(t("Stop"), data=f"label:{key}:{row}:stop"))
    return Reply(f"{asked}\n\n{shown}", buttons=(*rows, tuple(last)))


def pool_question(entry: ModelEntry, t: Texts, *, private: bool) -> Reply:
    """Ask for a file of texts."""
    text = (
        t(
            "Send me a file of texts, one a line or a CSV. I ask about those that “{name}” learns most from.",
            name=entry.name,
        )
        if private
        else t(
            "Reply to this message with a file of texts. I ask about those that “{name}” learns most from.",
            name=entry.name,
        )
    )
    return Reply(text)
