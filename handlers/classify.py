"""`/classify`: a label for a text or for every row of a file."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice

from handlers.classify_card import (
    Unnamed,
    classification_card,
    file_card,
    invitation,
    which_model_card,
)
from handlers.classify_table import Answer, LabelledTable, TextTable, file_name, read_text_table
from handlers.context import Context
from handlers.errors import Refusal
from handlers.messages import Document, File, Reply
from handlers.model_cards import try_question
from handlers.model_names import (
    ALIKE,
    GONE,
    STALE,
    default_model,
    fold,
    models_here,
    nearest,
    pressed_name,
    unknown_model_card,
)
from handlers.new_model import NAME
from handlers.sentiment import LONGEST, keep_text, result_record, target_text
from handlers.table_words import refuse_table
from handlers.texts import N_
from handlers.untrained import can_answer
from ml.predictor import SHIPPED_NAME, Prediction, UnknownModel
from ml.registry import ModelEntry
from ml.tables import TableError

MOST_ROWS = 100_000  # of a file
PATIENCE = 90.0  # seconds; the conversation gives up after 120
AT_ONCE = 512  # texts: between two such portions other people get their turn


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be classified by which model; `unknown` is a word that was meant as a model's name."""

    model: str | None = None
    text: str = ""
    unknown: str = ""


def read_wanted(args: str, names: Sequence[str], *, alone: bool = False) -> Wanted:
    """Read `/classify [model] text`; the text may have several lines.

    >>> read_wanted("Spam win now", ["spam"])
    Wanted(model='spam', text='win now', unknown='')
    >>> read_wanted("spma win now", ["spam"]).unknown, read_wanted("what a day", ["spam"]).text
    ('spma', 'what a day')

    Args:
        args: What follows the command.
        names: The models here.
        alone: The text stands elsewhere, so that a single word can only be a name.
    """
    word, *rest = args.split(maxsplit=1) or [""]
    text = rest[0] if rest else ""
    model = next((name for name in names if word and fold(name) == fold(word)), None)
    if model is not None:
        return Wanted(model, text)
    if word and ((alone and not text) or (text and nearest(word, names, ALIKE))):
        return Wanted(None, text, word)
    return Wanted(None, args.strip())


async def classify(context: Context) -> None:
    """Answer a text with its label, or a file with the labels of its rows."""
    message, quoted = context.message, context.message.quoted
    entries = await models_here(context)
    names = [*(entry.name for entry in entries), SHIPPED_NAME]
    document = message.document or (quoted.document if quoted is not None else None)
    wanted = read_wanted(context.args, names, alone=document is not None or quoted is not None)
    if wanted.unknown:
        text = wanted.text if document is not None else target_text(message, wanted.text)
        await _ask(context, unknown_model_card(wanted.unknown, "classify", names, context.t), text, document)
        return
    model = wanted.model or default_model(context, entries)
    if document is not None and not wanted.text:
        await classify_file(context, model, document)
        return
    text = target_text(message, wanted.text)
    if text:
        unnamed = None if wanted.model else _unnamed(context, model, text, entries)
        await _classify_text(context, model, text, unnamed)
    else:
        question = {"ask": "classify", "model": model}
        await context.ask(question, invitation(model, _trained(entries), context.t), anew=True)


async def answer(context: Context) -> None:
    """Take the text that was asked for."""
    question = context.session.question or {}
    context.session.question = None
    await _classify_text(
        context, question.get("model", SHIPPED_NAME), target_text(context.message, context.args)
    )


async def press(context: Context) -> None:
    """Classify the draft above the button by this model, or ask for a text for it."""
    name = await pressed_name(context, context.args)
    card = context.message.message_id
    for draft in (context.session.question or {}, context.session.result or {}):
        if draft.get("card") == card and (draft.get("text") or draft.get("document")):
            break
    else:
        if (context.session.question or {}).get("ask") != "classify":
            raise Refusal(STALE)
        await context.ask({"ask": "classify", "model": name}, try_question(name, context.t))
        return
    context.session.close("classify")
    if draft.get("document"):
        await classify_file(context, name, Document(**draft["document"]))
    else:
        await _classify_text(context, name, draft["text"])


async def offer_models(context: Context, document: Document) -> None:
    """Ask which model labels a file; where only the shipped one can, it does."""
    trained = _trained(await models_here(context))
    if trained == [SHIPPED_NAME]:
        await classify_file(context, SHIPPED_NAME, document)
        return
    await _ask(context, which_model_card(trained, context.t), "", document)


