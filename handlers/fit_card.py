"""What is said of a fit and of a prediction: pure builders of replies."""

from __future__ import annotations

from handlers.errors import Refusal
from handlers.fit_words import beside, shown_r2
from handlers.kept_fit import KeptFit
from handlers.messages import Button, Reply
from handlers.number_cells import Commas, write_moment
from handlers.points import Points
from handlers.predictions import Predictions
from handlers.texts import N_, Texts
from ml.regression import Fit, number

CAPTION = 1024  # characters that Telegram takes below a photo
LONGEST_EQUATION = 400
MOST_DEVIATIONS = 100  # that are told apart
EXAMPLE = "/fit 1,2 2,4.1 3,5.9 4,8.2"
METHODS = {"huber": N_("robust (Huber)"), "theil-sen": N_("robust (Theil-Sen)")}


def fit_card(kept: KeptFit, photo: bytes | None, t: Texts, asked: Predictions | None = None) -> Reply:
    """Build the answer to `/fit`, with what was to be predicted at once."""
    return Reply(caption(kept, t, asked), buttons=fit_buttons(kept, t), photo=photo)


def unfitted_card(refusal: Refusal, points: Points, fit_id: str, t: Texts) -> Reply:
    """Build the answer to points that cannot be fitted as they were read, and offer the other reading."""
    said = " · ".join(t(note.sentence, **note.values) for note in points.notes)
    return Reply("\n".join([refusal.words(t), said]), buttons=_other_reading(points.other, fit_id, t))


def caption(kept: KeptFit, t: Texts, asked: Predictions | None = None) -> str:
    """Say the fit in a line, then how its table was read and what is odd about it."""
    lines = [headline(kept.fit, t), *_method(kept.fit, t)]
    if asked is not None:
        lines += predicted_lines(kept, asked, t)
    lines += [*_reading(kept, t), *_warnings(kept, t)]
    text = "\n".join(lines)
    return text if len(text) <= CAPTION else text[: CAPTION - 1] + "…"


def headline(fit: Fit, t: Texts) -> str:
    """Say the equation, how many points, the slope with its interval, and R²."""
    equation = fit.equation()
    if len(equation) > LONGEST_EQUATION:
        equation = equation[: LONGEST_EQUATION - 1] + "…"
    parts = [equation, f"n = {fit.n}"]
    if fit.slope is not None:
        slope, (low, high) = fit.slope
        spread = (high - low) / 2
        parts.append(
            t(
                "slope {slope} [{low}, {high}] {ci} %",
                slope=beside(slope, spread),
                low=beside(low, spread),
                high=beside(high, spread),
                ci=f"{fit.spec.ci:g}",
            )
        )
    parts.append(f"R² {shown_r2(fit.r2)}")
    return " · ".join(parts)


def fit_buttons(kept: KeptFit, t: Texts) -> tuple[tuple[Button, ...], ...]:
    """Offer what can be done with a fit; without its points only what the summary allows."""
    fit, fit_id = kept.fit, kept.id
    copy = Button(t("Copy equation"), copy=fit.full_equation())
    predict = Button(t("Predict"), data=f"fit:predict:{fit_id}")
    if kept.data is None:
        return ((predict, copy),)
    first = [predict]
    degree = next_degree(kept)
    if degree is not None:
        label = t("Line") if degree == 1 else t("Degree {degree}", degree=degree)
        first.append(Button(label, data=f"fit:degree:{fit_id}:{degree}"))
    second = []
    if kept.excluded:
        second.append(Button(t("With all points"), data=f"fit:all:{fit_id}"))
    if fit.outliers:
        label = t("Without outlier") if len(fit.outliers) == 1 else t("Without outliers")
        second.append(Button(label, data=f"fit:without:{fit_id}"))
    second.append(Button(t("Residuals"), data=f"fit:residuals:{fit_id}"))
    third = [copy, Button(t("CSV"), data=f"fit:csv:{fit_id}")]
    return (tuple(first), tuple(second), tuple(third), *_other_reading(kept.other, fit_id, t))


def _other_reading(other: Commas | None, fit_id: str, t: Texts) -> tuple[tuple[Button, ...], ...]:
    if other is None:
        return ()
    label = t("These are decimal commas") if other == "decimal" else t("These are thousands")
    return ((Button(label, data=f"fit:commas:{fit_id}:{other}"),),)


def next_degree(kept: KeptFit) -> int | None:
    """Return the degree to offer: the one that the points suggest, else 2, else back to the line."""
    fit = kept.fit
    if fit.spec.model != "linear" or len(fit.x_names) > 1:
        return None
    if fit.suggested_degree is not None:
        return fit.suggested_degree
    if fit.spec.degree > 1:
        return 1
    return 2 if fit.n >= 4 else None


def residual_card(kept: KeptFit, photo: bytes | None, t: Texts) -> Reply:
    """Build the answer that shows the residuals."""
    back = Button(t("Back to the curve"), data=f"fit:curve:{kept.id}")
    words = t(
        "How far the points lie from the curve. An even cloud about 0 is right; a bend or a funnel is not."
    )
    return Reply("\n".join([words, *_warnings(kept, t)]), buttons=((back,),), photo=photo)


