"""What `/teach` answers: what was taken in and what is missing, and its questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from handlers.messages import Button, Reply
from handlers.model_cards import counts_line
from handlers.model_names import model_buttons, model_key
from handlers.teach_lines import LONGEST_EXAMPLE, Unread
from handlers.texts import N_, Texts
from ml.examples import Added
from ml.registry import ModelEntry
from ml.samples import FEWEST

UNREAD_SHOWN = 5
DRAFT_SHOWN = 200  # characters of a text that waits for its label
LABELS_A_ROW = 3

REASONS = {
    "label": N_("no label of this model"),
    "text": N_("no text"),
    "cells": N_("too few cells"),
}
UNREADABLE = N_("a quote that does not close")


def missing(labels: Sequence[str], counts: Mapping[str, int]) -> dict[str, int]:
    """Return how many examples each label lacks until a training makes sense."""
    lacking = {label: FEWEST - counts.get(label, 0) for label in labels}
    return {label: count for label, count in lacking.items() if count > 0}


def taught_card(
    entry: ModelEntry,
    added: Added,
    counts: Mapping[str, int],
    unread: Sequence[Unread],
    cut: int,
    t: Texts,
    going_on: str | None = None,
) -> Reply:
    """Say what was taken in and what is missing still.

    Args:
        entry: The model that was taught.
        added: What became of the examples.
        counts: How many examples each label has now.
        unread: Rows that gave no example.
        cut: How many texts were longer than an example may be.
        t: The reader's language.
        going_on: The label whose next example is awaited, if any.
    """
    lines = [_taken_line(added, t)]
    if unread:
        lines += _unread_lines(unread, t)
    if cut:
        lines.append(
            t.plural(
                "{count} text was longer than {limit} characters: its beginning counts.",
                "{count} texts were longer than {limit} characters: their beginnings count.",
                cut,
                limit=f"{LONGEST_EXAMPLE:,}",
            )
        )
    lines += _state_lines(entry, counts, t)
    if going_on is not None:
        lines.append(_next_line(going_on, t))
    return Reply("\n".join(lines), buttons=_taught_buttons(entry, added, counts, t, going_on))


def _taken_line(added: Added, t: Texts) -> str:
    taken = t.plural("Taken in: {count} new example.", "Taken in: {count} new examples.", added.new)
    if not added.folded:
        return taken
    folded = t.plural("{count} was there already.", "{count} were there already.", added.folded)
    return t.sentences([taken, folded])


def _unread_lines(unread: Sequence[Unread], t: Texts) -> list[str]:
    lines = [
        t.plural(
            "{count} row could not be read and was left out:",
            "{count} rows could not be read and were left out:",
            len(unread),
        )
    ]
    for each in unread[:UNREAD_SHOWN]:
        why = t(REASONS.get(each.why, UNREADABLE))
        lines.append(t("· row {row}: {held} ({why})", row=each.row, held=each.held or "–", why=why))
    if len(unread) > UNREAD_SHOWN:
        lines.append(t("· and {count} more", count=len(unread) - UNREAD_SHOWN))
    return lines


def _state_lines(entry: ModelEntry, counts: Mapping[str, int], t: Texts) -> list[str]:
    lines = [t("{name}: {text}", name=entry.name, text=counts_line(entry.labels, counts, t))]
    lacking = missing(entry.labels, counts)
    if lacking:
        parts = t.listed(f"{label} {count}" for label, count in lacking.items())
        lines.append(t("Still missing until /train: {labels}", labels=parts))
    else:
        lines.append(t("That is enough for /train {name}.", name=entry.name))
    return lines


def _next_line(label: str, t: Texts) -> str:
    return t("Send the next text for “{label}”, or press Done.", label=label)


def _taught_buttons(
    entry: ModelEntry, added: Added, counts: Mapping[str, int], t: Texts, going_on: str | None
) -> tuple[tuple[Button, ...], ...]:
    key = model_key(entry.name)
    row: list[Button] = []
    if added.new:
        row.append(Button(t("Undo"), data=f"teach:{key}:undo:{added.batch}"))
    if not missing(entry.labels, counts):
        row.append(Button(t("Train"), data=f"train:{key}"))
    elif going_on is None:
        row.append(Button(t("Teach more"), data=f"teach:{key}"))
    if going_on is not None:
        row.append(Button(t("Done"), data=f"teach:{key}:done"))
    return (tuple(row),)


def undone_card(entry: ModelEntry, taken: int, counts: Mapping[str, int], t: Texts) -> Reply:
    """Say what an Undo took back."""
    first = (
        t.plural("Taken back: {count} example.", "Taken back: {count} examples.", taken)
        if taken
        else t("There is nothing left to take back.")
    )
    more = Button(t("Teach more"), data=f"teach:{model_key(entry.name)}")
    return Reply("\n".join([first, *_state_lines(entry, counts, t)]), buttons=((more,),))


def state_card(entry: ModelEntry, counts: Mapping[str, int], t: Texts) -> Reply:
    """Tell how far a model's examples are, after the last one."""
    key = model_key(entry.name)
    train = () if missing(entry.labels, counts) else (Button(t("Train"), data=f"train:{key}"),)
    return Reply(
        "\n".join(_state_lines(entry, counts, t)),
        buttons=((*train, Button(t("Teach more"), data=f"teach:{key}")),),
    )


