"""What the pictures of a fit show, as plain payloads for `ml.drawings`, and its table as CSV."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import numpy as np

from handlers.classify_table import defuse
from handlers.fit_words import beside, shown_r2
from handlers.kept_fit import KeptFit
from handlers.predictions import Predictions
from handlers.texts import Texts
from ml.plots import width
from ml.regression import Fit, Observations, diagnose
from ml.regression.equation import shown_name
from ml.regression.spec import Floats

STEPS = 160  # of the curve
MARGIN = 0.05  # of the range, on both sides
STEEP = 4  # degree from which a curve runs away beside the points
WIDEST_TITLE = 54  # narrow letters
MOST_POINTS = 2_000
MOST_NAMED = 6  # outliers

Picture = tuple[str, dict[str, Any]]


def fit_picture(kept: KeptFit, data: Observations, t: Texts, asked: Predictions | None = None) -> Picture:
    """Show points, curve and bands; for several columns of x what was observed against what is foretold."""
    fit = kept.fit
    if data.k > 1:
        return _observed_picture(kept, data, t)
    xs = _grid(fit, asked)
    band = fit.predict(xs)
    payload = _head(kept, fit.x_names[0], t) | {
        "points": _points(data.x[:, 0], data.y),
        "outliers": _outliers(fit, data, data.x[:, 0], data.y, t),
        "curve": {
            "x": xs.tolist(),
            "mean": band.mean.tolist(),
            "mean_low": band.mean_low.tolist(),
            "mean_high": band.mean_high.tolist(),
            "low": band.low.tolist(),
            "high": band.high.tolist(),
        },
    }
    if fit.residual_std:
        payload["legend"] = {
            "mean": t("{ci} % of the curve", ci=f"{fit.spec.ci:g}"),
            "new": t("{ci} % of new points", ci=f"{fit.spec.ci:g}"),
        }
    if asked is not None:
        payload["prediction"] = {
            "x": float(asked.x[0, 0]),
            "y": float(asked.band.mean[0]),
            "low": float(asked.band.low[0]),
            "high": float(asked.band.high[0]),
            "label": beside(float(asked.band.mean[0]), float(asked.band.high[0] - asked.band.mean[0])),
        }
    return "fit", payload


def residual_picture(kept: KeptFit, data: Observations, t: Texts) -> Picture:
    """Show how far each point lies from the curve."""
    fit = kept.fit
    residuals = diagnose(data, fit.curve, fit.residual_std, data.n - fit.dof).residuals
    single = data.k == 1
    x = data.x[:, 0] if single else fit.curve.mean(data.x)
    label = fit.x_names[0] if single else t("fitted {y}", y=fit.y_name)
    payload = _head(kept, label, t) | {
        "title": t("Residuals"),
        "subtitle": fit.equation(),
        "y_label": t("{y} above the curve", y=fit.y_name),
        "points": _points(x, residuals),
        "outliers": _outliers(fit, data, x, residuals, t),
        "spread": fit.residual_std,
        "band": t("± 2 standard deviations"),
    }
    return "residuals", payload


def table_of(kept: KeptFit, data: Observations) -> bytes:
    """Write the rows with their fitted values, residuals and intervals as CSV that spreadsheets open."""
    fit = kept.fit
    band = fit.predict(data.x)
    residuals = diagnose(data, fit.curve, fit.residual_std, data.n - fit.dof).residuals
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = map(defuse, [*data.x_names, data.y_name])
    writer.writerow(["row", *names, "fitted", "residual", "mean_low", "mean_high", "low", "high"])
    columns = [band.mean, residuals, band.mean_low, band.mean_high, band.low, band.high]
    for index in range(data.n):
        given = [*data.x[index].tolist(), float(data.y[index])]
        found = [f"{float(column[index]):.12g}" for column in columns]
        writer.writerow([data.row(index), *map(repr, given), *found])
    return out.getvalue().encode("utf-8-sig")


def _origin(kept: KeptFit) -> str | None:
    """Return the day 0 of the abscissa as a whole ISO date, where it holds dates."""
    origin = dict(kept.origins).get(kept.fit.x_names[0])
    return f"{origin}-01" if origin and len(origin) == len("2024-01") else origin


def _observed_picture(kept: KeptFit, data: Observations, t: Texts) -> Picture:
    fitted = kept.fit.curve.mean(data.x)
    payload = _head(kept, t("fitted {y}", y=data.y_name), t) | {
        "y_label": t("observed {y}", y=data.y_name),
        "points": _points(fitted, data.y),
        "outliers": _outliers(kept.fit, data, fitted, data.y, t),
    }
    return "observed", payload


def _head(kept: KeptFit, label: str, t: Texts) -> dict[str, Any]:
    fit = kept.fit
    spread = t("deviation {sd}", sd=beside(fit.residual_std, fit.residual_std))
    return {
        "theme": kept.theme,
        "title": _title(fit, t),
        "subtitle": f"R² {shown_r2(fit.r2)} · n = {fit.n} · {spread}",
        "x_label": label,
        "x_origin": _origin(kept) if label == fit.x_names[0] else None,
        "y_label": fit.y_name,
    }


def _title(fit: Fit, t: Texts) -> str:
    """Return the equation, or what is short enough to be read on a phone."""
    names = [fit.equation()]
    if len(fit.x_names) == 1:
        names.append(fit.bare_equation())
    fitting = [name for name in names if width(name) <= WIDEST_TITLE]
    if fitting:
        return fitting[0]
    if len(fit.x_names) == 1:
        return t("Polynomial of degree {degree}", degree=fit.spec.degree)
    return t("{y} from {count} columns", y=shown_name(fit.y_name), count=len(fit.x_names))


def _grid(fit: Fit, asked: Predictions | None) -> Floats:
    """Return the x of the curve: a little further than the points, and as far as the prediction."""
    low, high = fit.x_ranges[0]
    if asked is not None:
        low, high = min(low, float(asked.x[0, 0])), max(high, float(asked.x[0, 0]))
    room = (MARGIN if fit.spec.degree < STEEP else MARGIN / 4) * (high - low)
    start = low - room
    if fit.spec.model in {"log", "power"}:
        start = max(start, low * 0.5)
    return np.linspace(start, high + room, STEPS)


def _points(x: Floats, y: Floats) -> dict[str, list[float]]:
    """Thin out what no eye could tell apart."""
    step = -(-len(x) // MOST_POINTS)
    return {"x": x[::step].tolist(), "y": y[::step].tolist()}


def _outliers(fit: Fit, data: Observations, x: Floats, y: Floats, t: Texts) -> list[dict[str, Any]]:
    return [
        {"x": float(x[o.index]), "y": float(y[o.index]), "label": t("row {row}", row=o.row)}
        for o in fit.outliers[:MOST_NAMED]
        if o.index < data.n
    ]
