"""Trainings as the bot sees them, without any worker."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio

from ml import keys
from ml.examples import Examples
from ml.job_state import Begin, JobState
from ml.jobs import AlreadyRunning, Job, Jobs, Progress, TrainRequest
from ml.pace import Pace, note_pace, read_pace
from ml.queues import TrainingQueue, connect
from ml.registry import Registry
from ml.samples import Sample
from ml.store import Store

LEASES = "rq:wip:default"


def request(model: str = "spam", user: int = 7, owner: str = "1", **options: Any) -> TrainRequest:
    return TrainRequest(owner, model, user, chat=1, topic=3, language="zh", options=options)


@pytest.fixture
def jobs(redis_client: redis.asyncio.Redis, redis_url: str) -> Jobs:
    return Jobs(redis_client, redis_url)


async def seen(jobs: Jobs, job: Job) -> Job:
    found = await jobs.get(job.id)
    assert found is not None
    return found


async def test_a_submitted_job_waits_with_its_place_and_an_estimate(jobs: Jobs) -> None:
    first, second = await jobs.submit(request("one")), await jobs.submit(request("two", 8, epochs=3))
    assert (first.state, first.stage, first.place, second.place) == ("queued", "queued", 1, 2)
    assert second.request == request("two", 8, epochs=3)
    assert first.estimate is not None
    assert second.estimate is not None
    assert second.estimate > first.estimate > 0
    assert abs(first.created - time.time()) < 5


async def test_a_model_is_trained_once_at_a_time(jobs: Jobs) -> None:
    job = await jobs.submit(request())
    with pytest.raises(AlreadyRunning) as refused:
        await jobs.submit(request(user=8))
    assert refused.value.job_id == job.id
    assert (await jobs.submit(request(owner="2"))).id != job.id


async def test_of_many_who_ask_at_once_one_is_served(jobs: Jobs) -> None:
    asked = [jobs.submit(request(user=n)) for n in range(6)]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(outcome, Job) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, AlreadyRunning) for outcome in outcomes) == 5


async def test_jobs_are_listed_by_chat_and_person_the_newest_first(jobs: Jobs) -> None:
    made = [await jobs.submit(request(f"m{n}", user=7 + n % 2)) for n in range(3)]
    await jobs.submit(request("other", owner="2"))
    assert [job.id for job in await jobs.list("1")] == [job.id for job in reversed(made)]
    assert [job.request.model for job in await jobs.list("1", user=8)] == ["m1"]
    assert await jobs.list("3") == []


async def test_the_message_of_a_job_is_remembered(jobs: Jobs, redis_client: redis.asyncio.Redis) -> None:
    job = await jobs.submit(request())
    assert job.message is None
    await jobs.attach(job.id, 4711)
    assert (await seen(jobs, job)).message == 4711
    await jobs.attach("nobody", 1)
    assert not await redis_client.exists(keys.job("nobody"))


async def test_an_unknown_job_is_none_and_cannot_be_cancelled(jobs: Jobs) -> None:
    assert (await jobs.get("nobody"), await jobs.cancel("nobody")) == (None, False)


async def test_a_cancelled_job_leaves_the_queue_and_its_place(
    jobs: Jobs, redis_client: redis.asyncio.Redis
) -> None:
    first, second = await jobs.submit(request("one")), await jobs.submit(request("two", 8))
    assert await jobs.cancel(first.id)
    assert not await jobs.cancel(first.id)
    assert ((await seen(jobs, first)).state, (await seen(jobs, second)).place) == ("cancelled", 1)
    assert await redis_client.lrange("rq:queue:default", 0, -1) == [second.id.encode()]
    assert (await jobs.submit(request("one"))).state == "queued"


async def test_cancelling_a_persons_first_job_lets_the_next_one_in(
    jobs: Jobs, redis_client: redis.asyncio.Redis
) -> None:
    first, second = await jobs.submit(request("one")), await jobs.submit(request("two"))
    assert await redis_client.lrange("rq:queue:default", 0, -1) == [first.id.encode()]
    await jobs.cancel(first.id)
    assert await redis_client.lrange("rq:queue:default", 0, -1) == [second.id.encode()]


async def test_a_long_search_does_not_hold_up_small_trainings(
    jobs: Jobs, redis_client: redis.asyncio.Redis
) -> None:
    job = await jobs.submit(request(tune=True))
    assert await redis_client.lrange("rq:queue:low", 0, -1) == [job.id.encode()]


async def test_a_run_begins_once_while_its_lease_holds(jobs: Jobs, redis_client: redis.asyncio.Redis) -> None:
    state, job = JobState(redis_client), await jobs.submit(request())
    assert await state.start(job.id, "first", LEASES) is Begin.GO
    await redis_client.zadd(LEASES, {f"{job.id}:first": time.time() + 15})
    assert await state.start(job.id, "second", LEASES) is Begin.BUSY
    assert await state.start(job.id, "first", LEASES) is Begin.GO
    await redis_client.zadd(LEASES, {f"{job.id}:first": time.time() - 1})
    assert await state.start(job.id, "second", LEASES) is Begin.GO


async def test_a_job_ends_once(jobs: Jobs, redis_client: redis.asyncio.Redis) -> None:
    state, job = JobState(redis_client), await jobs.submit(request())
    await state.start(job.id, "run", LEASES)
    assert await state.give_up(job.id, "killed")
    assert not await state.give_up(job.id, "failed")
    assert not await state.report(Progress(job.id, "training", epoch=1))
    assert await state.start(job.id, "again", LEASES) is Begin.OVER
    assert await redis_client.xlen(keys.PROGRESS) == 2


async def test_a_job_that_died_after_it_was_cancelled_is_cancelled(
    jobs: Jobs, redis_client: redis.asyncio.Redis
) -> None:
    state, job = JobState(redis_client), await jobs.submit(request())
    await state.start(job.id, "run", LEASES)
    assert await jobs.cancel(job.id)
    assert (await seen(jobs, job)).state == "running"
    assert await state.start(job.id, "again", LEASES) is Begin.CANCELLED
    await state.give_up(job.id, "killed")
    assert (await seen(jobs, job)).state == "cancelled"


async def test_a_running_jobs_estimate_follows_its_reports(
    jobs: Jobs, redis_client: redis.asyncio.Redis
) -> None:
    state, job = JobState(redis_client), await jobs.submit(request())
    await state.start(job.id, "run", LEASES)
    running = await seen(jobs, job)
    assert (running.state, running.stage, running.place) == ("running", "reading", None)
    assert running.estimate == pytest.approx(job.estimate, abs=1)
    await state.report(Progress(job.id, "training", epoch=1, epochs=9, seconds_left=99.0))
    running = await seen(jobs, job)
    assert (running.stage, running.estimate) == ("training", pytest.approx(99, abs=1))


async def test_the_estimate_grows_with_what_was_taught_and_learns_from_trainings(
    jobs: Jobs, redis_client: redis.asyncio.Redis
) -> None:
    await Examples(redis_client).add("1", "spam", [Sample(str(n), "a") for n in range(1000)], by=7)
    default = await jobs.submit(request(epochs=10))
    await jobs.cancel(default.id)
    await note_pace(redis_client, {"epochs": 10}, 600, 10, Pace().overhead + 600)
    learnt = await jobs.submit(request(epochs=10))
    assert default.estimate == pytest.approx(Pace().seconds(1000, 10))
    assert learnt.estimate == pytest.approx(Pace().overhead + 1000)


async def test_the_pace_of_an_architecture_and_size_is_its_own(redis_client: redis.asyncio.Redis) -> None:
    await note_pace(redis_client, {"arch": "article"}, samples=100, epochs=5, seconds=100)
    assert await read_pace(redis_client, {}, 100) == Pace()
    assert await read_pace(redis_client, {"arch": "article"}, 1000) == Pace()
    assert (await read_pace(redis_client, {"arch": "article"}, 100)).epochs == 5


async def test_a_job_that_was_taken_and_never_begun_is_put_back(
    jobs: Jobs, redis_client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ml.jobs.LOST_AFTER", 0.5)
    monkeypatch.setattr("ml.jobs.SWEEP_PERIOD", 1)
    job = await jobs.submit(request())
    await redis_client.lpop("rq:queue:default")  # as a worker does that is killed at this moment
    await jobs.sweep()
    assert await redis_client.llen("rq:queue:default") == 0
    await asyncio.sleep(0.6)
    await jobs.sweep()
    assert await redis_client.lrange("rq:queue:default", 0, -1) == [job.id.encode()]


async def test_a_job_that_never_reached_its_queue_is_put_there(
    jobs: Jobs, redis_client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ml.jobs.LOST_AFTER", 0.1)
    monkeypatch.setattr("ml.jobs.SWEEP_PERIOD", 1)
    await JobState(redis_client).submit("abc234", request(), "default", 5.0)
    await jobs.sweep()
    await asyncio.sleep(0.2)
    await jobs.sweep()
    assert await redis_client.lrange("rq:queue:default", 0, -1) == [b"abc234"]


async def test_a_job_that_rq_gave_up_ends_as_killed(
    jobs: Jobs, redis_client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ml.jobs.DEAD_AFTER", 0.1)
    monkeypatch.setattr("ml.jobs.SWEEP_PERIOD", 1)
    job = await jobs.submit(request())
    await redis_client.lpop("rq:queue:default")
    await redis_client.hset(f"rq:job:{job.id}", "status", "failed")
    await jobs.sweep()
    await asyncio.sleep(0.2)
    await jobs.sweep()
    assert (await seen(jobs, job)).state == "failed"
    last = (await redis_client.xrevrange(keys.PROGRESS, count=1))[0][1][b"record"]
    assert Progress.from_json(last.decode()) == Progress(job.id, "failed", problem="killed")


async def test_a_killed_training_that_was_to_forget_leaves_no_version(
    redis_client: redis.asyncio.Redis, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ml.jobs.DEAD_AFTER", 0.0)
    monkeypatch.setattr("ml.jobs.SWEEP_PERIOD", 1)
    registry, store = Registry(redis_client), Store(tmp_path / "store")
    jobs = Jobs(redis_client, redis_url, store=store)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "manifest.json").write_text("{}")
    await registry.create("1", "spam", ["a", "b"], by=7)
    await registry.promote("1", "spam", store.publish("1", "spam", tmp_path / "model"))
    job = await jobs.submit(replace(request(), forget=True))
    await redis_client.lpop("rq:queue:default")
    await redis_client.hset(f"rq:job:{job.id}", "status", "failed")
    await jobs.sweep()
    entry = await registry.get("1", "spam")
    assert entry is not None
    assert entry.version is None
    assert store.versions("1", "spam") == []


async def test_a_job_whose_first_run_died_has_read_and_makes_way(
    jobs: Jobs, redis_client: redis.asyncio.Redis
) -> None:
    job = await jobs.submit(request())
    state = JobState(redis_client)
    await state.start(job.id, "run", LEASES)
    await state.wait_again(job.id, "run")
    assert not await jobs.make_way("1", "spam")
    assert (await seen(jobs, job)).state == "cancelled"


async def test_a_sweep_leaves_a_waiting_job_alone(
    jobs: Jobs, redis_client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ml.jobs.LOST_AFTER", 0.0)
    monkeypatch.setattr("ml.jobs.SWEEP_PERIOD", 1)
    first, second = await jobs.submit(request("one")), await jobs.submit(request("two"))
    for _ in range(3):
        await jobs.sweep()
        await asyncio.sleep(0.01)
    assert await redis_client.lrange("rq:queue:default", 0, -1) == [first.id.encode()]
    assert [(await seen(jobs, job)).state for job in (first, second)] == ["queued", "queued"]


async def test_a_maintainer_that_was_killed_holds_nobody_up_for_long(
    jobs: Jobs, redis_client: redis.asyncio.Redis, redis_url: str
) -> None:
    await jobs.sweep()
    assert await redis_client.keys("rq:clean_registries:*") == []
    killed = TrainingQueue("default", connection=connect(redis_url))
    assert await asyncio.to_thread(killed.acquire_maintenance_lock)
    assert 0 < await redis_client.ttl("rq:clean_registries:default") <= 10


async def test_what_was_reported_days_ago_is_forgotten(jobs: Jobs, redis_client: redis.asyncio.Redis) -> None:
    old = int((time.time() - 2 * 86_400) * 1000)
    for n in range(200):  # Redis forgets whole blocks of a hundred
        await redis_client.xadd(keys.PROGRESS, {"record": Progress("old", "done").to_json()}, id=f"{old}-{n}")
    job = await jobs.submit(request())
    await jobs.sweep()
    kept = [fields[b"record"] for _, fields in await redis_client.xrange(keys.PROGRESS)]
    assert len(kept) <= 101
    assert job.id.encode() in kept[-1]


async def test_nobody_counts_as_a_worker_who_is_silent(jobs: Jobs, redis_client: redis.asyncio.Redis) -> None:
    beats = {"living": time.time(), "silent": time.time() - 60}
    for name, beat in beats.items():
        await redis_client.sadd("rq:workers", f"rq:worker:{name}")
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(beat))
        await redis_client.hset(f"rq:worker:{name}", "last_heartbeat", stamp)
    await redis_client.sadd("rq:workers", "rq:worker:expired")
    assert await jobs.workers() == 1


async def test_a_training_with_a_network_says_nothing_of_one_without(
    redis_client: redis.asyncio.Redis,
) -> None:
    own = await read_pace(redis_client, {}, 100)
    for options in ({"tune": True}, {"ensemble": "bag5"}, {"arch": "lstm"}, {"l2": 0.1}):
        await note_pace(redis_client, options, samples=100, epochs=5, seconds=900)
    assert await read_pace(redis_client, {}, 100) == own
    assert (await read_pace(redis_client, {"balance": True}, 100)) == own


async def test_a_search_and_several_networks_take_their_time(redis_client: redis.asyncio.Redis) -> None:
    one = (await read_pace(redis_client, {}, 100)).seconds(100)
    assert (await read_pace(redis_client, {"tune": True}, 100)).seconds(100) == one + 120
    several = (await read_pace(redis_client, {"ensemble": "boost5"}, 100)).seconds(100)
    assert several == pytest.approx(one + 4 * (one - Pace.overhead))
