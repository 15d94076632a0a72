"""The writes that answers leave behind: many in one call, each as if it were alone."""

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from ml.writes import Writes, close, enlist, keep, new, swap

ODD = 'a "quoted"\nline\\ 今天 🙂 \x00 \u2028'


async def test_a_string_is_kept_for_its_time_whatever_stands_in_it(redis_client: Redis) -> None:
    assert await Writes(redis_client)(keep("tonefit:a", ODD, 60)) == [True]
    assert (await redis_client.get("tonefit:a")).decode() == ODD
    assert 0 < await redis_client.ttl("tonefit:a") <= 60


async def test_a_new_string_leaves_the_old_one_as_it_is(redis_client: Redis) -> None:
    write = Writes(redis_client)
    assert await write(new("tonefit:a", "first", 60), new("tonefit:a", "second", 60)) == [True, False]
    assert await redis_client.get("tonefit:a") == b"first"


async def test_a_swap_of_what_changed_meanwhile_says_what_stands_there(redis_client: Redis) -> None:
    write = Writes(redis_client)
    assert await write(swap("tonefit:a", "", "mine", 0)) == [True]
    assert await redis_client.ttl("tonefit:a") == -1
    assert await write(swap("tonefit:a", "", "late", 60)) == ["mine"]
    assert await write(swap("tonefit:a", "mine", "next", 60)) == [True]
    assert await redis_client.get("tonefit:a") == b"next"
    assert 0 < await redis_client.ttl("tonefit:a") <= 60


async def test_a_list_by_time_forgets_its_old_members(redis_client: Redis) -> None:
    write = Writes(redis_client)
    await write(enlist("tonefit:l", "old", 1_000_000, 500), enlist("tonefit:l", "mid", 1_000_400, 500))
    await write(enlist("tonefit:l", "fresh", 1_000_501, 500))
    assert await redis_client.zrange("tonefit:l", 0, -1) == [b"mid", b"fresh"]
    assert 0 < await redis_client.ttl("tonefit:l") <= 500


async def test_writes_of_the_same_moment_are_one_call_and_each_hears_its_own(redis_client: Redis) -> None:
    write = Writes(redis_client)
    await write(keep("tonefit:warm", "up", 60))  # the script is known from here on
    before = await calls(redis_client)
    told = await asyncio.gather(
        write(new("tonefit:a", "1", 60), new("tonefit:b", "2", 60)),
        write(),
        *(write(new("tonefit:a", str(number), 60)) for number in range(200)),
    )
    assert told == [[True, True], [], *[[False]] * 200]
    assert await calls(redis_client) - before == 1


async def test_a_write_that_nobody_knows_is_refused_loudly(redis_client: Redis) -> None:
    with pytest.raises(ResponseError, match="no such write"):
        await Writes(redis_client)(("forget", "tonefit:a"))


async def calls(redis: Redis) -> int:
    """Return how many scripts ran."""
    statistics: Any = await redis.info("commandstats")
    return int(statistics["cmdstat_evalsha"]["calls"])


async def test_an_update_is_closed_with_its_writes_unless_somebody_changed_a_record(
    redis_client: Redis,
) -> None:
    write = Writes(redis_client)
    entries = [(await redis_client.xadd("tonefit:s", {"n": n})).decode() for n in range(2)]
    await redis_client.hset("tonefit:h", mapping={"0": 1, "1": 1})
    await redis_client.set("tonefit:a", "theirs")
    told = await asyncio.gather(
        write(swap("tonefit:a", "", "mine", 0), close("tonefit:s", entries[0], "tonefit:h", "0")),
        write(keep("tonefit:b", "x", 60), close("tonefit:s", entries[1], "tonefit:h", "1")),
    )
    assert told == [["theirs", False], [True, True]]
    assert [entry.decode() for entry, _ in await redis_client.xrange("tonefit:s")] == entries[:1]
    assert await redis_client.hkeys("tonefit:h") == [b"0"]


async def test_a_swap_made_again_after_its_answer_was_lost_is_no_conflict(redis_client: Redis) -> None:
    write = Writes(redis_client)
    await write(swap("tonefit:a", "", "mine", 0))
    assert await write(swap("tonefit:a", "", "mine", 0)) == [True]
