"""The job function: one training, from the taught examples to a version that is live."""

from __future__ import annotations

import errno
import json
import logging
import shutil
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from rq.timeouts import JobTimeoutException

from ml.checkpoint import Checkpoint, NoCheckpoint
from ml.examples import Examples
from ml.job_records import Progress, TrainRequest
from ml.job_reporter import LeaseLost, Reporter
from ml.job_state import Begin, cancelled
from ml.pace import note_pace
from ml.quotas import note_training
from ml.registry import ModelEntry, ModelGone, Registry
from ml.samples import Sample
from ml.store import MANIFEST, Store, UnknownVersion

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from ml.train import Epoch

log = logging.getLogger(__name__)

NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
ROUNDING = 1e-9
MADE_OF = ("arch", "networks_share", "config")  # of a manifest: what a version is
LOOK_BACK = 3  # versions among which a run looks for one that its job published before it died

# Trains on samples with options, leaves a model in the folder, reports epochs, asks whether to stop, and
# goes on from a checkpoint.
Train: TypeAlias = Callable[
    [Sequence[Sample], dict[str, Any], Path, "Callable[[Epoch], None]", Callable[[], bool], NoCheckpoint],
    object,
]


class Unfit(ValueError):
    """The examples cannot be trained on; `problem` says why, as `Progress` names it."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class Stopped(Exception):
    """Somebody cancelled the job."""


class TrainingFailed(RuntimeError):
    """A training broke. The log says where; no message is kept, since it may quote what somebody wrote."""


def train_with_keras(
    samples: Sequence[Sample],
    options: dict[str, Any],
    folder: Path,
    report: Callable[[Epoch], None],
    stop: Callable[[], bool],
    checkpoint: NoCheckpoint,
) -> object:
    """Train with TensorFlow.

    Raises:
        Unfit: The samples do not suffice.
        Stopped: `stop` said so.
    """
    from ml.train import Cancelled, OneClass, TooFewSamples, TrainConfig, train

    try:
        return train(samples, TrainConfig(**options), folder, report, stop, checkpoint)
    except OneClass as reason:
        raise Unfit("one_class") from reason
    except TooFewSamples as reason:
        raise Unfit("too_few") from reason
    except Cancelled as reason:
        raise Stopped from reason


def run(
    job_id: str, *, run: str, leases: str, redis_url: str, store_url: str | Path, train: Train, scratch: Path
) -> None:
    """Do what a job asks for and tell how it ends, once, however often it is tried.

    Args:
        job_id: The job; what it asks for is in Redis.
        run: The id of this attempt.
        leases: The key of the attempts' leases.
        redis_url: Where Redis is.
        store_url: Where versions go; opened here, since a remote store's connections outlive no fork.
        train: What trains.
        scratch: A folder for the files of unfinished models.

    Raises:
        TrainingFailed: Something broke that may go well another time.
        LeaseLost: See there.
    """
    with Reporter(job_id, redis_url) as reporter:
        begin = reporter.begin(run, leases)
        if begin in {Begin.OVER, Begin.BUSY}:
            log.info("job %s is left alone: %s", job_id, begin.value)
            return
        request = reporter.request()
        begun, store = time.monotonic(), Store(store_url)
        try:
            stopped = begin is Begin.CANCELLED
            end = cancelled(job_id) if stopped else _end(reporter, request, store, train, scratch / job_id)
        except TrainingFailed:
            _withdraw(reporter, request, store)
            raise
        if end.stage != "done":
            _withdraw(reporter, request, store)
        reporter.end(request, end)
        log.info("job %s: %s after %.1f s", job_id, end.problem or end.stage, time.monotonic() - begun)


def _end(reporter: Reporter, request: TrainRequest, store: Store, train: Train, folder: Path) -> Progress:
    """Try the training and return the report that ends the job."""
    job_id = reporter.job_id
    shutil.rmtree(folder, ignore_errors=True)  # of an attempt that was killed
    try:
        outcome = _outcome(reporter, request, store, train, folder)
        if reporter.cancelled() and not reporter.ask(lambda redis: _is_live(redis, request, outcome)):
            store.delete_version(request.owner, request.model, outcome["version"])
            raise Stopped
        if outcome["promoted"]:
            reporter.ask(lambda redis: _serve(Registry(redis), request, outcome["version"]))
        if request.forget:
            for version in set(store.versions(request.owner, request.model)) - {outcome["version"]}:
                store.delete_version(request.owner, request.model, version)
        return Progress(job_id, "done", report=outcome)
    except Stopped:
        return cancelled(job_id)
    except LeaseLost:
        raise
    except Exception as error:
        if isinstance(error, ModelGone):  # nothing may stay of what was published after its deletion
            store.delete(request.owner, request.model)
        problem = _problem(error)
        if problem is None:
            log.error("job %s broke: %s", job_id, _place(error))
            raise TrainingFailed(job_id) from None
        return Progress(job_id, "failed", problem=problem)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _withdraw(reporter: Reporter, request: TrainRequest, store: Store) -> None:
    """Let nothing answer that learned from deleted texts, where what was to take its place failed."""
    if not request.forget:
        return
    reporter.ask(lambda redis: Registry(redis).withdraw(request.owner, request.model))
    for version in store.versions(request.owner, request.model):
        store.delete_version(request.owner, request.model, version)


async def _is_live(redis: Redis, request: TrainRequest, outcome: dict[str, Any]) -> bool:
    entry = await Registry(redis).get(request.owner, request.model)
    return entry is not None and entry.version == outcome["version"]


async def _serve(registry: Registry, request: TrainRequest, version: str) -> None:
    """Make a version the live one, and wait until whoever asks any replica is answered by it."""
    change = await registry.promote(request.owner, request.model, version)
    if not await registry.served(change):
        log.warning("a replica does not serve version %s yet", version)


def _outcome(
    reporter: Reporter, request: TrainRequest, store: Store, train: Train, folder: Path
) -> dict[str, Any]:
    """Train, judge and publish; return what the job came to."""
    owner, name = request.owner, request.model
    samples = reporter.ask(lambda redis: Examples(redis).divided(owner, name, anew=request.forget))
    entry = reporter.ask(lambda redis: Registry(redis).get(owner, name))
    if entry is None:
        raise ModelGone(name)
    version = _published(store, request, reporter.job_id)
    if version is None:
        checkpoint = Checkpoint(store.url, reporter.job_id, samples, request.options)
        live = "" if request.forget else _live_folder(store, entry)
        _train(reporter, request, train, samples, folder, checkpoint, live)
        version = _publish(reporter, request, store, folder)
        checkpoint.delete()
    manifest = store.manifest(owner, name, version)
    metrics, against = manifest.get("metrics"), manifest.get("against") or {}
    before = None if request.forget else against.pop("metrics", None) or _live_metrics(store, entry)
    worse = against["difference"] < -ROUNDING if against else not no_worse(metrics, before)
    promoted = entry.version is None or request.forget or not worse
    # An earlier attempt may have got this far, and had another version live before it.
    return reporter.commit(
        {
            "version": version,
            "promoted": promoted,
            "metrics": metrics,
            "live": before,
            "live_version": None if request.forget else entry.version,
            "against": against or None,
            "network": {name: manifest[name] for name in MADE_OF if name in manifest},
        }
    )


def _live_folder(store: Store, entry: ModelEntry) -> str:
    """Return where the files of the live version are, "" without one."""
    if entry.version is None:
        return ""
    try:
        return str(store.fetch(entry.owner, entry.name, entry.version))
    except UnknownVersion:
        return ""


def _train(
    reporter: Reporter,
    request: TrainRequest,
    train: Train,
    samples: Sequence[Sample],
    folder: Path,
    checkpoint: Checkpoint,
    live: str,
) -> None:
    """Train into a folder and learn how long that takes."""
    folder.mkdir(parents=True)
    reporter.stage("training")
    begun = time.monotonic()
    options = request.options | ({"live": live} if live else {})
    try:
        train(samples, options, folder, reporter.epoch, reporter.cancelled, checkpoint)
    except (Unfit, Stopped):
        checkpoint.delete()
        raise
    finally:  # who stops a training after an hour has had an hour
        seconds = time.monotonic() - begun
        reporter.ask(lambda redis: note_training(redis, request.user, seconds))
    reporter.ask(lambda redis: note_pace(redis, request.options, len(samples), reporter.last_epoch, seconds))


def _publish(reporter: Reporter, request: TrainRequest, store: Store, folder: Path) -> str:
    """Put the model into the store under this job's id, so that a later attempt finds it there."""
    reporter.stage("judging")
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    (folder / MANIFEST).write_text(json.dumps(manifest | {"job": reporter.job_id}), encoding="utf-8")
    if reporter.cancelled():
        raise Stopped
    reporter.stage("publishing")
    return store.publish(request.owner, request.model, folder)


