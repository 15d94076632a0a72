"""`tonefit fit`: a regression of the columns of a CSV."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

CHOSEN = "cv"  # what a bare --ridge or --lasso means: a strength chosen by cross-validation
STRENGTH = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class FitCommand(TyperCommand):
    """Lets `--ridge` and `--lasso` stand without a number, which Typer's own options cannot."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give a bare `--ridge` its value before the options are read."""
        whole: list[str] = []
        for place, word in enumerate(args):
            whole.append(word)
            following = args[place + 1] if place + 1 < len(args) else ""
            if word in {"--ridge", "--lasso"} and not STRENGTH.fullmatch(following):
                whole.append(CHOSEN)
        return super().parse_args(ctx, whole)


def fit(
    file: Annotated[str, typer.Argument(help="A CSV with a header; - for standard input.")] = "-",
    model: Annotated[str, typer.Option(help="linear, exp, log or power")] = "linear",
    degree: Annotated[str, typer.Option(help="Degree of the polynomial, 1 to 10.")] = "1",
    x: Annotated[str, typer.Option(help="Columns of x, separated by commas.")] = "",
    y: Annotated[str, typer.Option(help="Column of y.")] = "",
    weights: Annotated[str, typer.Option(help="Column of weights.")] = "",
    through0: Annotated[bool, typer.Option("--through0", help="Through the origin.")] = False,
    ci: Annotated[str, typer.Option(help="Confidence in percent, 50 to 99.9.")] = "95",
    robust: Annotated[str, typer.Option(help="huber or theil-sen")] = "",
    ridge: Annotated[str, typer.Option(help="Strength; without one it is chosen by cross-validation.")] = "",
    lasso: Annotated[str, typer.Option(help="Strength; without one it is chosen by cross-validation.")] = "",
    predict: Annotated[str, typer.Option(help="Values of x to predict at, separated by commas.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Fit a line, a polynomial or another curve to the columns of a CSV."""
    written = {"x": x, "y": y, "weights": weights, "predict": predict}
    written |= {"robust": robust, "ridge": ridge, "lasso": lasso, "through0": "on" if through0 else ""}
    given = {name: value for name, value in written.items() if value}
    from bot.cli.fit_report import report  # what it needs is a second's worth of imports

    report(file, {"model": model, "degree": degree, "ci": ci, **given}, as_json=as_json)
