"""Trainings by a real RQ worker in a process of its own, and what is told of them."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio

from ml.examples import Examples
from ml.jobs import FINAL, Job, Jobs, Progress, TrainRequest
from ml.registry import Registry
from ml.samples import Sample
from ml.store import Store
from tests.conftest import Valkey
from tests.ml.conftest import Workers

SAMPLES = [Sample(f"text {n}", "ab"[n % 2]) for n in range(16)]
QUICK = (0, 1, 1)  # seconds between attempts


class Chat:
    """A chat with a model that was taught, and the bot's view of its jobs."""

    def __init__(self, client: redis.asyncio.Redis, url: str, **options: Any) -> None:
        self.registry, self.examples = Registry(client), Examples(client)
        self.jobs = Jobs(client, url, retry_intervals=QUICK, **options)
        self.seen: list[Progress] = []

    async def teach(self, model: str = "spam", samples: list[Sample] = SAMPLES) -> None:
        await self.registry.create("1", model, ["a", "b"], by=7)
        await self.examples.add("1", model, samples, by=7)

    async def train(self, model: str = "spam", user: int = 7, **options: Any) -> Job:
        return await self.jobs.submit(TrainRequest("1", model, user, chat=1, options=options))

    async def end_of(self, job: Job, seconds: float = 60) -> Progress:
        """Return the last report of a job, which the bot's sweep looks after meanwhile."""
        sweeping = asyncio.create_task(self._sweep())
        try:
            async with asyncio.timeout(seconds):
                async for progress in self.jobs.progress():
                    self.seen.append(progress)
                    if progress.job == job.id and progress.stage in FINAL:
                        return progress
        finally:
            sweeping.cancel()
        raise AssertionError("the stream of progress ended")

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(1)
            await self.jobs.sweep()


async def until_there_are_workers(chat: Chat, count: int = 1) -> None:
    async with asyncio.timeout(20):
        while await chat.jobs.workers() < count:
            await asyncio.sleep(0.05)


