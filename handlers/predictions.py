"""What a fit foretells where somebody asks."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from handlers.errors import Refusal
from handlers.grammar import normalise
from handlers.kept_fit import KeptFit
from handlers.number_cells import read_column, read_moment, with_minus
from handlers.texts import N_
from ml.regression import Band, Fit
from ml.regression.spec import LARGEST, Floats
from ml.tables import clipped

MOST = 10  # predictions at once in a chat
BETWEEN = re.compile(r"[\s,;|]+")


@dataclass(frozen=True, slots=True)
class Predictions:
    """The curve at some x, each with the words that asked for it.

    Args:
        x: Shape (m, k).
    """

    x: Floats
    written: tuple[str, ...]
    band: Band
    outside: tuple[bool, ...]


def predictions(text: str, kept: KeptFit, most: int = MOST) -> Predictions:
    """Predict at the values that a text names, up to `most`.

    Raises:
        Refusal: See `read_values`.
    """
    x, written = read_values(text, kept.fit, dict(kept.origins), most)
    if kept.fit.spec.model in {"log", "power"} and (x <= 0).any():
        raise Refusal(N_("This curve exists only for {x} above 0."), x=kept.fit.x_names[0])
    return Predictions(x, tuple(written), kept.fit.predict(x), tuple(kept.fit.outside(x)))


def read_values(text: str, fit: Fit, origins: dict[str, str], most: int = MOST) -> tuple[Floats, list[str]]:
    """Return the values, shape (m, k), and how each was written.

    One column takes any number of values; several columns take `name=value` for each, or as many values as
    there are columns, in their order.

    Raises:
        Refusal: No number, or too many, or a column without a value.
    """
    folded = with_minus(normalise(text)).strip()
    names = fit.x_names
    if len(names) == 1:
        bare = re.sub(rf"(?i)^(?:--)?(?:{re.escape(names[0])}|x)\s*[=:]\s*", "", folded)
        cells = [[cell] for cell in BETWEEN.split(bare) if cell]
    else:
        cells = [_of_several(folded, names)]
    if not cells:
        raise Refusal(N_("Write the value of {x}, for example /predict x=10."), x=names[0])
    if len(cells) > most:
        raise Refusal(N_("I predict up to {limit} values at once."), limit=most)
    x = [[_value(cell, name, origins) for cell, name in zip(row, names, strict=True)] for row in cells]
    single = len(names) == 1
    label = "x" if single and not origins and names[0] in {"x", "X"} else names[0]
    written = [
        f"{label} = {row[0]}"
        if single
        else ", ".join(f"{name} = {cell}" for name, cell in zip(names, row, strict=True))
        for row in cells
    ]
    return np.array(x, dtype=np.float64), written


def _of_several(text: str, names: tuple[str, ...]) -> list[str]:
    """Return a cell for each column."""
    found = {}
    for name in names:
        match = re.search(rf"(?i)(?<!\S){re.escape(name)}\s*[=:]\s*(\S+)", text)
        if match is not None:
            found[name] = match[1].rstrip(",;")
    if len(found) == len(names):
        return [found[name] for name in names]
    cells = [cell for cell in BETWEEN.split(text) if cell]
    if found or len(cells) != len(names):
        example = " ".join(f"{name}=1" for name in names)
        raise Refusal(N_("Write a value for every column, for example /predict {example}"), example=example)
    return cells


def _value(cell: str, name: str, origins: dict[str, str]) -> float:
    if name in origins:
        moment = read_moment(cell.replace("T", " ", 1) if cell[10:11] == "T" else cell, origins[name])
        if moment is not None:
            return moment
    column = read_column([cell], dates=False)
    value = column.values[0] if column.wrong is None else None
    if value is None or abs(value) >= LARGEST:
        raise Refusal(N_("“{held}” is no number. Write for example /predict x=10."), held=clipped(cell))
    return value
