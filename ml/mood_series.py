"""What the mood of a chat was over a time: shares of the tones in buckets, and where it went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np

from ml.mood import Span
from ml.regression import Fit, FitError, Observations, fit

FEWEST_PEOPLE = 5  # in a bucket that is shown
FEWEST_BUCKETS = 4  # from which a trend is spoken of
SHOWN = 0.5  # of the messages that the buckets should show; where fewer do, they are made wider
WIDTHS = {1: (1, 3, 6, 12), 7: (6, 24), 30: (24, 168)}  # hours of a bucket, by the days that are looked at
TONES = ("negative", "neutral", "positive")

Course = Literal["rising", "falling", "unclear"]


@dataclass(frozen=True, slots=True)
class Bucket:
    """A stretch of time: how many messages had each label, and of how many people they were."""

    start: datetime
    hours: int
    counts: dict[str, int]
    people: int

    @property
    def messages(self) -> int:
        """How many messages there were."""
        return sum(self.counts.values())

    @property
    def shown(self) -> bool:
        """Whether enough people wrote that none of them is seen."""
        return self.people >= FEWEST_PEOPLE

    def share(self, label: str) -> float:
        """Return the part of the messages that had a label."""
        return self.counts.get(label, 0) / max(1, self.messages)

    def days_since(self, zero: datetime) -> float:
        """Return where its middle lies, in days since a beginning, by the clock on the wall.

        Days are those that people see: over a change of the clocks a day stays one day.
        """
        begun = self.start.replace(tzinfo=None) - zero.replace(tzinfo=None)
        return (begun + timedelta(hours=self.hours / 2)) / timedelta(days=1)

    @property
    def mood(self) -> float:
        """Positive less negative, in points from -100 to 100."""
        return 100 * (self.share("positive") - self.share("negative"))


@dataclass(frozen=True, slots=True)
class Series:
    """The buckets of a time, its end not included, in the chat's own time."""

    buckets: tuple[Bucket, ...]
    total: Bucket

    @property
    def shown(self) -> list[Bucket]:
        """The buckets that may be shown."""
        return [bucket for bucket in self.buckets if bucket.shown]

    @property
    def hidden(self) -> int:
        """How many buckets hold messages of too few people."""
        return sum(bool(bucket.messages) and not bucket.shown for bucket in self.buckets)


@dataclass(frozen=True, slots=True)
class Trend:
    """Where the mood goes: points a day, with the interval that holds it at 95 %."""

    slope: float
    low: float
    high: float
    fit: Fit

    @property
    def course(self) -> Course:
        """Which way, if the interval says."""
        return "rising" if self.low > 0 else "falling" if self.high < 0 else "unclear"


def series(spans: Sequence[Span], days: int, until: datetime, zone: ZoneInfo) -> Series:
    """Sum spans up in buckets that begin with the chat's own hours and days.

    The narrowest width is taken in which most messages lie in buckets that may be shown.

    Args:
        days: How far back, 1 or more.
        until: The end, with a time zone.
    """
    widths = WIDTHS.get(days, (24, 168))
    made = [_in_buckets(spans, days, until.astimezone(zone), width) for width in widths]
    for one in made:
        shown = sum(bucket.messages for bucket in one.shown)
        if shown and shown >= SHOWN * one.total.messages:
            return one
    return max(made, key=lambda one: sum(bucket.messages for bucket in one.shown))


def _in_buckets(spans: Sequence[Span], days: int, until: datetime, hours: int) -> Series:
    edges = _edges(days, until, hours)
    inside: list[list[Span]] = [[] for _ in edges[:-1]]
    starts = [edge.timestamp() for edge in edges]
    for span in spans:
        place = int(np.searchsorted(starts, span.start, side="right")) - 1
        if 0 <= place < len(inside):
            inside[place].append(span)
    buckets = [_bucket(edge, hours, held) for edge, held in zip(edges, inside, strict=False)]
    return Series(tuple(buckets), _bucket(edges[0], 24 * days, [span for held in inside for span in held]))


def _edges(days: int, until: datetime, hours: int) -> list[datetime]:
    """Return where buckets begin, and the end of the last: wall-clock times, so that a day stays a day."""
    midnight = until.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    step = timedelta(hours=hours)
    naive = until.replace(tzinfo=None)
    if hours <= 24:
        end = midnight
        while end <= naive:
            end += step
    else:
        end = midnight + timedelta(days=1)
    count = max(1, round(days * 24 / hours))
    return [(end - step * (count - place)).replace(tzinfo=until.tzinfo) for place in range(count + 1)]


def _bucket(start: datetime, hours: int, spans: Sequence[Span]) -> Bucket:
    counts: Counter[str] = Counter()
    people: set[str] = set()
    nameless = 0
    for span in spans:
        counts.update(span.counts)
        people |= span.people
        nameless = max(nameless, span.nameless)
    return Bucket(start, hours, dict(counts), max(len(people), nameless))


def observations(one: Series, label: str | None = None) -> Observations | None:
    """Return the shown buckets as days since the first and their mood, each as heavy as it has messages.

    A bucket with as many messages as most weighs about 1, so that a deviation and the band of new points are
    those of such a bucket and not of a single message.

    Args:
        label: The label whose share in percent is meant instead of the mood.
    """
    shown = [bucket for bucket in one.shown if bucket.messages]
    if not shown:
        return None
    zero = shown[0].start
    middle = [bucket.days_since(zero) for bucket in shown]
    values = [bucket.mood if label is None else 100 * bucket.share(label) for bucket in shown]
    weights = np.array([bucket.messages for bucket in shown], dtype=np.float64)
    return Observations(
        np.array(middle)[:, None],
        np.array(values, dtype=np.float64),
        weights / weights.mean(),
        ("day",),
        "mood" if label is None else label,
    )


def trend(one: Series, label: str | None = None) -> Trend | None:
    """Return where the mood, or a label's share, goes; None where too little is shown."""
    data = observations(one, label)
    if data is None or data.n < FEWEST_BUCKETS:
        return None
    try:
        found = fit(data)
    except FitError:
        return None
    slope = found.slope
    if slope is None or not np.isfinite([slope[0], *slope[1]]).all():
        return None
    return Trend(slope[0], *slope[1], found)
