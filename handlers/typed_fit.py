"""Points typed elsewhere than in a chat: read, fitted and asked for predictions as by `/fit`."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.errors import Refusal
from handlers.fit_words import refuse_fit
from handlers.kept_fit import KeptFit, Source, fit_points
from handlers.points import NOTHING_TYPED, Points, parse_fit
from handlers.predictions import Predictions, predictions
from ml.regression import FitError


@dataclass(frozen=True, slots=True)
class TypedFit:
    """A fit with what was read, and the predictions at the values of `predict=`, if any."""

    kept: KeptFit
    points: Points
    asked: Predictions | None


def fit_typed(text: str) -> TypedFit:
    """Fit what was typed; it takes a while.

    Raises:
        Refusal: It cannot be read or fitted.
    """
    try:
        options, points = parse_fit(text)
        if points is None:
            raise Refusal(NOTHING_TYPED)
        kept = fit_points(points, options, Source())
        asked = predictions(" ".join(options.predict), kept) if options.predict else None
    except FitError as error:
        raise refuse_fit(error) from error
    return TypedFit(kept, points, asked)
