"""The picture of how well a classifier does: confusion matrix, ROC and precision-recall curves."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

Payload = dict[str, Any]
LYING = 8  # letters of a name up to which it stands below its column unturned
MANY = 4  # labels beyond which letters get smaller
LINES = ("#2f6fde", "#d9482b", "#1f9d6b", "#b07aa1", "#e08e0b", "#4ba3b5", "#8a6d3b", "#6b7a89",
         "#c2417c", "#7a9a01", "#5f4bb6", "#00796b")  # fmt: skip


def judgement(figure: Figure, payload: Payload, colours: dict[str, str]) -> None:
    """Draw the matrix on the left, and a curve for each label on the right.

    `payload` holds `names`, `counts` ([truth][predicted]), `roc` and `precision_recall` (for each label
    `{"x", "y", "area"}` or None), and as `words` what stands at the axes and over the curves.
    """
    grid = figure.add_gridspec(2, 2, width_ratios=[1.25, 1])
    words = payload["words"]
    matrix(figure.add_subplot(grid[:, 0]), payload, colours)
    curves(figure.add_subplot(grid[0, 1]), payload, payload["roc"], words["roc"], colours)
    curves(
        figure.add_subplot(grid[1, 1]),
        payload,
        payload["precision_recall"],
        words["precision_recall"],
        colours,
    )
    figure.text(0.03, 0.965, payload["title"], ha="left", va="top", fontsize=16, color=colours["ink"])
    figure.text(0.03, 0.89, payload["subtitle"], ha="left", va="top", fontsize=10.5, color=colours["faint"])


def matrix(axes: Axes, payload: Payload, colours: dict[str, str]) -> None:
    """Draw how often each label (row) was taken for each (column)."""
    names = payload["names"]
    counts = np.array(payload["counts"], dtype=float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shades = mpl.colors.LinearSegmentedColormap.from_list("shades", [colours["paper"], colours["curve"]])
    axes.set_facecolor(colours["paper"])
    axes.imshow(shares, cmap=shades, vmin=0, vmax=1, aspect="auto")
    small = len(names) > MANY
    size = 8 if small else 11
    shown = [_clipped(name, 8 if small else 14) for name in names]
    axes.set_xticks(range(len(names)), shown, fontsize=size, color=colours["ink"])
    axes.set_yticks(range(len(names)), shown, fontsize=size, color=colours["ink"])
    if small or max(map(len, shown)) > LYING:
        axes.tick_params(axis="x", labelrotation=40)
    axes.set_xlabel(payload["words"]["predicted"], fontsize=10, color=colours["faint"])
    axes.set_ylabel(payload["words"]["truth"], fontsize=10, color=colours["faint"])
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    for row, line in enumerate(shares):
        for column, share in enumerate(line):
            ink = colours["paper"] if share > 0.5 else colours["ink"]
            words = f"{counts[row, column]:.0f}"
            axes.text(column, row, words, ha="center", va="center", fontsize=8 if small else 14, color=ink)


def curves(
    axes: Axes, payload: Payload, found: list[Payload | None], words: Payload, colours: dict[str, str]
) -> None:
    """Draw a curve for each label that has one, with its area in the key."""
    axes.set_facecolor(colours["paper"])
    names = payload["names"]
    for place, (name, curve) in enumerate(zip(names, found, strict=True)):
        if curve is not None:
            label = f"{_clipped(name, 10)} {curve['area']:.2f}"
            axes.plot(curve["x"], curve["y"], lw=1.8, color=LINES[place % len(LINES)], label=label)
    axes.set_title(words["title"], fontsize=10.5, color=colours["ink"], loc="left")
    axes.set_xlabel(words["x"], fontsize=9, color=colours["faint"])
    axes.set_ylabel(words["y"], fontsize=9, color=colours["faint"])
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.04)
    axes.tick_params(colors=colours["faint"], labelsize=8, length=0)
    axes.grid(visible=True, color=colours["grid"], lw=0.8)
    for side in axes.spines.values():
        side.set_color(colours["grid"])
    if axes.lines:
        axes.legend(
            loc="best", fontsize=8 if len(names) <= MANY else 6, frameon=True, framealpha=0.8,
            edgecolor="none", facecolor=colours["paper"], labelcolor=colours["ink"], handlelength=1.2,
        )  # fmt: skip


def _clipped(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
