"""Counts of Right and Wrong."""

import redis.asyncio

from ml.feedback import Feedback


async def test_a_verdict_counts_once_a_person_and_can_change(redis_client: redis.asyncio.Redis) -> None:
    feedback = Feedback(redis_client)
    judged = ("7", "ABC", "spam", "v1", "junk")
    assert await feedback.judge(*judged, "right", 1)
    assert not await feedback.judge(*judged, "right", 1)
    assert await feedback.judge(*judged, "right", 2)
    assert await feedback.judge(*judged, "wrong", 2)
    assert await feedback.counts("7", "spam", "v1") == {"right": 1, "wrong": 1}


async def test_versions_models_and_chats_are_counted_apart(redis_client: redis.asyncio.Redis) -> None:
    feedback = Feedback(redis_client)
    await feedback.judge("7", "A", "spam", "v1", "junk", "right", 1)
    await feedback.judge("7", "B", "spam", "v2", "junk", "wrong", 1)
    await feedback.judge("8", "C", "spam", "v1", "junk", "wrong", 1)
    assert await feedback.counts("7", "spam", "v1") == {"right": 1, "wrong": 0}
    assert await feedback.counts("7", "spam", "v2") == {"right": 0, "wrong": 1}


async def test_a_deleted_model_leaves_no_counts(redis_client: redis.asyncio.Redis) -> None:
    feedback = Feedback(redis_client)
    await feedback.judge("7", "A", "spam", "v1", "junk", "right", 1)
    await feedback.judge("7", "B", "mood", "v1", "sad", "right", 1)
    assert ("7", "spam", "v1") in await feedback.of_chats()
    await feedback.delete("7", "spam")
    assert await feedback.counts("7", "spam", "v1") == {"right": 0, "wrong": 0}
    assert await feedback.of_chats() == {("7", "mood", "v1"): {"right": 1, "wrong": 0}}
    assert await feedback.counts("7", "mood", "v1") == {"right": 1, "wrong": 0}


async def test_no_key_holds_what_people_wrote(redis_client: redis.asyncio.Redis) -> None:
    await Feedback(redis_client).judge("7", "ABC", "私人", "v1", "好", "right", 1)
    keys = sorted(await redis_client.keys("*"))
    assert keys == [b"tonefit:judged:models", b"tonefit:verdicts:7", b"tonefit:verdicts:7:ABC"]
    assert 0 < await redis_client.ttl("tonefit:verdicts:7:ABC") <= 86_400
