"""The pictures themselves: a fit with its bands, residuals, bars, a confusion matrix, a mood.

Every picture is made for a phone: 1280 x 960 pixels, few words, letters that stay readable at a third of
that. All words come in the payload, in the reader's language.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import noto_cjk_sans_otc
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from ml.date_axis import dated, mark_dates
from ml.judgement_drawing import judgement
from ml.mood_drawing import mood
from ml.plots import width

WIDTH, HEIGHT, DPI = 6.4, 4.8, 200  # inches, pixels an inch
TITLE_FROM = 0.85  # of the height: above it stand title and subtitle
MANY = 300  # points beyond which each is a small dot
Payload = dict[str, Any]

LIGHT = {
    "paper": "#ffffff",
    "ink": "#1b2733",
    "faint": "#6b7a89",
    "grid": "#e6ebf0",
    "curve": "#2f6fde",
    "point": "#16324f",
    "alarm": "#d9482b",
    "good": "#1f9d6b",
}
DARK = {
    "paper": "#17212b",
    "ink": "#f2f5f8",
    "faint": "#93a4b5",
    "grid": "#26333f",
    "curve": "#6ab2ff",
    "point": "#e8eef5",
    "alarm": "#ff7a5c",
    "good": "#4cc38a",
}

logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # the CJK font has no bold, and need not
fontManager.addfont(str(noto_cjk_sans_otc.FONT_PATH))
mpl.rcParams.update(
    {
        # a face of a collection has a name too (matplotlib 3.11); each glyph comes from the first that has it
        "font.family": ["DejaVu Sans", "Noto Sans CJK SC"],
        "text.parse_math": False,  # a column may be named "$"
        "axes.unicode_minus": True,
        "axes.formatter.limits": (-5, 7),
        "axes.formatter.useoffset": True,
        "font.size": 12,
    }
)


def draw(name: str, payload: Payload) -> bytes:
    """Draw a picture by its name and return it as PNG."""
    colours = DARK if payload.get("theme") == "dark" else LIGHT
    room = ConstrainedLayoutEngine(w_pad=0.14, h_pad=0.12, rect=(0, 0, 1, TITLE_FROM))
    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, facecolor=colours["paper"], layout=room)
    PICTURES[name](figure, dated(payload) if payload.get("x_origin") else payload, colours)
    content = io.BytesIO()
    figure.savefig(content, format="png", facecolor=colours["paper"])
    return content.getvalue()


def fit(figure: Figure, payload: Payload, colours: dict[str, str]) -> None:
    """Draw points, the curve, where its mean lies and where new points would."""
    axes = _axes(figure, payload, colours)
    curve = {key: np.array(values) for key, values in payload["curve"].items()}
    axes.fill_between(
        curve["x"], curve["low"], curve["high"], color=colours["curve"], alpha=0.10, lw=0, zorder=1
    )
    axes.fill_between(
        curve["x"], curve["mean_low"], curve["mean_high"], color=colours["curve"], alpha=0.24, lw=0, zorder=2
    )
    axes.plot(curve["x"], curve["mean"], color=colours["curve"], lw=2.6, zorder=3, solid_capstyle="round")
    _points(axes, payload["points"], colours)
    _limits(axes, payload)
    _outliers(axes, payload.get("outliers", []), colours)
    _prediction(axes, payload.get("prediction"), colours)
    _key(axes, payload, colours)


def observed(figure: Figure, payload: Payload, colours: dict[str, str]) -> None:
    """Draw what a fit of several features foretells against what was observed."""
    axes = _axes(figure, payload, colours)
    both = np.concatenate([payload["points"]["x"], payload["points"]["y"]])
    ends = np.array([both.min(), both.max()])
    axes.plot(ends, ends, color=colours["curve"], lw=2.2, zorder=2)
    _points(axes, payload["points"], colours)
    _outliers(axes, payload.get("outliers", []), colours)


def residuals(figure: Figure, payload: Payload, colours: dict[str, str]) -> None:
    """Draw the residuals, whose shape shows what the curve misses."""
    axes = _axes(figure, payload, colours)
    spread = payload["spread"]
    if spread:
        axes.axhspan(-2 * spread, 2 * spread, color=colours["curve"], alpha=0.10, lw=0, zorder=1)
    axes.axhline(0, color=colours["curve"], lw=2.2, zorder=2)
    _points(axes, payload["points"], colours)
    _outliers(axes, payload.get("outliers", []), colours)
    largest = max((abs(value) for value in payload["points"]["y"]), default=0) or 1
    reach = 1.15 * max(largest, 2 * spread)
    axes.set_ylim(-reach, reach)
    if payload.get("band"):
        axes.text(
            0.99, 0.5 + spread / reach, payload["band"], transform=axes.transAxes,
            fontsize=10.5, color=colours["faint"], ha="right", va="bottom",
        )  # fmt: skip


def bars(figure: Figure, payload: Payload, colours: dict[str, str]) -> None:
    """Draw named values as lying bars; each has its own words at its end."""
    axes = _axes(figure, payload, colours)
    values = np.array(payload["values"], dtype=float)
    places = np.arange(len(values))[::-1]
    axes.barh(places, values, color=colours["curve"], height=0.62, zorder=2)
    axes.set_yticks(places, payload["names"], fontsize=13, color=colours["ink"])
    axes.grid(visible=False, axis="y")
    for place, value, words in zip(places, values, payload["words"], strict=True):
        axes.annotate(
            words, (value, place), xytext=(6, 0), textcoords="offset points", va="center",
            fontsize=12, color=colours["ink"],
        )  # fmt: skip
    axes.set_xlim(0, max(float(values.max(initial=0)) * 1.18, 1e-9))


def confusion(figure: Figure, payload: Payload, colours: dict[str, str]) -> None:
    """Draw how often each label (row) was taken for each (column)."""
    axes = _axes(figure, payload, colours)
    counts = np.array(payload["counts"], dtype=float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shades = mpl.colors.LinearSegmentedColormap.from_list("shades", [colours["paper"], colours["curve"]])
    axes.imshow(shares, cmap=shades, vmin=0, vmax=1, aspect="auto")
    axes.grid(visible=False)
    names = payload["names"]
    axes.set_xticks(range(len(names)), names, fontsize=12, color=colours["ink"])
    axes.set_yticks(range(len(names)), names, fontsize=12, color=colours["ink"])
    size = 16 if len(names) <= 4 else 11
    for row, line in enumerate(shares):
        for column, share in enumerate(line):
            ink = colours["paper"] if share > 0.5 else colours["ink"]
            words = f"{counts[row, column]:.0f}"
            axes.text(column, row, words, ha="center", va="center", fontsize=size, color=ink)


def _axes(figure: Figure, payload: Payload, colours: dict[str, str]) -> Axes:
    """Prepare the paper: title, subtitle, quiet axes."""
    axes = figure.add_subplot(facecolor=colours["paper"])
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(colours["grid"])
    axes.tick_params(colors=colours["faint"], labelsize=12, length=0, pad=6)
    axes.grid(visible=True, color=colours["grid"], lw=1)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    if payload.get("x_origin"):
        mark_dates(axes)
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.get_offset_text().set_color(colours["faint"])
    axes.yaxis.get_offset_text().set_color(colours["faint"])
    axes.set_xlabel(_clipped(payload.get("x_label", ""), 48), fontsize=13, color=colours["ink"], labelpad=6)
    axes.set_ylabel(_clipped(payload.get("y_label", ""), 30), fontsize=13, color=colours["ink"], labelpad=6)
    title = payload.get("title", "")
    size = float(np.clip(18 * 38 / max(width(title), 1), 9.5, 18))
    figure.text(
        0.03,
        0.965,
        title,
        ha="left",
        va="top",
        fontsize=size,
        color=colours["ink"],
        fontweight=_weight(title),
    )
    figure.text(
        0.03, 0.885, payload.get("subtitle", ""), ha="left", va="top", fontsize=12, color=colours["faint"]
    )
    return axes


def _points(axes: Axes, points: dict[str, list[float]], colours: dict[str, str]) -> None:
    n = len(points["x"])
    many = n > MANY
    axes.scatter(
        points["x"],
        points["y"],
        s=10 if many else 62 if n <= 40 else 34,
        color=colours["point"],
        alpha=max(0.25, 40 / n**0.5 / 10) if many else 0.9,
        edgecolors="none" if many else colours["paper"],
        linewidths=0 if many else 1.4,
        zorder=4,
    )


def _outliers(axes: Axes, outliers: list[Payload], colours: dict[str, str]) -> None:
    low, high = axes.get_xlim()
    for outlier in outliers:
        place = (outlier["x"], outlier["y"])
        right = outlier["x"] > low + 0.8 * (high - low)  # where the label would leave the picture
        axes.scatter(*place, s=190, facecolors="none", edgecolors=colours["alarm"], linewidths=2.4, zorder=5)
        axes.annotate(
            outlier["label"], place, xytext=(-11 if right else 11, 9), textcoords="offset points",
            ha="right" if right else "left", fontsize=11.5, color=colours["alarm"],
            fontweight=_weight(outlier["label"]), zorder=6,
            path_effects=[withStroke(linewidth=3, foreground=colours["paper"])],
        )  # fmt: skip


def _prediction(axes: Axes, prediction: Payload | None, colours: dict[str, str]) -> None:
    if prediction is None:
        return
    x, y = prediction["x"], prediction["y"]
    axes.plot([x, x], [prediction["low"], prediction["high"]], color=colours["good"], lw=3, zorder=5)
    axes.scatter(
        [x], [y], s=110, color=colours["good"], edgecolors=colours["paper"], linewidths=1.6, zorder=6
    )
    axes.annotate(
        prediction["label"], (x, y), xytext=(-12, 12), textcoords="offset points", ha="right",
        fontsize=13, fontweight=_weight(prediction["label"]), color=colours["good"], zorder=6,
    )  # fmt: skip


def _limits(axes: Axes, payload: Payload) -> None:
    """Keep the points in view where a band runs far away."""
    values = [*payload["points"]["y"], *payload["curve"]["mean"]]
    if payload.get("prediction"):
        values += [payload["prediction"][key] for key in ("low", "high")]
    low, high = min(values), max(values)
    room = (high - low) or abs(high) or 1.0
    inside = [value for key in ("low", "high") for value in payload["curve"][key]]
    axes.set_ylim(max(min([low, *inside]), low - 0.6 * room) - 0.04 * room,
                  min(max([high, *inside]), high + 0.6 * room) + 0.04 * room)  # fmt: skip
    xs = payload["curve"]["x"]
    axes.set_xlim(xs[0], xs[-1])


def _key(axes: Axes, payload: Payload, colours: dict[str, str]) -> None:
    """Name the two bands, where the fewest points lie."""
    words = payload.get("legend")
    if not words:
        return
    patches = [
        mpl.patches.Patch(facecolor=colours["curve"], alpha=0.36, label=words["mean"]),
        mpl.patches.Patch(facecolor=colours["curve"], alpha=0.13, label=words["new"]),
    ]
    key = axes.legend(
        handles=patches, loc="best", fontsize=11, frameon=True, framealpha=0.85, edgecolor="none",
        facecolor=colours["paper"], labelcolor=colours["ink"], handlelength=1.3, borderpad=0.5,
    )  # fmt: skip
    key.set_zorder(7)


def _weight(text: str) -> str:
    """Return bold, but not beside Chinese letters, of which there is only one weight."""
    return "bold" if width(text) == len(text) else "normal"


def _clipped(text: str, limit: int) -> str:
    """Clip a text to as many narrow letters."""
    if width(text) <= limit:
        return text
    while width(text) >= limit:
        text = text[:-1]
    return f"{text}…"


PICTURES: dict[str, Callable[[Figure, Payload, dict[str, str]], None]] = {
    "fit": fit,
    "observed": observed,
    "residuals": residuals,
    "bars": bars,
    "confusion": confusion,
    "judgement": judgement,
    "mood": mood,
}
