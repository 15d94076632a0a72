"""A real worker whose trainings are small: `python -m tests.ml.small_worker REDIS_URL STORE DIARY LEASE`.

What a training does is in the job's options: `epochs`, `pause` (seconds an epoch), `deaths` (how many
attempts kill themselves), `fault` (an exception's name). The diary gets a line at every begin and end, and
DIARY.resumed one for every checkpoint that is gone on from.
"""

import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from ml.checkpoint import NoCheckpoint
from ml.samples import Sample
from ml.training_job import Stopped, Unfit
from ml.worker import work

FAULTS = {
    "text": ValueError("somebody's secret text"),
    "disk": OSError(28, "no space left on device"),
}


def train(
    diary: Path,
    samples: Sequence[Sample],
    options: dict[str, Any],
    folder: Path,
    report: Callable[[Any], None],
    stop: Callable[[], bool],
    checkpoint: NoCheckpoint,
) -> None:
    write(diary, "begin")
    if len({sample.label for sample in samples}) < 2:
        raise Unfit("one_class")
    if diary.read_text().count("begin") <= options.get("deaths", 0):
        os.kill(os.getpid(), signal.SIGKILL)
    if "fault" in options:
        raise FAULTS[options["fault"]]
    epochs = options.get("epochs", 2)
    held = checkpoint.load()
    done = int(held["epoch"]) if held is not None else 0
    if done:
        write(diary.with_suffix(".resumed"), f"after-{done}")
    for epoch in range(done + 1, epochs + 1):
        time.sleep(options.get("pause", 0.0))
        if stop():
            write(diary, "stopped")
            raise Stopped
        left = (epochs - epoch) * options.get("pause", 0.0)
        report(
            SimpleNamespace(
                epoch=epoch,
                epochs=epochs,
                loss=1 / epoch,
                accuracy=0.5,
                held_out_accuracy=0.5,
                seconds_left=left,
            )
        )
        checkpoint.save(lambda epoch=epoch: {"epoch": np.array(epoch)})
    manifest = {"labels": ["a", "b"], "threshold": 0.5, "metrics": {"macro_f1": options.get("f1", 0.5)}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "model.onnx").write_bytes(b"weights")
    write(diary, "end")


def write(diary: Path, event: str) -> None:
    with diary.open("a") as lines:
        lines.write(f"{time.time():.3f} {event} {os.getpid()} {os.getppid()}\n")


if __name__ == "__main__":
    logging.basicConfig(level="INFO", stream=sys.stderr)
    work(sys.argv[1], sys.argv[2], train=partial(train, Path(sys.argv[3])), lease=int(sys.argv[4]))
