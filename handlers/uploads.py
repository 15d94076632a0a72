"""A file without a command: what it begins with, and what can be done with it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from handlers.classify import classify_file, offer_models
from handlers.context import Context
from handlers.errors import Refusal
from handlers.evaluate import evaluate_file, offer_evaluation
from handlers.fit import fit
from handlers.history import is_export, show_history
from handlers.label import take_pool
from handlers.messages import Button, Document, Reply
from handlers.model_names import STALE, find_model, models_here
from handlers.new_model import name_question
from handlers.table_words import refuse_table
from handlers.teach import Draft, ask_model, take_file
from handlers.teach_lines import labels_of
from handlers.texts import N_, Texts
from ml.samples import JSON_LINES, rows_of
from ml.tables import TableError, clipped
from ml.text_files import open_text

ENDINGS = (".csv", ".tsv", ".txt", *JSON_LINES)
FIRST_ROWS = 3
CELLS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Preview:
    """What a table begins with, and how large it is."""

    rows: tuple[tuple[str, ...], ...]
    num_rows: int
    num_columns: int


def is_table(document: Document) -> bool:
    """Say whether a file may hold rows of text."""
    return document.name.lower().endswith(ENDINGS) or document.mime_type.startswith("text/")


def preview(content: bytes, name: str) -> Preview:
    """Read the first rows of a table, and count the others.

    Raises:
        TableError: As `ml.tables` raises it, or `nothing`.
    """
    first: list[tuple[str, ...]] = []
    num_rows = num_columns = 0
    for _, row in rows_of(open_text(content), name):
        num_rows, num_columns = num_rows + 1, max(num_columns, len(row))
        if len(first) < FIRST_ROWS:
            first.append(tuple(map(clipped, row[:CELLS_SHOWN])))
    if not num_rows:
        raise TableError("nothing")
    return Preview(tuple(first), num_rows, num_columns)


async def offer(context: Context) -> None:
    """Take in a file that was asked for; otherwise show how it begins and what I can do with it."""
    document = context.message.document
    if document is not None and is_export(document):
        await show_history(context, document)
        return
    if document is None or not is_table(document):
        raise Refusal(
            N_("I read tables and text: CSV, TSV, JSONL or TXT. Save it as one of these and send it again.")
        )
    question = context.session.question or {}
    if question.get("ask") == "teach" and "model" in question:
        entry = find_model(question["model"], await models_here(context))
        if entry is not None:
            await take_file(context, entry, document, question.get("label", ""))
            return
    if question.get("ask") == "classify" and "model" in question:
        await classify_file(context, question["model"], document)
        return
    if question.get("ask") == "label" and "model" in question:
        entry = find_model(question["model"], await models_here(context))
        if entry is not None:
            await take_pool(context, entry, document)
            return
    if question.get("ask") == "evaluate" and "model" in question:
        await evaluate_file(context, question["model"], document)
        return
    content = await context.outbox.download(document)
    try:
        seen = await asyncio.to_thread(preview, content, document.name)
    except TableError as error:
        raise refuse_table(error) from error
    sent = await context.reply(offer_card(document.name, seen, context.t))
    context.session.upload = {"document": asdict(document), "card": sent.message_id}


async def press(context: Context) -> None:
    """Do with a file what was chosen."""
    document = _document(context)
    if context.args == "fit":
        message = replace(context.message, document=document, text="", press=None)
        await fit(replace(context, message=message, args=""))
    elif context.args == "classify":
        await offer_models(context, document)
    elif context.args == "evaluate":
        await offer_evaluation(context, document)
    elif context.args == "new":
        await _new_model(context, document)
    else:
        await _offer_teach(context, document)


async def _offer_teach(context: Context, document: Document) -> None:
    """Ask which model learns from a file; where there is none yet, one is made from it."""
    entries = await models_here(context)
    if entries:
        new = (Button(context.t("A new model from this file"), data="upload:new"),)
        await ask_model(context, entries, Draft(document=document), more=(new,))
        context.session.upload = {"document": asdict(document), "card": context.message.message_id}
    else:
        await _new_model(context, document)


async def _new_model(context: Context, document: Document) -> None:
    """Ask for the name of a model whose labels and examples are those of a file."""
    content = await context.outbox.download(document)
    try:
        labels = await asyncio.to_thread(labels_of, content, document.name)
    except TableError as error:
        raise refuse_table(error) from error
    question = {"ask": "new", "labels": labels, "document": asdict(document)}
    await context.ask(question, name_question(labels, context.t), anew=True)


def _document(context: Context) -> Document:
    """Return the file that a button is about: the one that its message answers, else the last one sent."""
    quoted, upload = context.message.quoted, context.session.upload
    if upload is not None and upload["card"] == context.message.message_id:
        return Document(**upload["document"])
    if quoted is not None and quoted.document is not None:
        return quoted.document
    raise Refusal(STALE)


def offer_card(name: str, seen: Preview, t: Texts) -> Reply:
    """Show the first rows of a file, and what I can do with it."""
    size = t.plural("{count} row", "{count} rows", seen.num_rows)
    columns = t.plural("{count} column", "{count} columns", seen.num_columns)
    lines = [t("{file}: {rows}, {columns}. It begins:", file=name or "–", rows=size, columns=columns)]
    lines += [row_line(row, seen.num_columns) for row in seen.rows]
    lines.append(t("What shall I do with it?"))
    buttons = (
        Button(t("Fit a curve"), data="upload:fit"),
        Button(t("Teach a model"), data="upload:teach"),
        Button(t("Label all rows"), data="upload:classify"),
        Button(t("Judge a model"), data="upload:evaluate"),
    )
    return Reply("\n".join(lines), buttons=(buttons[:2], buttons[2:]))


def row_line(cells: Sequence[str], num_columns: int) -> str:
    """Return a row in one line.

    >>> row_line(["1", "2"], 3)
    '1 | 2 | …'
    """
    return " | ".join([*cells, *(["…"] if num_columns > len(cells) else [])])
