"""Dates on the abscissa of a picture: days from an ISO date become years, months, days and hours."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num


def dated(payload: dict[str, Any]) -> dict[str, Any]:
    """Return a payload whose x count days as matplotlib does, instead of from an ISO date."""
    first = date2num(datetime.fromisoformat(payload["x_origin"]))
    moved = dict(payload)
    for name in ("points", "curve"):
        if name in payload:
            moved[name] = payload[name] | {"x": [first + x for x in payload[name]["x"]]}
    moved["outliers"] = [outlier | {"x": first + outlier["x"]} for outlier in payload.get("outliers", [])]
    if payload.get("prediction"):
        moved["prediction"] = payload["prediction"] | {"x": first + payload["prediction"]["x"]}
    return moved


def mark_dates(axes: Axes) -> None:
    """Put marks where years, months, days or hours begin, and write no more of a date than they need."""
    locator = AutoDateLocator(minticks=3, maxticks=7)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(
        ConciseDateFormatter(
            locator,
            formats=["%Y", "%m-%d", "%m-%d", "%H:%M", "%H:%M", "%H:%M:%S"],
            zero_formats=["", "%Y", "%m-%d", "%m-%d", "%H:%M", "%H:%M"],
            offset_formats=["", "%Y", "%Y", "%Y-%m-%d", "%Y-%m-%d", "%Y-%m-%d"],
        )
    )
