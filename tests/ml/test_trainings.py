"""What operators do with trainings, by real workers."""

from __future__ import annotations

import asyncio
import time

import pytest
import redis.asyncio

from ml.trainings import StillGoing, Trainings
from tests.ml.conftest import Workers, workers
from tests.ml.test_worker import Chat, chat, until_there_are_workers

__all__ = ["chat", "workers"]


@pytest.fixture
def trainings(redis_client: redis.asyncio.Redis, redis_url: str, chat: Chat) -> Trainings:
    return Trainings(redis_client, redis_url, chat.jobs)


async def test_a_paused_queue_begins_nothing_while_its_workers_live_and_goes_on_when_resumed(
    chat: Chat, workers: Workers, trainings: Trainings, redis_client: redis.asyncio.Redis
) -> None:
    workers.start()
    await until_there_are_workers(chat)
    await trainings.pause()
    await asyncio.sleep(3)  # an idle worker waits up to 2 s at the queue, and takes what comes meanwhile
    await chat.teach()
    job = await chat.train()
    (name,) = await redis_client.smembers("rq:workers")
    before = await redis_client.hget(name, "last_heartbeat")
    await asyncio.sleep(2.5)
    assert workers.events() == []
    assert await redis_client.hget(name, "last_heartbeat") != before
    line = await trainings.line()
    assert (line.waiting, line.running, line.workers, line.paused) == (1, 0, 1, True)
    assert [(facts.id, facts.state, facts.chat) for facts in await trainings.active(5)] == [
        (job.id, "queued", 1)
    ]
    await trainings.resume()
    assert (await chat.end_of(job)).stage == "done"


async def test_a_killed_training_ends_in_the_middle_of_an_epoch_as_cancelled(
    chat: Chat, workers: Workers, trainings: Trainings
) -> None:
    workers.start()
    await chat.teach()
    job = await chat.train(epochs=2, pause=60)
    workers.wait_for("begin")
    begun = time.monotonic()
    assert await trainings.kill(job.id)
    assert (await chat.end_of(job)).stage == "cancelled"
    assert time.monotonic() - begun < 20
    assert not await trainings.kill(job.id)
    again = await chat.train()
    assert (await chat.end_of(again)).stage == "done"


async def test_a_training_that_is_over_can_be_queued_anew(
    chat: Chat, workers: Workers, trainings: Trainings
) -> None:
    await chat.teach()
    job = await chat.train()
    with pytest.raises(StillGoing):
        await trainings.again(job.id)
    assert await trainings.kill(job.id)
    again = await trainings.again(job.id)
    assert again is not None
    assert again.id != job.id
    assert again.request == job.request
    workers.start()
    assert (await chat.end_of(again)).stage == "done"
    facts = await trainings.get(again.id)
    assert facts is not None
    assert (facts.state, facts.attempts, facts.person) == ("done", 1, 7)
    assert facts.ended is not None
    assert await trainings.again("nonsense") is None
    assert await trainings.get("nonsense") is None
    assert not await trainings.kill("nonsense")


async def test_a_failed_training_says_why(chat: Chat, workers: Workers, trainings: Trainings) -> None:
    workers.start()
    await chat.teach()
    job = await chat.train(fault="disk")
    assert (await chat.end_of(job)).stage == "failed"
    facts = await trainings.get(job.id)
    assert facts is not None
    assert facts.problem == "disk_full"


async def test_a_closed_queue_is_one_that_still_works(trainings: Trainings) -> None:
    await trainings.pause()
    await trainings.close()
    line = await trainings.line()
    assert (line.paused, line.closed) == (False, True)
    await trainings.resume()
    assert not await trainings.closed()