def which_model_card(names: Sequence[str], t: Texts) -> Reply:
    """Ask which model is to learn."""
    return Reply(t("Which model shall learn this?"), buttons=model_buttons("teach", names))


def invitation(entries: Sequence[ModelEntry], t: Texts) -> Reply:
    """Say how `/teach` is used, with the models as buttons."""
    first = entries[0]
    example = f"/teach {first.name} {first.labels[0]} " + t("an example text")
    text = t("Which model shall learn something? In one go it is, for example:")
    return Reply(f"{text}\n{example}", buttons=model_buttons("teach", [entry.name for entry in entries]))


def label_question(entry: ModelEntry, text: str, unknown: str, t: Texts) -> Reply:
    """Ask which label a text has; `unknown` was meant as one and is none."""
    lines = []
    if unknown:
        lines.append(t("“{name}” has no label “{label}”.", name=entry.name, label=unknown))
    shown = text if len(text) <= DRAFT_SHOWN else text[: DRAFT_SHOWN - 1] + "…"
    lines += [t("Which label does this text have?"), f"“{shown}”"]
    return Reply("\n".join(lines), buttons=label_buttons(entry, t))


def example_question(entry: ModelEntry, t: Texts) -> Reply:
    """Ask for examples: show the form, and the labels to begin with."""
    first, second = entry.labels[:2]
    lines = [
        t("Send examples for “{name}”, a line each, or a CSV with a label and a text a row:", name=entry.name)
    ]
    lines.append(t("{name}: {text}", name=first, text=t("an example text")))
    lines.append(t("{name}: {text}", name=second, text=t("another one")))
    lines.append(t("Or press a label and send its texts one by one."))
    return Reply("\n".join(lines), buttons=label_buttons(entry, t))


def text_question(entry: ModelEntry, label: str, t: Texts) -> Reply:
    """Ask for the texts of one label."""
    done = Button(t("Done"), data=f"teach:{model_key(entry.name)}:done")
    text = t("{name}: {text}", name=entry.name, text=_next_line(label, t))
    return Reply(text, buttons=((done,),))


def label_buttons(entry: ModelEntry, t: Texts) -> tuple[tuple[Button, ...], ...]:
    """Return a button for each label, by its place: the name alone can be longer than a button may hold."""
    key = model_key(entry.name)
    buttons = [Button(label, data=f"teach:{key}:{place}") for place, label in enumerate(entry.labels)]
    rows = [tuple(buttons[start : start + LABELS_A_ROW]) for start in range(0, len(buttons), LABELS_A_ROW)]
    return (*rows, (Button(t("Cancel"), data=f"teach:{key}:done"),))


def file_guide(entry: ModelEntry, t: Texts) -> Reply:
    """Say what a file of examples looks like."""
    first, second = entry.labels[:2]
    sample = f"label,text\n{first}," + t("an example text") + f"\n{second}," + t("another one")
    text = t(
        "Send me a file here: CSV or TSV, up to 20 MB, a label and a text a row. "
        "A header is welcome, for example:"
    )
    return Reply(f"{text}\n{sample}")
