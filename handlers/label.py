"""`/label`: one text after the other, a tap each, the most uncertain first.

They come out of an uploaded pool, or are the last 24 h of a group that learns from reactions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
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
from ml.reaction_labels import Heard
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
    found = await context.services.pools.state(context.owner, _person(context), entry.name)
    if found is None:
        raise Refusal(STALE)
    size, state = found
    if choice == "stop":
        counts = await context.services.examples.counts(context.owner, entry.name)
        await context.edit(state_card(entry, counts, context.t))
        return
    if choice == "undo":
        await _undo(context, entry, state)
    elif state.waiting and state.waiting[0] == int(row):
        await _answer(context, entry, state, choice)
    await _show(context, entry, size, state)


async def take_pool(context: Context, entry: ModelEntry, document: Document) -> None:
    """Take in a file of texts and ask about the first.

    Raises:
        Refusal: It cannot be read, or holds no text.
    """
    content = await context.outbox.download(document)
    taught = {sample.text for sample in await context.services.examples.read(context.owner, entry.name)}
    try:
        texts = await asyncio.to_thread(pool_of, content, document.name, taught)
    except TableError as error:
        raise refuse_table(error) from error
    if not texts:
        raise Refusal(N_("This file holds no text that “{name}” was not taught already."), name=entry.name)
    context.session.close("label")
    await _begin(context, entry, texts)


def pool_of(content: bytes, name: str, taught: Collection[str]) -> list[str]:
    """Return the different texts of a file that nobody taught yet.

    Raises:
        TableError: As `read_text_table`.
    """
    texts = read_text_table(content, name).texts()
    return list(dict.fromkeys(text for text in texts if text and text not in taught))


async def _begin(context: Context, entry: ModelEntry, texts: Sequence[str | int]) -> None:
    """Make a pool of texts, or of ids of messages, and ask about the first."""
    pool = spread(texts)
    await context.services.pools.put(context.owner, _person(context), entry.name, pool)
    await _show(context, entry, len(pool), Labelling(), taken_line(len(pool), len(texts), context.t))


def spread(texts: Sequence[str | int]) -> list[str | int]:
    """Return up to 5,000 of some texts, evenly spread: a file may be sorted by what its texts are about."""
    count = min(len(texts), MOST_TEXTS)
    return [texts[place * len(texts) // count] for place in range(count)]


async def _go_on(context: Context, entry: ModelEntry) -> None:
    """Ask about the next text of the pool, or for a pool."""
    found = await context.services.pools.state(context.owner, _person(context), entry.name)
    if found is not None:
        await _show(context, entry, *found)
    elif context.settings.learn and (messages := await _messages(context, entry)):
        await _begin(context, entry, messages)
    else:
        card = pool_question(entry, context.t, private=context.private)
        await context.ask({"ask": "label", "model": entry.name}, card, typed=False)


async def _messages(context: Context, entry: ModelEntry) -> list[int]:
    """Return the messages of the last 24 h that are kept for labels and were not taught yet."""
    services = context.services
    taught = {sample.text for sample in await services.examples.read(context.owner, entry.name)}
    kept = await services.reaction_labels.texts(context.message.chat.key)
    by_text = {heard.text: message_id for message_id, heard in kept.items() if heard.text not in taught}
    return list(by_text.values())


async def _text(context: Context, entry: ModelEntry, row: int) -> Heard | None:
    """Return a text of the pool with who answers for it; None where its message is no longer kept."""
    held = await context.services.pools.text(context.owner, _person(context), entry.name, row)
    if isinstance(held, int):
        return await context.services.reaction_labels.heard(context.message.chat.key, held)
    return Heard(held, _person(context)) if held is not None else None


async def _answer(context: Context, entry: ModelEntry, state: Labelling, choice: str) -> None:
    """Teach the text under its label, or skip it."""
    row, batch = state.waiting.pop(0), ""
    heard = await _text(context, entry, row)
    if heard is not None and choice.isdecimal() and int(choice) < len(entry.labels):
        await check_room(context, entry, 1)
        sample = Sample(heard.text, entry.labels[int(choice)])
        added = await context.services.examples.add(context.owner, entry.name, [sample], heard.by)
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


async def _show(context: Context, entry: ModelEntry, size: int, state: Labelling, first: str = "") -> None:
    """Ask about the next text, below a `first` line; the end of the pool ends the labelling."""
    person = _person(context)
    heard = await _next(context, entry, state)
    if heard is None:
        await context.services.pools.drop(context.owner, person, entry.name)
        counts = await context.services.examples.counts(context.owner, entry.name)
        card = state_card(entry, counts, context.t)
        said = context.t("That was the last text.")
        await context.say(Reply(f"{said}\n{card.text}", buttons=card.buttons))
        return
    await context.services.pools.note(context.owner, person, entry.name, state)
    card = label_card(entry, heard.text, state, size, context.t)
    text = f"{first}\n{card.text}" if first else card.text
    # Somebody else's press would show a text of that person's own pool here.
    await context.say(replace(card, text=text, buttons=context.for_one(card.buttons)))


async def _next(context: Context, entry: ModelEntry, state: Labelling) -> Heard | None:
    """Return the next text that is still there, None at the end; those that wait are chosen anew."""
    for _ in range(2):
        while state.waiting:
            heard = await _text(context, entry, state.waiting[0])
            if heard is not None:
                return heard
            state.waiting.pop(0)
        state.waiting = await _chosen(context, entry, state)
    return None


async def _chosen(context: Context, entry: ModelEntry, state: Labelling) -> list[int]:
    """Return the rows that are worth asking about next."""
    found = await context.services.pools.read(context.owner, _person(context), entry.name)
    if found is None:
        return []
    messages = [text for text in found[0] if isinstance(text, int)]
    kept = await context.services.reaction_labels.texts(context.message.chat.key, messages)
    texts = [text if isinstance(text, str) else kept[text].text if text in kept else "" for text in found[0]]
    asked = sorted({*state.asked, *(row for row, text in enumerate(texts) if not text)})
    probabilities = None
    if entry.version is not None:
        try:
            said = await context.services.predictor.predict_many(texts, owner=context.owner, model=entry.name)
            probabilities = np.array([list(prediction.probabilities.values()) for prediction in said])
        except UnknownModel:  # deleted in this very moment
            probabilities = None

    def rank() -> list[int]:
        return choose(vectors(texts), probabilities, asked, AHEAD)

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
        left=f"{num_texts - len(state.steps):,}",
    )
    buttons = [Button(label, data=f"label:{key}:{row}:{place}") for place, label in enumerate(entry.labels)]
    rows = [tuple(buttons[start : start + LABELS_A_ROW]) for start in range(0, len(buttons), LABELS_A_ROW)]
    last = [Button(t("Skip"), data=f"label:{key}:{row}:skip")]
    if state.steps:
        last.append(Button(t("Undo"), data=f"label:{key}:{row}:undo"))
    last.append(Button(t("Stop"), data=f"label:{key}:{row}:stop"))
    return Reply(f"{asked}\n\n{shown}", buttons=(*rows, tuple(last)))


def taken_line(taken: int, found: int, t: Texts) -> str:
    """Say that a pool holds not all texts that there were, where that is so."""
    if taken == found:
        return ""
    return t(
        "I took {taken} of the {count} texts, spread evenly: more is too slow to choose from.",
        taken=f"{taken:,}",
        count=f"{found:,}",
    )


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