def running(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


@pytest.fixture
async def chat(redis_client: redis.asyncio.Redis, redis_url: str) -> AsyncIterator[Chat]:
    yield Chat(redis_client, redis_url)


async def test_a_training_is_reported_published_and_live(chat: Chat, workers: Workers) -> None:
    workers.start()
    await chat.teach()
    changes = chat.registry.changes()
    job = await chat.train(epochs=3, pause=0.5, f1=0.9)
    end = await chat.end_of(job)
    assert (end.stage, end.problem) == ("done", None)
    assert end.report == {
        "version": "v1",
        "promoted": True,
        "metrics": {"macro_f1": 0.9},
        "live": None,
        "live_version": None,
        "against": None,
        "network": {},  # a real training says here what it is made of
    }
    async with asyncio.timeout(2):
        assert await anext(changes) == ("1", "spam", "v1")
    manifest = Store(workers.store).manifest("1", "spam", "v1")
    assert (manifest["name"], manifest["version"], manifest["job"]) == ("spam", "v1", job.id)
    after = await chat.jobs.get(job.id)
    assert after is not None
    assert (after.state, after.stage, after.place, after.estimate) == ("done", "done", None, None)
    epochs = [report for report in chat.seen if report.stage == "training" and report.epoch]
    assert [report.epoch for report in epochs] == [1, 2, 3]
    assert epochs[0].seconds_left == pytest.approx(1.0)


async def test_a_worse_candidate_is_kept_and_does_not_go_live(chat: Chat, workers: Workers) -> None:
    workers.start()
    await chat.teach()
    await chat.end_of(await chat.train(f1=0.9))
    worse = await chat.end_of(await chat.train(f1=0.8))
    equal = await chat.end_of(await chat.train(f1=0.9))
    assert worse.report == {
        "version": "v2",
        "promoted": False,
        "metrics": {"macro_f1": 0.8},
        "live": {"macro_f1": 0.9},
        "live_version": "v1",
        "against": None,
        "network": {},
    }
    assert equal.report is not None
    assert (equal.report["version"], equal.report["promoted"]) == ("v3", True)
    assert Store(workers.store).versions("1", "spam") == ["v1", "v2", "v3"]


async def test_one_class_is_a_problem_that_is_not_tried_again(chat: Chat, workers: Workers) -> None:
    workers.start()
    await chat.teach(samples=[Sample(f"text {n}", "a") for n in range(16)])
    end = await chat.end_of(await chat.train())
    assert (end.stage, end.problem) == ("failed", "one_class")
    assert [event for _, event, *_ in workers.events()] == ["begin"]


async def test_a_full_disk_leaves_the_old_version_live(chat: Chat, workers: Workers) -> None:
    workers.start()
    await chat.teach()
    await chat.end_of(await chat.train())
    end = await chat.end_of(await chat.train(fault="disk"))
    entry = await chat.registry.get("1", "spam")
    assert (end.problem, entry and entry.version) == ("disk_full", "v1")


async def test_a_model_deleted_meanwhile_is_no_fault(chat: Chat, workers: Workers) -> None:
    await chat.teach()
    job = await chat.train()
    await chat.registry.delete("1", "spam")
    workers.start()
    assert (await chat.end_of(job)).problem == "deleted"


async def test_a_fault_is_tried_four_times_and_told_without_anybodys_words(
    chat: Chat, workers: Workers
) -> None:
    workers.start()
    await chat.teach()
    job = await chat.train(fault="text")
    end = await chat.end_of(job)
    assert (end.stage, end.problem) == ("failed", "failed")
    assert [event for _, event, *_ in workers.events()] == ["begin"] * 4
    log = workers.log.read_text()
    assert "secret" not in log
    assert "spam" not in log
    assert f"job {job.id} broke: ValueError at small_worker.py" in log


async def test_a_job_that_always_kills_itself_starts_four_times_and_fails(
    chat: Chat, workers: Workers
) -> None:
    workers.start()
    await chat.teach()
    end = await chat.end_of(await chat.train(deaths=9))
    assert (end.stage, end.problem) == ("failed", "killed")
    assert [event for _, event, *_ in workers.events()] == ["begin"] * 4


async def test_a_killed_child_is_tried_again_and_ends_once(chat: Chat, workers: Workers) -> None:
    workers.start()
    await chat.teach()
    job = await chat.train(epochs=4, pause=0.25)
    _, _, child, _ = workers.wait_for("begin")
    os.kill(child, signal.SIGKILL)
    end = await chat.end_of(job)
    assert end.stage == "done"
    await asyncio.sleep(0.5)
    assert [event for _, event, *_ in workers.events()] == ["begin", "begin", "end"]
    assert Store(workers.store).versions("1", "spam") == ["v1"]
    assert sum(report.stage in FINAL for report in chat.seen) == 1


async def test_a_killed_worker_takes_its_child_along_and_another_goes_on(
    chat: Chat, workers: Workers
) -> None:
    first = workers.start()
    await chat.teach()
    job = await chat.train(epochs=3, pause=0.3)
    _, _, child, _ = workers.wait_for("begin")
    first.kill()
    first.wait(10)
    killed = time.time()
    await asyncio.sleep(0.5)
    assert not running(child)
    workers.start()
    end = await chat.end_of(job)
    assert end.stage == "done"
    assert workers.wait_for("begin", 2)[0] - killed < 20
    assert [event for _, event, *_ in workers.events()] == ["begin", "begin", "end"]


async def test_a_run_whose_worker_is_silent_stops_before_another_has_done_much(
    chat: Chat, workers: Workers
) -> None:
    first = workers.start(lease=4)
    await chat.teach()
    job = await chat.train(epochs=30, pause=0.2)
    _, _, child, _ = workers.wait_for("begin")
    first.send_signal(signal.SIGSTOP)  # its child goes on
    workers.start(lease=4)
    ending = asyncio.create_task(chat.end_of(job))
    begin = await asyncio.to_thread(workers.wait_for, "begin", 2)
    await asyncio.sleep(0.5)
    assert not running(child)
    first.send_signal(signal.SIGCONT)
    assert (await ending).stage == "done"
    assert [event for _, event, *_ in workers.events()] == ["begin", "begin", "end"]
    assert begin[0] - workers.events()[0][0] < 10


async def test_a_worker_that_is_told_to_end_gives_its_job_back_within_five_seconds(
    chat: Chat, workers: Workers, redis_client: redis.asyncio.Redis
) -> None:
    first = workers.start()
    await chat.teach()
    job = await chat.train(epochs=4, pause=0.5)
    workers.wait_for("begin")
    begun = time.monotonic()
    first.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(first.wait, 10) == 0
    assert time.monotonic() - begun < 5
    waiting = await chat.jobs.get(job.id)
    assert waiting is not None
    assert (waiting.state, waiting.place) == ("queued", 1)
    assert await redis_client.hget(f"rq:job:{job.id}", "retries_left") == b"3"
    workers.start()
    assert (await chat.end_of(job)).stage == "done"
    assert [event for _, event, *_ in workers.events()] == ["begin", "begin", "end"]


async def test_a_training_that_takes_too_long_is_ended(
    redis_client: redis.asyncio.Redis, redis_url: str, workers: Workers
) -> None:
    chat = Chat(redis_client, redis_url, timeout=1)
    workers.start()
    await chat.teach()
    end = await chat.end_of(await chat.train(epochs=100, pause=0.1))
    assert (end.stage, end.problem) == ("failed", "timeout")
    assert [event for _, event, *_ in workers.events()] == ["begin"]


async def test_a_job_that_waits_to_be_tried_again_is_cancelled_at_once(
    redis_client: redis.asyncio.Redis, redis_url: str, workers: Workers
) -> None:
    chat = Chat(redis_client, redis_url)
    chat.jobs = Jobs(redis_client, redis_url, retry_intervals=[600])
    workers.start()
    await chat.teach()
    job = await chat.train(deaths=9)
    async with asyncio.timeout(20):
        while not await redis_client.zcard("rq:scheduled:default"):
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    waiting = await chat.jobs.get(job.id)
    assert waiting is not None
    assert (waiting.state, waiting.stage) == ("queued", "queued")
    assert await chat.jobs.cancel(job.id)
    assert (await chat.end_of(job)).stage == "cancelled"
    assert await redis_client.zcard("rq:scheduled:default") == 0


@pytest.mark.parametrize("after", [0.0, 1.5])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_an_idle_worker_ends_at_once(
    workers: Workers, chat: Chat, number: signal.Signals, after: float
) -> None:
    process = workers.start()
    await until_there_are_workers(chat)
    await asyncio.sleep(after)
    begun = time.monotonic()
    process.send_signal(number)
    assert await asyncio.to_thread(process.wait, 10) == 0
    assert time.monotonic() - begun < 4
    assert await chat.jobs.workers() == 0


async def test_a_cancelled_training_stops_within_an_epoch(chat: Chat, workers: Workers) -> None:
    workers.start()
    await chat.teach()
    job = await chat.train(epochs=100, pause=0.3)
    workers.wait_for("begin")
    cancelled = time.time()
    assert await chat.jobs.cancel(job.id)
    end = await chat.end_of(job)
    assert (end.stage, end.problem) == ("cancelled", None)
    assert workers.wait_for("stopped")[0] - cancelled < 1.5
    assert Store(workers.store).versions("1", "spam") == []
    assert not await chat.jobs.cancel(job.id)
    assert (await chat.end_of(await chat.train())).stage == "done"


async def test_a_cancelled_job_that_waits_never_runs(chat: Chat, workers: Workers) -> None:
    await chat.teach()
    job = await chat.train()
    assert await chat.jobs.cancel(job.id)
    workers.start()
    assert (await chat.end_of(job)).stage == "cancelled"
    assert (await chat.end_of(await chat.train())).stage == "done"
    assert [event for _, event, *_ in workers.events()] == ["begin", "end"]


async def test_one_training_runs_at_a_time_of_each_person(chat: Chat, workers: Workers) -> None:
    for _ in range(2):
        workers.start()
    await until_there_are_workers(chat, 2)
    for model in ("one", "two"):
        await chat.teach(model)
    first, second = await chat.train("one", epochs=2, pause=0.4), await chat.train("two", epochs=2, pause=0.4)
    await chat.end_of(first)
    await chat.end_of(second)
    assert [event for _, event, *_ in workers.events()] == ["begin", "end"] * 2


async def test_two_workers_train_for_two_people_side_by_side(chat: Chat, workers: Workers) -> None:
    for _ in range(2):
        workers.start()
    await until_there_are_workers(chat, 2)
    for model in ("one", "two"):
        await chat.teach(model)
    jobs = [await chat.train("one", 7, epochs=4, pause=0.5), await chat.train("two", 8, epochs=4, pause=0.5)]
    await chat.end_of(jobs[0])
    assert [event for _, event, *_ in workers.events()][:2] == ["begin", "begin"]


async def test_a_training_outlives_a_short_absence_of_redis(own_valkey: Valkey, tmp_path: Path) -> None:
    client = redis.asyncio.Redis.from_url(own_valkey.url)
    chat, workers = Chat(client, own_valkey.url), Workers(own_valkey.url, tmp_path)
    workers.start(lease=5)
    try:
        await chat.teach()
        job = await chat.train(epochs=5, pause=1.0)
        await asyncio.to_thread(workers.wait_for, "begin")
        own_valkey.kill()
        await asyncio.sleep(1.5)  # longer than the second between two renewals of the lease
        await asyncio.to_thread(own_valkey.start)
        assert (await chat.end_of(job)).stage == "done"
        assert [event for _, event, *_ in workers.events()] == ["begin", "end"]
    finally:
        workers.end()
        await client.aclose()


async def test_a_worker_outlives_a_long_absence_of_redis(own_valkey: Valkey, tmp_path: Path) -> None:
    client = redis.asyncio.Redis.from_url(own_valkey.url)
    chat, workers = Chat(client, own_valkey.url), Workers(own_valkey.url, tmp_path)
    process = workers.start()
    try:
        await until_there_are_workers(chat)
        own_valkey.kill()
        await asyncio.sleep(6)  # longer than the worker's connection asks again
        await asyncio.to_thread(own_valkey.start)
        await chat.teach()
        assert (await chat.end_of(await chat.train())).stage == "done"
        assert process.poll() is None
    finally:
        workers.end()
        await client.aclose()


async def test_a_function_that_is_not_on_the_list_is_refused(
    chat: Chat, workers: Workers, redis_url: str, tmp_path: Path
) -> None:
    forged = tmp_path / "forged"
    script = (
        "import sys; from redis import Redis; from rq import Queue;"
        "queue = Queue('high', connection=Redis.from_url(sys.argv[1]), serializer='json');"
        "queue.enqueue('os.mkdir', sys.argv[2], on_failure='os.getcwd', description='forged')"
    )
    subprocess.run([sys.executable, "-c", script, redis_url, str(forged)], check=True, timeout=30)
    workers.start()
    await chat.teach()
    assert (await chat.end_of(await chat.train())).stage == "done"
    assert not forged.exists()


async def test_redis_holds_no_text_of_a_job_in_keys_or_in_rqs_records(
    chat: Chat, redis_client: redis.asyncio.Redis
) -> None:
    await chat.teach("secretmodel", [Sample(f"secret {n}", "ab"[n % 2]) for n in range(16)])
    await chat.train("secretmodel")
    assert b"secret" not in b" ".join(await redis_client.keys())
    for key in await redis_client.keys("rq:job:*"):
        assert b"secret" not in b" ".join((await redis_client.hgetall(key)).values())
