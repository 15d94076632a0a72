"""What `tonefit fit` answers: read the table, fit it, print it for people or as JSON."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from handlers.errors import Refusal
from handlers.fit_card import headline, predicted_lines
from handlers.fit_options import Options, options_of
from handlers.fit_record import as_record
from handlers.fit_words import refuse_fit
from handlers.kept_fit import KeptFit, Source, fit_points
from handlers.point_files import read_file
from handlers.points import Points
from handlers.predictions import Predictions, predictions
from handlers.texts import Texts
from ml.regression import FitError, number

MOST_PREDICTIONS = 100_000
INPUT_ERROR = 2  # exit status: what was given cannot be used
IN_CHAT = re.compile(
    r"(?<!\S)(?P<name>/predict x|ci|x|y|weights|robust|ridge|lasso|predict|deg|degree)=(?P<value>[^\s.,;]*)"
)
FLAGS = {"/predict x": "predict", "deg": "degree"}  # what the command line calls in another way


def with_flags(words: str) -> str:
    """Return a sentence of the chat with its options as the command line has them.

    >>> with_flags("ci= is the confidence."), with_flags("Write for example /predict x=10.")
    ('--ci is the confidence.', 'Write for example --predict 10.')
    """
    return IN_CHAT.sub(
        lambda found: " ".join(
            filter(None, [f"--{FLAGS.get(found['name'], found['name'])}", found["value"]])
        ),
        words,
    )


def report(file: str, flags: dict[str, str], *, as_json: bool) -> None:
    """Fit a file by the flags as they were written, and print the fit."""
    try:
        options = options_of(flags)
        kept, asked = _fit(_content(file), options)
    except Refusal as refusal:
        typer.echo(with_flags(refusal.words(Texts("en"))), err=True)
        raise typer.Exit(INPUT_ERROR) from None
    if as_json:
        typer.echo(json.dumps(as_record(kept.fit, asked), ensure_ascii=False, allow_nan=False))
    else:
        _show(kept, asked)


def _content(file: str) -> bytes:
    """Read the file, or standard input.

    Raises:
        Refusal: It cannot be read.
    """
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise Refusal("{file} cannot be read: {why}.", file=file, why=error.strerror) from error


def _fit(content: bytes, options: Options) -> tuple[KeptFit, Predictions | None]:
    points: Points = read_file(content, options)
    try:
        kept = fit_points(points, options, Source())
    except FitError as error:
        raise refuse_fit(error) from error
    asked = predictions(" ".join(options.predict), kept, MOST_PREDICTIONS) if options.predict else None
    return kept, asked


def _show(kept: KeptFit, asked: Predictions | None) -> None:
    """Print a fit for people."""
    fitted, t, console = kept.fit, Texts("en"), Console()
    console.print(headline(fitted, t), style="bold", highlight=False, markup=False, soft_wrap=True)
    table = Table(box=None, pad_edge=False)
    for heading in ("", "coefficient", "std error", "t", "p", f"{fitted.spec.ci:g} % interval"):
        table.add_column(heading, justify="left" if not heading else "right")
    rows = zip(
        fitted.term_names(),
        fitted.coefficients,
        fitted.std_errors,
        fitted.t,
        fitted.p,
        fitted.intervals,
        strict=True,
    )
    for term, coefficient, error, t_value, p, (low, high) in rows:
        cells = [number(coefficient, 7), _cell(error, 4), _cell(t_value, 4), _cell(p, 3)]
        table.add_row(term, *cells, _interval(low, coefficient, high).replace("[", "\\["))
    console.print(table, highlight=False)
    freedom = "degree of freedom" if fitted.dof == 1 else "degrees of freedom"
    summary = f"residual deviation {number(fitted.residual_std, 5)} with {fitted.dof:g} {freedom}"
    if fitted.loo is not None:
        summary += f", leave-one-out error {number(fitted.loo, 5)}"
    console.print(summary, highlight=False, markup=False, soft_wrap=True)
    if kept.left_out:
        console.print(f"rows with an empty cell left out: {kept.left_out}", highlight=False)
    for line in predicted_lines(kept, asked, t) if asked is not None else []:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if fitted.outliers:
        rows_far = ", ".join(str(outlier.row) for outlier in fitted.outliers)
        console.print(f"far off the curve: row {rows_far}", style="yellow", highlight=False)
    if fitted.suggested_degree is not None:
        console.print(f"degree {fitted.suggested_degree} describes these points better", style="yellow")


def _interval(low: float, value: float, high: float) -> str:
    """Write an interval with five digits, or as many as tell its ends from the value."""
    for digits in range(5, 16):
        written = [number(end, digits) for end in (low, value, high)]
        if low == high or len(set(written)) == len(written):
            break
    return f"[{written[0]}, {written[-1]}]"


def _cell(value: float | None, digits: int) -> str:
    return "–" if value is None else number(value, digits)
