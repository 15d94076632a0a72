import json
from threading import Thread, current_thread
from typing import Any

import pytest
import redis.asyncio

from ml.examples import UNDO_TTL, Examples
from ml.pools import Labelling, Pools
from ml.samples import Sample

SPAM = [Sample("buy now", "spam"), Sample("很便宜", "spam"), Sample("see you", "ham")]


@pytest.fixture
def examples(redis_client: redis.asyncio.Redis) -> Examples:
    return Examples(redis_client)


async def test_examples_come_back_in_the_order_of_teaching(examples: Examples) -> None:
    await examples.add("1", "spam", SPAM, by=7)
    await examples.add("1", "spam", [Sample("aaa", "ham")], by=7)
    assert await examples.read("1", "spam") == [*SPAM, Sample("aaa", "ham")]
    assert await examples.counts("1", "spam") == {"ham": 2, "spam": 2}


async def test_exact_duplicates_are_folded_and_counted(examples: Examples) -> None:
    first = await examples.add("1", "spam", [*SPAM, SPAM[0]], by=7)
    again = await examples.add("1", "spam", SPAM, by=8)
    assert ((first.new, first.folded), (again.new, again.folded)) == ((3, 1), (0, 3))
    assert await examples.counts("1", "spam") == {"ham": 1, "spam": 2}


async def test_the_same_text_may_have_two_labels(examples: Examples) -> None:
    added = await examples.add("1", "spam", [Sample("hi", "ham"), Sample("hi", "spam")], by=7)
    assert (added.new, await examples.counts("1", "spam")) == (2, {"ham": 1, "spam": 1})


async def test_undo_takes_out_what_its_batch_added_and_no_more(examples: Examples) -> None:
    await examples.add("1", "spam", SPAM[:1], by=7)
    batch = (await examples.add("1", "spam", SPAM, by=7)).batch
    assert await examples.undo("1", "spam", batch) == 2
    assert await examples.read("1", "spam") == SPAM[:1]
    assert await examples.counts("1", "spam") == {"spam": 1}
    assert await examples.undo("1", "spam", batch) == 0
    assert (await examples.add("1", "spam", SPAM, by=7)).new == 2


async def test_a_batch_cannot_be_undone_in_another_model(examples: Examples) -> None:
    batch = (await examples.add("1", "spam", SPAM, by=7)).batch
    assert (await examples.undo("2", "spam", batch), await examples.undo("1", "other", batch)) == (0, 0)
    assert len(await examples.read("1", "spam")) == 3


async def test_models_and_chats_do_not_see_each_others_examples(examples: Examples) -> None:
    await examples.add("1", "spam", SPAM, by=7)
    await examples.add("1", "情感", SPAM[:1], by=7)
    assert await examples.counts("1", "情感") == {"spam": 1}
    assert await examples.counts("2", "spam") == {}
    assert await examples.read("2", "spam") == []


async def test_a_thousand_examples_are_added_and_undone_as_one(examples: Examples) -> None:
    many = [Sample(f"text {n}", str(n % 3)) for n in range(2001)]
    added = await examples.add("1", "m", many, by=7)
    assert (added.new, await examples.counts("1", "m")) == (2001, {"0": 667, "1": 667, "2": 667})
    assert await examples.read("1", "m") == many
    assert await examples.undo("1", "m", added.batch) == 2001
    assert (await examples.read("1", "m"), await examples.counts("1", "m")) == ([], {})


async def test_deleting_leaves_no_key_behind(examples: Examples, redis_client: redis.asyncio.Redis) -> None:
    await examples.add("1", "spam", SPAM, by=7)
    await examples.add("1", "spam", [Sample("x", "ham")], by=7)
    await examples.delete("1", "spam")
    assert await redis_client.keys() == []
    await examples.delete("1", "spam")


async def test_no_key_holds_what_people_wrote(examples: Examples, redis_client: redis.asyncio.Redis) -> None:
    await examples.add("1", "secretmodel", [Sample("secret text", "secretlabel")], by=7)
    keys = b" ".join(await redis_client.keys())
    assert b"secret" not in keys


async def test_a_batch_is_forgotten_when_the_session_is(
    examples: Examples, redis_client: redis.asyncio.Redis
) -> None:
    await examples.add("1", "spam", SPAM, by=7)
    batch = await redis_client.keys("*:batch:*")
    assert len(batch) == 1
    assert 0 < await redis_client.ttl(batch[0]) <= UNDO_TTL


async def test_half_a_character_is_no_reason_to_fail(examples: Examples) -> None:
    added = await examples.add("1", "spam", [Sample("half \ud83d of it", "spam")], by=7)
    assert (added.new, await examples.read("1", "spam")) == (1, [Sample("half ? of it", "spam")])


async def test_what_is_taught_while_a_person_is_forgotten_is_found_next_time(examples: Examples) -> None:
    await examples.add("1", "spam", [Sample("a text", "junk")], by=7)
    assert await examples.forget(7, "1", "spam") == 1
    await examples.add("1", "spam", [Sample("another text", "junk")], by=7)
    await examples.leave(7, "1", "spam")
    assert await examples.places(7) == [("1", "spam")]
    assert await examples.forget(7, "1", "spam") == 1
    await examples.leave(7, "1", "spam")
    assert await examples.places(7) == []


async def test_many_examples_and_a_pool_are_read_in_another_thread(
    examples: Examples, redis_client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    await examples.add("1", "spam", SPAM, by=7)
    pools = Pools(redis_client)
    await pools.put("1", 7, "spam", ["buy now"])
    loads = json.loads
    readers: list[Thread] = []

    def noted(content: bytes | str) -> Any:
        if b"buy now" in (content if isinstance(content, bytes) else content.encode()):
            readers.append(current_thread())
        return loads(content)

    monkeypatch.setattr(json, "loads", noted)
    assert len(await examples.taught("1", "spam")) == len(SPAM)
    assert len(readers) == 1
    assert await pools.read("1", 7, "spam") == (["buy now"], Labelling())
    assert len(readers) == 2
    assert current_thread() not in readers
