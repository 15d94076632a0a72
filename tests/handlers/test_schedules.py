"""When summaries and alerts come: what is written, and the clock on the wall."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest
from redis.asyncio import Redis

from handlers import unasked
from handlers.context import ChatSettings
from handlers.errors import Refusal
from handlers.messages import Reply
from handlers.schedules import next_digest, read_alert, read_digest, read_zone
from handlers.texts import Texts
from ml.mood import Tagged
from tests.handlers.conftest import ANNA, RecordingOutbox, Talk, rulers

DAILY = {"every": "daily", "at": "09:00", "day": 0}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("off", None),
        ("关", None),
        ("关闭", None),
        ("No", None),
        ("daily", DAILY),
        ("每天 9:00", DAILY),
        ("daily 23:59", {"every": "daily", "at": "23:59", "day": 0}),
        ("weekly mon 09:00", {"every": "weekly", "at": "09:00", "day": 0}),
        ("weekly Sunday 7:05", {"every": "weekly", "at": "07:05", "day": 6}),
        ("每周 周五 18:30", {"every": "weekly", "at": "18:30", "day": 4}),
        ("每周 星期天", {"every": "weekly", "at": "09:00", "day": 6}),
    ],
)
def test_a_schedule_is_read(words: str, expected: object) -> None:
    assert read_digest(tuple(words.split())) == expected


@pytest.mark.parametrize(
    "words", ["hourly", "daily 25:00", "daily 09:61", "daily mon", "weekly moon", "9:00"]
)
def test_what_is_no_schedule_is_refused_with_an_example(words: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_digest(tuple(words.split()))
    assert "/digest weekly mon 09:00" in refused.value.words(Texts("en"))


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("off", {}, None),
        ("关闭", {}, None),
        ("negative>0.4", {}, {"label": "negative", "share": 0.4, "over": 3600, "min": 20}),
        (
            "消极 > 40%",
            {"over": "2h", "min": "50"},
            {"label": "negative", "share": 0.4, "over": 7200, "min": 50},
        ),
        ("very bad > .4", {}, {"label": "very bad", "share": 0.4, "over": 3600, "min": 20}),
        ("Spam>.9", {"over": "30m"}, {"label": "spam", "share": 0.9, "over": 1800, "min": 20}),
    ],
)
def test_an_alert_is_read(text: str, options: dict[str, str], expected: object) -> None:
    assert read_alert(text, options) == expected


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("negative", {}),
        ("negative>40", {}),
        ("negative>0", {}),
        ("negative<0.4", {}),
        ("negative>0.4", {"over": "1m"}),
        ("negative>0.4", {"over": "soon"}),
        ("negative>0.4", {"min": "1"}),
        ("negative>0.4", {"min": "many"}),
    ],
)
def test_what_is_no_alert_is_refused(text: str, options: dict[str, str]) -> None:
    with pytest.raises(Refusal):
        read_alert(text, options)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("asia/shanghai", "Asia/Shanghai"),
        ("Shanghai", "Asia/Shanghai"),
        ("new york", "America/New_York"),
        ("utc", "UTC"),
    ],
)
def test_a_time_zone_is_found_however_it_is_written(name: str, expected: str) -> None:
    assert read_zone(name) == expected


def test_an_unknown_time_zone_names_what_may_be_meant() -> None:
    with pytest.raises(Refusal) as refused:
        read_zone("Asia/Shangai")
    assert "Asia/Shanghai" in refused.value.words(Texts("en"))


@pytest.mark.parametrize(
    ("zone", "digest", "now", "due"),
    [
        ("Asia/Shanghai", DAILY, "2026-03-10T00:30", "2026-03-10T01:00"),
        ("Asia/Shanghai", DAILY, "2026-03-10T01:00", "2026-03-11T01:00"),
        ("Asia/Shanghai", {**DAILY, "every": "weekly", "day": 0}, "2026-03-10T00:30", "2026-03-16T01:00"),
        ("Europe/Berlin", DAILY, "2026-03-28T09:00", "2026-03-29T07:00"),  # 23 hours later by the sun
        (
            "Europe/Berlin",
            {**DAILY, "at": "02:30"},
            "2026-03-28T12:00",
            "2026-03-29T01:30",
        ),  # an hour that is not
    ],
)
def test_the_next_summary_follows_the_clock_on_the_wall(
    zone: str, digest: dict[str, object], now: str, due: str
) -> None:
    settings = ChatSettings(timezone=zone, digest=digest)
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = next_digest(settings, at)
    assert found is not None
    assert found.astimezone(UTC) == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_a_chat_that_took_the_bot_out_gets_no_summary() -> None:
    assert next_digest(ChatSettings(digest=DAILY, present=False), datetime.now(UTC)) is None


class Dying(RecordingOutbox):
    """The way out of a process that ends in the middle of a call."""

    async def tell(self, person: int, reply: Reply) -> bool:
        raise asyncio.CancelledError


async def test_an_alert_is_told_once_and_again_after_a_while_where_the_process_died_over_it(
    group: Talk, redis_client: Redis
) -> None:
    now, told = int(time.time()), f"tonefit:told:alert:-100:{ANNA.id}"
    for person in range(1, 6):
        await group.services.mood.count(Tagged(-100, 0, person, person, now, "words", "negative"))
    rulers(group).add(ANNA.id)
    settings = ChatSettings(alert={"label": "negative", "share": 0.4, "over": 3600, "min": 5}, title="Team")

    async def look(outbox: RecordingOutbox) -> int:
        await unasked.send_alert(group.services, outbox, -100, settings, Texts("en"))
        return len(outbox.told)

    with pytest.raises(asyncio.CancelledError):
        await look(Dying())
    assert await look(group.outbox) == 0
    assert 0 < await redis_client.ttl(told) <= unasked.CLAIM
    await redis_client.delete(told)  # the claim ran out
    assert await look(group.outbox) == 1
    assert unasked.CLAIM < await redis_client.ttl(told) <= 3600
    assert await look(group.outbox) == 1
