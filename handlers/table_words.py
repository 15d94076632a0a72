"""What is wrong with a table that somebody sent, in words."""

from __future__ import annotations

from handlers.errors import Refusal
from handlers.texts import N_
from ml.tables import TableError

WORDS = {
    "binary": N_("This file holds no text. Send a CSV, a TSV or a text file."),
    "encoding": N_(
        "Row {row} of this file is in an encoding that I cannot read. "
        "Save the file as UTF-8 and send it again."
    ),
    "quote": N_(
        'Row {row} opens a quote (") and does not close it. It holds: {held}. '
        "Mend it and send the file again."
    ),
    "long": N_('Row {row} has a cell of more than 131,072 characters. Is a quote (") missing there?'),
    "json": N_("Row {row} of this file is no JSON object. It holds: {held}"),
    "fields": N_(
        "Up to row {row} this file has too many different fields. "
        "Send a file whose rows have the same fields."
    ),
    "nothing": N_("This file is empty. Send one with a text a row."),
    "labels": N_(
        "No column of this file holds a label of the model ({labels}). Row {row} holds: {held}. "
        "Write a label and a text in each row, for example:\n{label},See you at six"
    ),
    "no_labels": N_(
        "I find no column with 2 to 12 different labels in this file. Put a label and a text in each row."
    ),
}
OTHER = N_("Row {row} of this file cannot be read. It holds: {held}")


def refuse_table(error: TableError, **values: object) -> Refusal:
    """Return the sentence for a table that cannot be read: where, what it held, what to do.

    Args:
        error: What is wrong.
        values: For `labels`: the model's `labels`, and one `label` for the example.
    """
    return Refusal(WORDS.get(error.kind, OTHER), row=error.row or 1, held=error.held or "–", **values)
