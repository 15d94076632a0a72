"""Where an unfinished training stands: kept beside the models, so that another attempt goes on from there."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import fsspec
import numpy as np

from ml.predictor import SHIPPED
from ml.samples import Sample
from ml.tokenizer import pieces_mark

log = logging.getLogger(__name__)

State = dict[str, np.ndarray]

FOLDER = ".checkpoints"  # in the model store, which every worker reaches
KEPT_FOR = 86_400  # seconds; of a job that was given up nobody deletes it
DONE = "done "  # what names of finished steps begin with
SHARE = 0.1  # of the time may go into writing: an epoch of a handful of samples takes less than that


class NoCheckpoint:
    """For a training that nobody would try again."""

    def load(self) -> State | None:
        """Return nothing."""
        return None

    def save(self, state: Callable[[], State]) -> None:
        """Keep nothing."""


class Checkpoint(NoCheckpoint):
    """The checkpoint of one job.

    Args:
        store_url: Where models lie, a folder or a fsspec URL.
        job_id: The job.
        samples: What it learns from; taught anew in between, it begins anew.
        options: What was chosen.
    """

    def __init__(
        self, store_url: str | Path, job_id: str, samples: Sequence[Sample], options: dict[str, Any]
    ) -> None:
        self._fs, root = fsspec.core.url_to_fs(str(store_url), use_listings_cache=False)
        self._folder = f"{root.rstrip('/')}/{FOLDER}"
        self._path = f"{self._folder}/{job_id}.npz"
        self._of = fingerprint(samples, options)
        self._next = 0.0  # by the monotonic clock

    def load(self) -> State | None:
        """Return where an earlier attempt stood, or None."""
        try:
            with np.load(io.BytesIO(self._fs.cat_file(self._path))) as held:
                state = dict(held)
        except (OSError, ValueError, EOFError, BadZipFile):
            return None
        return state if str(state.pop("of", "")) == self._of else None

    def save(self, state: Callable[[], State]) -> None:
        """Keep where the training stands, unless the last time was too short ago for what it costs.

        A disk that is full does not end a training here; it will say so when it publishes.
        """
        begun = time.monotonic()
        if begun < self._next:
            return
        content = io.BytesIO()
        arrays: dict[str, Any] = {"of": np.array(self._of), **state()}
        np.savez(content, **arrays)
        draft = f"{self._path}.{secrets.token_hex(4)}"
        try:
            self._fs.makedirs(self._folder, exist_ok=True)
            self._fs.pipe_file(draft, content.getvalue())
            self._fs.mv(draft, self._path)
        except OSError as failure:
            log.warning("no checkpoint was written (%s)", type(failure).__name__)
        ended = time.monotonic()
        self._next = ended + (ended - begun) / SHARE

    def delete(self) -> None:
        """Forget it: the job is over. What other jobs left long ago goes too."""
        with contextlib.suppress(OSError):
            self._fs.rm_file(self._path)
        with contextlib.suppress(OSError, NotImplementedError):
            for path in self._fs.ls(self._folder, detail=False):
                if time.time() - self._fs.modified(path).timestamp() > KEPT_FOR:
                    self._fs.rm_file(path)


class Steps(NoCheckpoint):
    """The checkpoint of a training of several steps: what is finished lies beside where the next one stands.

    The steps come in the same order at every attempt, so that what stands there belongs to the first that is
    not finished.
    """

    def __init__(self, whole: NoCheckpoint) -> None:
        self._whole = whole
        held = whole.load() or {}
        self._done = {name: held.pop(name) for name in list(held) if name.startswith(DONE)}
        self._standing: State | None = held or None

    def done(self, step: str) -> np.ndarray | None:
        """Return what a step came to, None where it is not finished."""
        return self._done.get(DONE + step)

    def finish(self, step: str, result: np.ndarray) -> None:
        """Keep what a step came to; a later call for the same step replaces it."""
        self._done[DONE + step] = result
        self._whole.save(lambda: dict(self._done))

    def load(self) -> State | None:
        """Return where the first unfinished step stood, once."""
        standing, self._standing = self._standing, None
        return standing

    def save(self, state: Callable[[], State]) -> None:
        """Keep where the step at hand stands."""
        self._whole.save(lambda: self._done | state())


def fingerprint(samples: Sequence[Sample], options: dict[str, Any]) -> str:
    """Return what tells two trainings apart; an upgrade may bring a vocabulary of other pieces."""
    lines = [[sample.text, sample.label] for sample in samples]
    content = json.dumps(lines) + json.dumps(options) + pieces_mark(SHIPPED)
    return hashlib.sha256(content.encode()).hexdigest()
