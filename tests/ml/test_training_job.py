"""The job function when its process dies at the worst moments: what is published and told stays one."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import redis.asyncio

from ml import keys
from ml.examples import Examples
from ml.held_out import divide
from ml.job_records import Progress
from ml.job_state import JobState
from ml.jobs import Jobs, TrainRequest
from ml.quotas import minutes_today
from ml.registry import Registry
from ml.samples import Sample
from ml.store import Store
from ml.training_job import Stopped, TrainingFailed, Unfit, no_worse, run

LEASES = "rq:wip:default"


class Killed(BaseException):
    """What `kill -9` would do."""


class Desk:
    """A chat with one queued job, and attempts at it in this process."""

    def __init__(self, client: redis.asyncio.Redis, redis_url: str, folder: Path) -> None:
        self.client, self.redis_url, self.folder = client, redis_url, folder
        self.store = Store(folder / "store")
        self.jobs = Jobs(client, redis_url)
        self.job_id = ""
        self.trained = 0

    async def queue(self) -> None:
        if await Registry(self.client).get("1", "spam") is None:
            await Registry(self.client).create("1", "spam", ["a", "b"], by=7)
        await Examples(self.client).add("1", "spam", [Sample("x", "a"), Sample("y", "b")], by=7)
        self.job_id = (await self.jobs.submit(TrainRequest("1", "spam", 7, chat=1))).id

    async def attempt(self, name: str, lease: float = 15.0) -> None:
        """Run the job as a worker's child does that holds a lease of so many seconds."""
        await self.client.zadd(LEASES, {f"{self.job_id}:{name}": time.time() + lease})
        try:
            await asyncio.to_thread(
                run,
                self.job_id,
                run=name,
                leases=LEASES,
                redis_url=self.redis_url,
                store_url=self.folder / "store",
                train=self.train,
                scratch=self.folder / "scratch",
            )
        finally:
            await self.client.zrem(LEASES, f"{self.job_id}:{name}")

    def train(
        self,
        samples: Sequence[Sample],
        options: dict[str, Any],
        folder: Path,
        report: Callable[[Any], None],
        stop: Callable[[], bool],
        checkpoint: Any,
    ) -> None:
        self.trained += 1
        assert not stop()
        (folder / "manifest.json").write_text(json.dumps({"metrics": {"macro_f1": 0.5}}))

    async def ends(self) -> list[Progress]:
        told = await self.client.xrange(keys.PROGRESS)
        reports = [Progress.from_json(fields[b"record"].decode()) for _, fields in told]
        return [report for report in reports if report.stage in {"done", "failed", "cancelled"}]


@pytest.fixture
async def desk(redis_client: redis.asyncio.Redis, redis_url: str, tmp_path: Path) -> Desk:
    desk = Desk(redis_client, redis_url, tmp_path)
    await desk.queue()
    return desk


async def test_a_run_that_dies_after_publishing_publishes_nothing_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = Store.publish

    def publish_and_die(self: Store, owner: str, name: str, folder: Path) -> str:
        publish(self, owner, name, folder)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Store, "publish", publish_and_die)
        with pytest.raises(Killed):
            await desk.attempt("first")
    await desk.attempt("second")
    assert (desk.store.versions("1", "spam"), desk.trained) == (["v1"], 1)
    assert [end.stage for end in await desk.ends()] == ["done"]


async def test_a_run_that_dies_before_its_last_word_is_ended_by_the_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_: object) -> bool:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(JobState, "finish", die)
        with pytest.raises(Killed):
            await desk.attempt("first")
    await desk.attempt("second")
    ends = await desk.ends()
    assert [end.stage for end in ends] == ["done"]
    # What was live before is not the version of the job's own first attempt.
    assert ends[0].report == {
        "version": "v1",
        "promoted": True,
        "metrics": {"macro_f1": 0.5},
        "live": None,
        "live_version": None,
        "against": None,
        "network": {},
    }
    assert desk.trained == 1