def _published(store: Store, request: TrainRequest, job_id: str) -> str | None:
    """Return the version that an earlier attempt published before it died."""
    for version in reversed(store.versions(request.owner, request.model)[-LOOK_BACK:]):
        if store.manifest(request.owner, request.model, version).get("job") == job_id:
            return version
    return None


def _live_metrics(store: Store, entry: ModelEntry) -> dict[str, Any] | None:
    """Return how good the live version was on what was held out from it."""
    if entry.version is None:
        return None
    try:
        return store.manifest(entry.owner, entry.name, entry.version).get("metrics")
    except UnknownVersion:
        return None


def no_worse(candidate: dict[str, Any] | None, live: dict[str, Any] | None) -> bool:
    """Say whether a candidate may take the place of the live version: its macro F1 is at least as high.

    For versions that were not compared on the same samples: each figure is of what was held out from it.
    """
    if not candidate or not live:
        return True
    return float(candidate.get("macro_f1", 0)) >= float(live.get("macro_f1", 0)) - ROUNDING


def _problem(error: Exception) -> str | None:
    """Return the code of what would go wrong again, or None."""
    if isinstance(error, Unfit):
        return error.problem
    if isinstance(error, ModelGone):
        return "deleted"
    if isinstance(error, JobTimeoutException):
        return "timeout"
    return "disk_full" if isinstance(error, OSError) and error.errno in NO_SPACE else None


def _place(error: BaseException) -> str:
    """Return an exception's type and the places it came through, without its message."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {places}"