async def classify_file(context: Context, name: str, document: Document) -> None:
    """Send a file back with two columns more.

    Raises:
        Refusal: It cannot be read, or has too many rows.
    """
    if not await _ready(context, name):
        return
    content = await context.outbox.download(document)
    try:
        table = await asyncio.to_thread(read_text_table, content, document.name)
    except TableError as error:
        raise refuse_table(error) from error
    if table.grid.num_rows > MOST_ROWS:
        raise Refusal(
            N_("This file has {count} rows, and I label up to {limit} at once. Send it in parts."),
            count=f"{table.grid.num_rows:,}",
            limit=f"{MOST_ROWS:,}",
        )
    labelled = await _label_rows(context, name, table)
    context.session.close("classify")
    file = File(file_name(document.name), await asyncio.to_thread(labelled.content))
    await context.reply(replace(file_card(labelled, name, context.t), document=file))


async def _label_rows(context: Context, name: str, table: TextTable) -> LabelledTable:
    """Return the table with the label of each row, nothing behind one without text.

    Raises:
        Refusal: It takes longer than a person in a chat waits.
    """
    labelled, rows = LabelledTable(table), table.rows()
    begun = time.monotonic()
    while part := await asyncio.to_thread(lambda: list(islice(rows, AT_ONCE))):
        if time.monotonic() - begun > PATIENCE:
            raise Refusal(
                N_(
                    "I labelled {done} of {count} rows and then it took too long. "
                    "Send the file in parts of that size."
                ),
                done=f"{labelled.num_rows:,}",
                count=f"{table.grid.num_rows:,}",
            )
        full = [place for place, (_, text) in enumerate(part) if text]
        answers: list[Answer | None] = [None] * len(part)
        predictions = await _predict(context, name, [part[place][1][:LONGEST] for place in full])
        for place, prediction in zip(full, predictions, strict=True):
            answers[place] = (prediction.label, prediction.probability)
        await asyncio.to_thread(labelled.add, part, answers)
    return labelled


async def _predict(context: Context, name: str, texts: Sequence[str]) -> list[Prediction]:
    try:
        return await context.services.predictor.predict_many(texts, owner=context.owner, model=name)
    except UnknownModel as error:  # deleted in this very moment
        raise Refusal(GONE) from error


async def _ready(context: Context, name: str) -> bool:
    """Say whether a model can answer; if not, the person is told why."""
    if name == SHIPPED_NAME:
        return True
    entry = await context.services.registry.get(context.owner, name)
    if entry is None:
        raise Refusal(GONE)
    if await can_answer(context, entry):
        return True
    context.session.close("classify")
    return False


async def _classify_text(context: Context, name: str, text: str, unnamed: Unnamed | None = None) -> None:
    if not await _ready(context, name):
        return
    prediction = (await _predict(context, name, [text]))[0]
    others = list(unnamed.others) if unnamed else []
    record = result_record("classify", prediction) | {"others": others}
    result_id = context.keep_result(record)
    words = any(sign.isalnum() for sign in text)
    card = classification_card(
        prediction, result_id, context.t, private=context.private, words=words, unnamed=unnamed
    )
    sent = await context.say(card)
    context.session.result = {"id": result_id, **record, "text": text, "card": sent.message_id}
    keep_text(context, result_id, text, sent.message_id)


async def _ask(context: Context, card: Reply, text: str, document: Document | None) -> None:
    """Keep what is to be classified until its model is known."""
    held = asdict(document) if document is not None else None
    await context.ask({"ask": "classify", "text": text, "document": held}, card, typed=False)


def _unnamed(context: Context, model: str, text: str, entries: Sequence[ModelEntry]) -> Unnamed | None:
    """Return what is to be said where a chat has models and the text begins with the name of none."""
    own = [entry.name for entry in entries if entry.version]
    if not own:
        return None
    first, *rest = text.split(maxsplit=1)
    chosen = model != SHIPPED_NAME or context.session.model or context.settings.model
    doubtful = not chosen and rest and NAME.fullmatch(first)
    others = [name for name in nearest(first, own) if name != model]
    return Unnamed(tuple(others), first if doubtful else "")


def _trained(entries: Sequence[ModelEntry]) -> list[str]:
    return [*(entry.name for entry in entries if entry.version), SHIPPED_NAME]
