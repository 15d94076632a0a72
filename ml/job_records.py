"""The records of a training: what was asked for, the job as people see it, and what it reports."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any

FINAL = frozenset({"done", "failed", "cancelled"})


@dataclass(frozen=True)
class TrainRequest:
    """A training that somebody asked for; `options` are those of `ml.train.TrainConfig`.

    `forget` is for a model whose examples were deleted: the new version takes the place of all versions
    before it, however good they were, and learns nothing from them.
    """

    owner: str
    model: str
    user: int
    chat: int
    topic: int | None = None
    language: str = "en"
    options: dict[str, Any] = field(default_factory=dict)
    forget: bool = False

    def to_json(self) -> str:
        """Return the request as JSON."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> TrainRequest:
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Job:
    """A training as people see it.

    `state` is one of queued, running, done, failed, cancelled. `place` counts from 1 among the queued jobs.
    `estimate` is in seconds from now until the job is done. `message` is the message that shows its progress.
    """

    id: str
    request: TrainRequest
    state: str
    place: int | None
    estimate: float | None
    message: int | None
    stage: str
    created: float  # seconds since 1970
    started: float | None = None  # the same, of the last attempt
    ended: float | None = None


@dataclass(frozen=True)
class Progress:
    """One report of a job.

    `stage` is one of queued, reading, training, judging, publishing, done, failed, cancelled; the last three
    come once and end the job. `report` of a job that is done holds `version`, `promoted`, the `metrics` of
    that version, as `network` what it is made of, and as `live` the metrics of the version that was live
    before, None without any.
    `problem` of a failed job is one_class, too_few, deleted, disk_full, timeout, killed or failed; the log
    of the worker names the job by its id.
    """

    job: str
    stage: str
    epoch: int = 0
    epochs: int = 0
    loss: float | None = None
    accuracy: float | None = None
    held_out_accuracy: float | None = None
    seconds_left: float | None = None
    report: dict[str, Any] | None = None
    problem: str | None = None

    def to_json(self) -> str:
        """Return the report as JSON."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Progress:
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))
