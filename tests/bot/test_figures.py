"""What replicas count together, and which chats are known."""

from __future__ import annotations

import time

from redis.asyncio import Redis

from bot.figures import Figures
from bot.known import DAY, KEPT, KNOWN, Known
from bot.metrics import Metrics
from handlers.operating import LastHour


async def test_the_last_hour_is_the_sum_of_all_replicas_and_nothing_counts_twice(redis_client: Redis) -> None:
    first, second = Metrics(), Metrics()
    one, other = Figures(redis_client, first), Figures(redis_client, second)
    first.answered("s", "answered", 0.1)
    first.answered("s", "unfinished", 0.1)
    first.dealt_with("dead", int(time.time() * 1000) - 400)
    second.answered("fit", "refused", 0.1)
    second.refused.inc()
    for figures in (one, other, one):
        await figures.write()
    hour = await other.last_hour()
    assert (hour.answers, hour.failed, hour.dead, hour.refused) == (3, 1, 1, 1)
    assert hour.lag_median == hour.lag_p99 == 0.5


async def test_a_server_without_figures_has_none(redis_client: Redis) -> None:
    assert await Figures(redis_client, Metrics()).last_hour() == LastHour()


async def test_a_chat_is_known_for_ninety_days(redis_client: Redis) -> None:
    known, today = Known(redis_client), int(time.time() // DAY)
    await redis_client.zadd(KNOWN, {"5": today - KEPT - 1, "6": today - KEPT + 1})
    known.note(7)
    known.note(7)
    await known.write()
    assert [chat for chat, _ in await known.all()] == [7, 6]
    assert await known.seen(5) is None


async def test_a_chat_that_is_forgotten_is_noted_when_it_comes_back(redis_client: Redis) -> None:
    known = Known(redis_client)
    known.note(7)
    await known.write()
    known.note(7)  # on the same day nothing is to be written
    await known.forget(7)
    await known.write()
    assert await known.all() == []
    known.note(7)
    await known.write()
    assert len(await known.all()) == 1