async def test_a_job_that_is_over_is_left_alone(desk: Desk) -> None:
    await desk.attempt("first")
    await desk.attempt("second")
    assert (desk.trained, len(await desk.ends())) == (1, 1)


async def test_a_job_that_another_run_holds_is_left_alone(desk: Desk) -> None:
    await JobState(desk.client).start(desk.job_id, "other", LEASES)
    await desk.client.zadd(LEASES, {f"{desk.job_id}:other": time.time() + 15})
    await desk.attempt("mine")
    assert (desk.trained, await desk.ends()) == (0, [])


async def test_a_fault_is_raised_without_its_message(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    def fail(*_: object) -> None:
        raise KeyError("somebody's secret")

    desk.train = fail  # type: ignore[method-assign]
    with pytest.raises(TrainingFailed) as failure:
        await desk.attempt("first")
    assert str(failure.value) == desk.job_id
    assert f"job {desk.job_id} broke: KeyError at test_training_job.py" in caplog.text
    assert "secret" not in caplog.text


async def test_nothing_of_a_run_stays_on_the_disk(desk: Desk) -> None:
    await desk.attempt("first")
    assert list((desk.folder / "scratch").iterdir()) == []


async def test_nothing_stays_of_a_model_that_is_deleted_while_it_is_trained(desk: Desk) -> None:
    publish = desk.train

    def delete_and_train(*arguments: Any) -> None:
        asyncio.run_coroutine_threadsafe(Registry(desk.client).delete("1", "spam"), loop).result(5)
        publish(*arguments)

    loop = asyncio.get_running_loop()
    desk.train = delete_and_train  # type: ignore[method-assign]
    await desk.attempt("first")
    assert [end.problem for end in await desk.ends()] == ["deleted"]
    assert (desk.trained, desk.store.versions("1", "spam")) == (1, [])


async def test_a_later_job_trains_anew(desk: Desk) -> None:
    await desk.attempt("first")
    await desk.queue()
    await desk.attempt("first")
    assert (desk.store.versions("1", "spam"), desk.trained) == (["v1", "v2"], 2)


@pytest.mark.parametrize(
    ("candidate", "live", "may"),
    [(0.5, None, True), (0.5, 0.5, True), (0.49, 0.5, False), (0.51, 0.5, True), (None, 0.5, True)],
)
def test_a_candidate_goes_live_unless_it_is_worse(
    candidate: float | None, live: float | None, may: bool
) -> None:
    metrics = [None if f1 is None else {"macro_f1": f1} for f1 in (candidate, live)]
    assert no_worse(metrics[0], metrics[1]) is may


@pytest.mark.parametrize(("difference", "live"), [(-0.01, "v1"), (0.0, "v2"), (0.01, "v2")])
async def test_what_counts_is_the_comparison_on_the_same_examples(
    desk: Desk, difference: float, live: str
) -> None:
    await desk.attempt("first")
    against = {"difference": difference, "metrics": {"macro_f1": 0.5}}

    def train(samples: Any, options: Any, folder: Path, *_: object) -> None:
        (folder / "manifest.json").write_text(json.dumps({"metrics": {"macro_f1": 0.5}, "against": against}))

    desk.train = train  # type: ignore[assignment]
    await desk.queue()
    await desk.attempt("second")
    entry = await Registry(desk.client).get("1", "spam")
    assert entry is not None
    assert entry.version == live


async def test_a_training_that_forgets_takes_every_version_before_it_away(desk: Desk) -> None:
    await desk.attempt("first")
    seen: list[dict[str, Any]] = []
    train = desk.train

    def watch(samples: Any, options: dict[str, Any], *rest: Any) -> None:
        seen.append(options)
        train(samples, options, *rest)

    desk.train = watch  # type: ignore[method-assign]
    for forgets in (False, True):
        request = TrainRequest("1", "spam", 7, chat=1, forget=forgets)
        desk.job_id = (await desk.jobs.submit(request)).id
        await desk.attempt(f"forgets {forgets}")
    assert ["live" in options for options in seen] == [True, False]
    assert desk.store.versions("1", "spam") == ["v3"]
    entry = await Registry(desk.client).get("1", "spam")
    assert entry is not None
    assert entry.version == "v3"


@pytest.mark.parametrize("how", ["cancelled", "cancelled at once", "unfit", "broken"])
async def test_what_learned_from_deleted_texts_answers_no_more_when_its_successor_fails(
    desk: Desk, how: str
) -> None:
    await desk.attempt("first")
    desk.job_id = (await desk.jobs.submit(TrainRequest("1", "spam", 7, chat=1, forget=True))).id
    failures = {"cancelled": Stopped(), "unfit": Unfit("too_few"), "broken": KeyError()}

    def fail(*_: object) -> None:
        raise failures[how]

    desk.train = fail  # type: ignore[method-assign]
    if how == "cancelled at once":
        await desk.client.hset(keys.job(desk.job_id), "cancel", 1)
    with contextlib.suppress(TrainingFailed):
        await desk.attempt("second")
    entry = await Registry(desk.client).get("1", "spam")
    assert entry is not None
    assert entry.version is None
    assert desk.store.versions("1", "spam") == []


async def test_a_failed_training_that_forgets_nothing_leaves_the_live_version(desk: Desk) -> None:
    await desk.attempt("first")
    await desk.queue()

    def fail(*_: object) -> None:
        raise Unfit("too_few")

    desk.train = fail  # type: ignore[method-assign]
    await desk.attempt("second")
    entry = await Registry(desk.client).get("1", "spam")
    assert entry is not None
    assert entry.version == "v1"


async def test_a_training_that_is_cancelled_after_its_version_is_published_takes_it_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.attempt("first")
    await desk.queue()
    publish, loop = Store.publish, asyncio.get_running_loop()

    def publish_and_cancel(self: Store, owner: str, name: str, folder: Path) -> str:
        version = publish(self, owner, name, folder)
        asyncio.run_coroutine_threadsafe(desk.jobs.cancel(desk.job_id), loop).result(30)
        return version

    monkeypatch.setattr(Store, "publish", publish_and_cancel)
    await desk.attempt("second")
    assert [end.stage for end in await desk.ends()] == ["done", "cancelled"]
    assert desk.store.versions("1", "spam") == ["v1"]
    entry = await Registry(desk.client).get("1", "spam")
    assert entry is not None
    assert entry.version == "v1"


async def test_only_a_training_that_forgets_divides_the_examples_anew(desk: Desk) -> None:
    examples, seen = Examples(desk.client), []
    train = desk.train

    def watch(samples: Sequence[Sample], *rest: Any) -> None:
        seen.append({sample.text for sample in samples if sample.held_out})
        train(samples, *rest)

    desk.train = watch  # type: ignore[method-assign]
    for begun, forgets in ((0, False), (20, False), (20, True)):
        if not forgets:
            taught = [Sample(f"{label} {n}", label) for label in "ab" for n in range(begun, begun + 20)]
            await examples.add("1", "spam", taught, by=7)
        if begun:
            desk.job_id = (await desk.jobs.submit(TrainRequest("1", "spam", 7, chat=1, forget=forgets))).id
        await desk.attempt(f"{begun} {forgets}")
    anew = {sample.text for sample in divide(await examples.read("1", "spam")) if sample.held_out}
    assert seen[0] < seen[1] != anew
    assert seen[2] == anew


@pytest.mark.parametrize("failure", [None, Stopped(), Unfit("too_few"), KeyError()])
async def test_the_minutes_of_a_training_count_however_it_ends(
    desk: Desk, failure: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("ml.training_job.time", SimpleNamespace(monotonic=lambda: now[0]))
    train = desk.train

    def last(*arguments: Any) -> None:
        now[0] += 120
        if failure is not None:
            raise failure
        train(*arguments)

    desk.train = last  # type: ignore[method-assign]
    with contextlib.suppress(TrainingFailed):
        await desk.attempt("first")
    assert await minutes_today(desk.client, 7) == 2
