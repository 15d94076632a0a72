"""`/teach`: examples for a model, one by one, pasted, or as a file."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, replace
from typing import Any

from handlers.context import Context
from handlers.errors import Refusal
from handlers.messages import Button, Document
from handlers.model_names import (
    ALIKE,
    GONE,
    STALE,
    find_model,
    fold,
    models_here,
    nearest,
    no_models_card,
    pressed_model,
    shipped_card,
    unknown_model_card,
)
from handlers.table_words import refuse_table
from handlers.teach_card import (
    example_question,
    file_guide,
    invitation,
    label_question,
    state_card,
    taught_card,
    text_question,
    undone_card,
    which_model_card,
)
from handlers.teach_lines import Lesson, match_label, one_example, read_file, read_teaching
from handlers.texts import N_
from ml.predictor import SHIPPED_NAME
from ml.registry import ModelEntry
from ml.tables import TableError


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be taught, while its model or its label is asked for: plain JSON for the session."""

    rest: str = ""
    quoted: str = ""
    document: Document | None = None

    @classmethod
    def of(cls, held: dict[str, Any]) -> Draft:
        """Read a draft out of a session."""
        document = held.get("document")
        return cls(held.get("rest", ""), held.get("quoted", ""), Document(**document) if document else None)


async def teach(context: Context) -> None:
    """Take in examples, or ask for what is missing: the model, the label, the text."""
    entries = await models_here(context)
    entry, rest = split_model(context.args, entries)
    if entry is None and fold(_parted(rest)[0]) == SHIPPED_NAME:
        await context.reply(shipped_card(context.t))
        return
    if not entries:
        await context.reply(no_models_card(context.t))
        return
    message = context.message
    quoted = message.quoted
    text = quoted.text if quoted is not None and not quoted.from_bot else ""
    document = message.document or (quoted.document if quoted is not None else None)
    draft = Draft(rest, text, document)
    if entry is not None:
        await _teach(context, entry, draft)
    else:
        await ask_model(context, entries, draft)


def split_model(args: str, entries: list[ModelEntry]) -> tuple[ModelEntry | None, str]:
    """Return the model that is named first, and the rest; with one model here its name may be left out."""
    word, rest = _parted(args)
    entry = find_model(word, entries) if word else None
    if entry is not None:
        return entry, rest
    if len(entries) == 1 and (not args.strip() or match_label(args.strip(), entries[0].labels)):
        return entries[0], args.strip()
    return None, args.strip()


async def ask_model(
    context: Context, entries: list[ModelEntry], draft: Draft, more: tuple[tuple[Button, ...], ...] = ()
) -> None:
    """Ask which model shall learn, with `more` rows of buttons; the draft waits in the session."""
    word = draft.rest.split(maxsplit=1)[0] if draft.rest.strip() else ""
    names = [entry.name for entry in entries]
    if word and nearest(word, names, ALIKE):
        card = unknown_model_card(word, "teach", names, context.t)
    elif draft == Draft():
        card = invitation(entries, context.t)
    else:
        card = which_model_card(names, context.t)
    question = {"ask": "teach", "draft": asdict(draft)}
    await context.ask(question, replace(card, buttons=card.buttons + more), typed=False)


async def answer(context: Context) -> None:
    """Take the model, the label or the examples that were asked for."""
    question = context.session.question or {}
    entries = await models_here(context)
    entry = find_model(question.get("model", context.args), entries)
    if entry is None and "model" in question:
        context.session.question = None
        raise Refusal(GONE)
    if entry is None:
        names = [known.name for known in entries]
        await context.reply(unknown_model_card(context.args, "teach", names, context.t))
    elif "model" not in question:
        await _teach(context, entry, _for_model(Draft.of(question.get("draft") or {}), entry))
    elif "text" in question:
        await _answer_label(context, entry, question["text"])
    elif "label" in question:
        label = question["label"]
        lesson = read_teaching(context.args, "", entry.labels).lesson
        marked = match_label(context.args, entry.labels, sign=True) is not None
        await _take(
            context, entry, lesson if lesson and marked else one_example(context.args, label), going_on=label
        )
    else:
        await _teach(context, entry, Draft(context.args))


async def press(context: Context) -> None:
    """Take the pick of a model or a label, an Undo, or the end of the lesson."""
    key, _, what = context.args.partition(":")
    entry = await pressed_model(context, key)
    if what.startswith("undo:"):
        await _undo(context, entry, what.removeprefix("undo:"))
    elif what == "done":
        context.session.close("teach")
        await context.edit(state_card(entry, await _counts(context, entry), context.t))
    elif what == "csv":
        await context.ask({"ask": "teach", "model": entry.name}, file_guide(entry, context.t), anew=True)
    elif what.isdecimal() and int(what) < len(entry.labels):
        await _press_label(context, entry, entry.labels[int(what)])
    else:
        await _press_model(context, entry)