def prediction_card(kept: KeptFit, asked: Predictions, t: Texts) -> Reply:
    """Build the answer to `/predict`."""
    return Reply("\n".join(predicted_lines(kept, asked, t)))


def predicted_lines(kept: KeptFit, asked: Predictions, t: Texts) -> list[str]:
    """Say each value with its interval, and whether it lies outside the data."""
    fit, band = kept.fit, asked.band
    lines = []
    for index, written in enumerate(asked.written):
        spread = float(band.high[index] - band.low[index]) / 2
        lines.append(
            t(
                "{x}: {y} = {value} [{low}, {high}] {ci} %",
                x=written,
                y=fit.y_name,
                value=beside(float(band.mean[index]), spread),
                low=beside(float(band.low[index]), spread),
                high=beside(float(band.high[index]), spread),
                ci=f"{fit.spec.ci:g}",
            )
        )
    if any(asked.outside):
        ranges = t.listed(
            t("{x} from {low} to {high}", x=name, low=low, high=high) for name, low, high in _ranges(kept)
        )
        lines.append(
            t("⚠ Outside the data ({ranges}): nothing shows that the curve goes on like this.", ranges=ranges)
        )
    return lines


def predict_question(kept: KeptFit, t: Texts) -> Reply:
    """Ask for the x of a prediction."""
    ranges = _ranges(kept)
    cancel = ((Button(t("Cancel"), data="ask:cancel"),),)
    if len(ranges) == 1:
        name, low, high = ranges[0]
        words = t("For which {x}? The data go from {low} to {high}.", x=name, low=low, high=high)
        return Reply(words, buttons=cancel)
    example = " ".join(f"{name}={low}" for name, low, _ in ranges)
    return Reply(t("For which values? For example:\n{example}", example=example), buttons=cancel)


def _ranges(kept: KeptFit) -> list[tuple[str, str, str]]:
    """Return each column of x with its smallest and largest value, as dates where it holds dates."""
    origins = dict(kept.origins)

    def shown(name: str, value: float) -> str:
        return write_moment(value, origins[name]) if name in origins else number(value, 6)

    ranges = zip(kept.fit.x_names, kept.fit.x_ranges, strict=True)
    return [(name, shown(name, low), shown(name, high)) for name, (low, high) in ranges]


def invitation(t: Texts) -> Reply:
    """Say how `/fit` is used, with examples to press."""
    text = t(
        "Send points after /fit, reply to a table with /fit, or send a CSV with /fit as its caption. "
        "For example:\n{example}",
        example=EXAMPLE,
    )
    return Reply(
        text,
        buttons=(
            (Button(t("Try this example"), data="try:fit"), Button(t("Try a curve"), data="fit:try:poly2")),
        ),
    )


def _method(fit: Fit, t: Texts) -> list[str]:
    """Say what is not plain least squares."""
    said = []
    if fit.spec.robust is not None:
        said.append(t(METHODS[fit.spec.robust]))
    for penalty in ("ridge", "lasso"):
        asked = getattr(fit.spec, penalty)
        if asked is None:
            continue
        strength = number(float(fit.notes["strength"]), 3)
        chosen = t("{penalty}, strength {strength}", penalty=penalty, strength=strength)
        said.append(f"{chosen} ({t('by cross-validation')})" if asked == "cv" else chosen)
    return [" · ".join(said)] if said else []


def _reading(kept: KeptFit, t: Texts) -> list[str]:
    said = [t(note.sentence, **note.values) for note in kept.notes]
    if kept.left_out:
        said.append(
            t.plural(
                "{count} row with an empty cell left out",
                "{count} rows with an empty cell left out",
                kept.left_out,
            )
        )
    if kept.excluded:
        said.append(t.plural("without {count} outlier", "without {count} outliers", len(kept.excluded)))
    return [" · ".join(said)] if said else []


def _warnings(kept: KeptFit, t: Texts) -> list[str]:
    fit, said = kept.fit, []
    if len(fit.outliers) == 1:
        outlier = fit.outliers[0]
        far = abs(outlier.studentised)
        said.append(
            t(
                "⚠ Row {row} lies far off the curve ({deviations} deviations).",
                row=outlier.row,
                deviations=number(far, 2) if far < MOST_DEVIATIONS else f"> {MOST_DEVIATIONS}",
            )
        )
    elif fit.outliers:
        rows = t.listed(str(row) for row in sorted(outlier.row for outlier in fit.outliers[:8]))
        more = " …" if len(fit.outliers) > 8 else ""
        said.append(t("⚠ Rows {rows} lie far off the curve.", rows=rows + more))
    degree = fit.suggested_degree
    if degree is not None and fit.spec.degree == 1:
        said.append(
            t("The points bend away from the line; degree {degree} describes them better.", degree=degree)
        )
    elif degree is not None:
        said.append(
            t("The points bend away from the curve; degree {degree} describes them better.", degree=degree)
        )
    return said
