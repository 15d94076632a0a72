"""The picture of a chat's mood: shares of the tones, where the mood goes, and how much was written."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from ml.date_axis import mark_dates
from ml.judgement_drawing import LINES
from ml.plots import width

Payload = dict[str, Any]
FACES = {"positive": "good", "neutral": "grey", "negative": "alarm"}


def mood(figure: Figure, payload: Payload, colours: dict[str, str]) -> None:
    """Draw three strips over one time axis.

    `payload` holds for each bucket `at` (its middle, days since `origin`), `shown`, `shares` (by label),
    `mood` and `volume`; and perhaps a `trend` with the interval of its line.
    """
    grid = figure.add_gridspec(3, 1, height_ratios=[3.2, 2.2, 1.0])
    first = figure.add_subplot(grid[0])
    axes = [first, figure.add_subplot(grid[1], sharex=first), figure.add_subplot(grid[2], sharex=first)]
    origin = date2num(datetime.fromisoformat(payload["origin"]))
    at = origin + np.array(payload["at"], dtype=float)
    shown = np.array(payload["shown"], dtype=bool)
    for one in axes:
        _quiet(one, colours)
        one.set_xlim(at[0] - payload["width"] / 2, at[-1] + payload["width"] / 2)
    _shares(axes[0], payload, at, shown, colours)
    _course(axes[1], payload, at, shown, origin, colours)
    _volume(axes[2], payload, at, shown, colours)
    mark_dates(axes[2])
    for one in axes[:2]:
        one.tick_params(labelbottom=False)
    axes[2].xaxis.get_offset_text().set_color(colours["faint"])
    size = float(np.clip(18 * 38 / max(width(payload["title"]), 1), 9.5, 18))
    figure.text(0.03, 0.965, payload["title"], ha="left", va="top", fontsize=size, color=colours["ink"])
    figure.text(0.03, 0.885, payload["subtitle"], ha="left", va="top", fontsize=12, color=colours["faint"])


def _shares(axes: Axes, payload: Payload, at: Any, shown: Any, colours: dict[str, str]) -> None:
    bottom = np.zeros(len(at))
    patches = []
    for place, (tone, name) in enumerate(zip(payload["tones"], payload["names"], strict=True)):
        colour = _colour(tone, place, colours)
        heights = np.where(shown, 100 * np.array(payload["shares"][place], dtype=float), 0.0)
        axes.bar(at, heights, 0.86 * payload["width"], bottom=bottom, color=colour, zorder=2)
        bottom += heights
        patches.append(Patch(facecolor=colour, label=name))
    hidden = ~shown & (np.array(payload["volume"]) > 0)
    if hidden.any():
        axes.bar(
            at[hidden], 100, 0.86 * payload["width"], facecolor="none", edgecolor=colours["grid"],
            hatch="////", lw=0, zorder=1,
        )  # fmt: skip
        patches.append(
            Patch(facecolor="none", edgecolor=colours["faint"], hatch="////", label=payload["hidden"])
        )
    axes.set_ylim(0, 100)
    axes.set_yticks([0, 50, 100], ["0 %", "50 %", "100 %"])
    axes.legend(
        handles=patches, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=len(patches), fontsize=11,
        frameon=False, labelcolor=colours["ink"], handlelength=1.0, columnspacing=1.2, borderpad=0.1,
    )  # fmt: skip


def _course(
    axes: Axes, payload: Payload, at: Any, shown: Any, origin: float, colours: dict[str, str]
) -> None:
    values = np.array(payload["mood"], dtype=float)
    sizes = np.sqrt(np.array(payload["volume"], dtype=float))
    largest = float(sizes[shown].max(initial=1.0))
    trend = payload.get("trend")
    if trend is not None:
        x = origin + np.array(trend["x"])
        axes.fill_between(x, trend["low"], trend["high"], color=colours["curve"], alpha=0.22, lw=0, zorder=2)
        axes.plot(x, trend["mean"], color=colours["curve"], lw=2.4, zorder=3, solid_capstyle="round")
    axes.axhline(0, color=colours["grid"], lw=1.4, zorder=1)
    axes.scatter(
        at[shown], values[shown], s=18 + 60 * sizes[shown] / largest, color=colours["point"],
        edgecolors=colours["paper"], linewidths=1.0, zorder=4,
    )  # fmt: skip
    axes.set_title(payload["words"]["mood"], loc="left", fontsize=11, color=colours["ink"], pad=3)
    axes.locator_params(axis="y", nbins=4)
    axes.margins(y=0.15)


def _volume(axes: Axes, payload: Payload, at: Any, shown: Any, colours: dict[str, str]) -> None:
    heights = np.where(shown, np.array(payload["volume"], dtype=float), 0.0)
    axes.bar(at, heights, 0.86 * payload["width"], color=colours["faint"], zorder=2)
    axes.set_title(payload["words"]["volume"], loc="left", fontsize=11, color=colours["ink"], pad=3)
    axes.locator_params(axis="y", nbins=2, integer=True)


def _quiet(axes: Axes, colours: dict[str, str]) -> None:
    axes.set_facecolor(colours["paper"])
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(colours["grid"])
    axes.tick_params(colors=colours["faint"], labelsize=11, length=0, pad=5)
    axes.grid(visible=True, axis="y", color=colours["grid"], lw=1)
    axes.set_axisbelow(True)


def _colour(tone: str, place: int, colours: dict[str, str]) -> str:
    face = FACES.get(tone)
    if face is None:
        return LINES[place % len(LINES)]
    return colours[face] if face in colours else colours["faint"] + "88"