async def _press_model(context: Context, entry: ModelEntry) -> None:
    """Go on with the draft below whose question the model was pressed; without one ask for examples."""
    question = context.session.question or {}
    if "draft" in question and question.get("card") == context.message.message_id:
        await _teach(context, entry, _for_model(Draft.of(question["draft"]), entry))
        return
    await context.ask({"ask": "teach", "model": entry.name}, example_question(entry, context.t), anew=True)


async def _press_label(context: Context, entry: ModelEntry, label: str) -> None:
    """Give the draft its label, or ask for texts of this label."""
    question = context.session.question or {}
    if "text" not in question or question.get("model") != entry.name:
        asked = {"ask": "teach", "model": entry.name, "label": label}
        await context.ask(asked, text_question(entry, label, context.t))
    elif question.get("card") != context.message.message_id:
        raise Refusal(STALE)
    else:
        await _take(context, entry, one_example(question["text"], label))


async def _answer_label(context: Context, entry: ModelEntry, text: str) -> None:
    """Read a label that was typed instead of pressed."""
    label = next((label for label in entry.labels if fold(label) == fold(context.args)), None)
    if label is not None:
        await _take(context, entry, one_example(text, label))
    else:
        await _ask_label(context, entry, text, context.args if "\n" not in context.args else "")


async def _teach(context: Context, entry: ModelEntry, draft: Draft) -> None:
    """Take in a draft, or ask for the half that it lacks."""
    if draft.document is not None:
        await take_file(context, entry, draft.document, draft.rest)
        return
    teaching = read_teaching(draft.rest, draft.quoted, entry.labels)
    if teaching.lesson is not None:
        await _take(context, entry, teaching.lesson)
    elif teaching.text:
        await _ask_label(context, entry, teaching.text, teaching.unknown)
    elif teaching.label is not None:
        asked = {"ask": "teach", "model": entry.name, "label": teaching.label}
        await context.ask(asked, text_question(entry, teaching.label, context.t))
    else:
        await context.ask({"ask": "teach", "model": entry.name}, example_question(entry, context.t))


async def take_file(context: Context, entry: ModelEntry, document: Document, label_text: str = "") -> None:
    """Take in the examples of a file; with a label every text of it gets that.

    Raises:
        Refusal: The file cannot be read, or the label is none of the model's.
    """
    label, labels = None, context.t.listed(entry.labels)
    if label_text.strip():
        label = next((label for label in entry.labels if fold(label) == fold(label_text)), None)
        if label is None:
            raise Refusal(
                N_("That is no label of “{name}”. It has: {labels}."), name=entry.name, labels=labels
            )
    content = await context.outbox.download(document)
    try:
        lesson = await asyncio.to_thread(read_file, content, document.name, entry.labels, label)
    except TableError as error:
        raise refuse_table(error, labels=labels, label=entry.labels[0]) from error
    await _take(context, entry, lesson)


async def _take(context: Context, entry: ModelEntry, lesson: Lesson, going_on: str | None = None) -> None:
    """Store the examples of a lesson and say how far the model is."""
    await check_room(context, entry, len(lesson.samples))
    by = context.message.sender.id if context.message.sender else 0
    added = await context.services.examples.add(context.owner, entry.name, lesson.samples, by)
    counts = await _counts(context, entry)
    card = taught_card(entry, added, counts, lesson.unread, lesson.cut, context.t, going_on)
    if going_on is None:
        context.session.close("teach")
        await context.say(card)
    else:
        await context.ask({"ask": "teach", "model": entry.name, "label": going_on}, card)


async def check_room(context: Context, entry: ModelEntry, more: int) -> None:
    """Refuse examples beyond those that a model may hold."""
    held = sum((await _counts(context, entry)).values())
    limit = context.services.quotas.examples
    if held + more > limit:
        raise Refusal(
            N_(
                "“{name}” has {held} examples, these are {more}, and a model holds up to {limit}. Send fewer."
            ),
            name=entry.name,
            held=f"{held:,}",
            more=f"{more:,}",
            limit=f"{limit:,}",
        )


async def _ask_label(context: Context, entry: ModelEntry, text: str, unknown: str) -> None:
    asked = {"ask": "teach", "model": entry.name, "text": text}
    await context.ask(asked, label_question(entry, text, unknown, context.t))


async def _undo(context: Context, entry: ModelEntry, batch: str) -> None:
    taken = await context.services.examples.undo(context.owner, entry.name, batch)
    await context.edit(undone_card(entry, taken, await _counts(context, entry), context.t))


async def _counts(context: Context, entry: ModelEntry) -> dict[str, int]:
    return await context.services.examples.counts(context.owner, entry.name)


def _for_model(draft: Draft, entry: ModelEntry) -> Draft:
    """Take off a draft the word that was meant as the model's name."""
    word, rest = _parted(draft.rest)
    meant = nearest(word, [entry.name], ALIKE) or match_label(rest, entry.labels)
    return Draft(rest, draft.quoted, draft.document) if word and meant else draft


def _parted(text: str) -> tuple[str, str]:
    """Return the first word and the rest, both empty where there is none."""
    word, *rest = text.split(maxsplit=1) or [""]
    return word, rest[0] if rest else ""
