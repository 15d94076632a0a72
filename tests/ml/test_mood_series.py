"""Buckets in a chat's own time, what is hidden in them, and a planted mood that is found again."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ml.mood import DAY, HOUR, Span
from ml.mood_series import observations, series, trend

NOW = datetime(2026, 3, 10, 12, 30, tzinfo=UTC)
SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def planted(days: int, slope: float, seed: int, rate: int = 12) -> list[Span]:
    """Return hours in which the mood rises by so many points a day, each message drawn by chance."""
    rng = np.random.default_rng(seed)
    spans = []
    end = int(NOW.timestamp()) // HOUR * HOUR
    for hour in range(days * 24):
        start = end - (days * 24 - hour) * HOUR
        mood = slope * (hour / 24 - days / 2) / 100
        positive, negative = 0.35 + mood / 2, 0.35 - mood / 2
        n = int(rng.poisson(rate))
        counts = rng.multinomial(n, [negative, 1 - positive - negative, positive])
        named = dict(zip(("negative", "neutral", "positive"), map(int, counts), strict=True))
        people = frozenset(str(who) for who in rng.integers(0, 40, n))
        spans.append(Span(start, HOUR, named, people))
    return spans


@pytest.mark.parametrize(("days", "slope"), [(30, 1.2), (30, -1.2), (7, 5.0), (7, 0.0)])
def test_a_planted_mood_is_found_within_its_interval(days: int, slope: float) -> None:
    found = [trend(series(planted(days, slope, seed), days, NOW, SHANGHAI)) for seed in range(40)]
    inside = [one is not None and one.low <= slope <= one.high for one in found]
    assert sum(inside) >= 34  # 95 % of 40 are 38; below 34 lies one run in 70,000
    said = [one.course for one in found if one is not None]
    assert said.count("rising" if slope > 0 else "falling" if slope < 0 else "unclear") >= 34


def test_an_hour_of_few_people_is_hidden_and_says_nothing_of_the_mood() -> None:
    many = frozenset(map(str, range(6)))
    end = int(NOW.timestamp()) // HOUR * HOUR
    spans = [
        Span(end - 2 * HOUR, HOUR, {"positive": 6}, many),
        Span(end - HOUR, HOUR, {"negative": 5}, frozenset("abcd")),
    ]
    found = series(spans, 1, NOW, SHANGHAI)
    assert found.hidden == 1
    assert found.total.people == 10
    data = observations(found)
    assert data is not None
    assert data.y.tolist() == [100.0]


def test_days_weigh_as_much_as_they_have_messages_and_a_usual_one_weighs_one() -> None:
    people, end = frozenset(map(str, range(6))), int(NOW.timestamp()) // HOUR * HOUR
    spans = [Span(end - n * HOUR, HOUR, {"positive": 10 * n}, people) for n in (1, 2, 3)]
    data = observations(series(spans, 1, NOW, SHANGHAI))
    assert data is not None and data.weights is not None
    assert data.weights.tolist() == [1.5, 1.0, 0.5]


def test_a_small_group_gets_wider_buckets_instead_of_none() -> None:
    end = int(NOW.timestamp()) // HOUR * HOUR
    spans = [Span(end - hour * HOUR, HOUR, {"neutral": 2}, frozenset([str(hour % 8)])) for hour in range(24)]
    found = series(spans, 1, NOW, SHANGHAI)
    assert found.buckets[0].hours > 1
    assert found.shown


def test_days_begin_at_the_midnight_of_the_chat_also_over_a_change_of_the_clock() -> None:
    people = frozenset(map(str, range(6)))
    until = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)  # two days after the clocks went forward
    spans = [
        Span(int(datetime(2026, 3, 28, hour, tzinfo=UTC).timestamp()), HOUR, {"positive": 1}, people)
        for hour in (22, 23)  # 23 of the 28th and 0 of the 29th in Berlin
    ]
    found = series(spans, 30, until, BERLIN)
    assert {bucket.start.hour for bucket in found.buckets} == {0}
    days = {bucket.start.day: bucket.messages for bucket in found.buckets if bucket.messages}
    assert days == {28: 1, 29: 1}


def test_the_middle_of_a_day_is_noon_also_where_the_clocks_change() -> None:
    people = frozenset(map(str, range(6)))
    noons = [
        datetime(2026, month, day, 10, tzinfo=UTC) for month, day in ((3, 27), (3, 28), (3, 29), (3, 30))
    ]
    spans = [Span(int(noon.timestamp()), HOUR, {"positive": 1}, people) for noon in noons]
    found = series(spans, 30, datetime(2026, 3, 31, 12, 0, tzinfo=UTC), BERLIN)
    zero = found.shown[0].start
    assert [bucket.days_since(zero) for bucket in found.shown] == [0.5, 1.5, 2.5, 3.5]
    data = observations(found)
    assert data is not None
    assert data.x[:, 0].tolist() == [0.5, 1.5, 2.5, 3.5]


def test_a_sum_of_a_day_counts_its_nameless_people() -> None:
    start = int(NOW.timestamp()) // DAY * DAY - 40 * DAY
    found = series([Span(start, DAY, {"positive": 9}, nameless=9)], 60, NOW, ZoneInfo("UTC"))
    assert [bucket.people for bucket in found.shown] == [9]


def test_too_few_buckets_make_no_trend() -> None:
    spans = planted(30, 1.0, 1)[-30:]
    assert trend(series(spans, 30, NOW, SHANGHAI)) is None
