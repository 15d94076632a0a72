"""The worker's process: takes trainings from the queue, one at a time, until it is told to end."""

from __future__ import annotations

import atexit
import contextlib
import importlib
import logging
import os
import signal
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from types import FrameType

from ml.queues import TRAIN, Function
from ml.rq_worker import LEASE, TrainingWorker
from ml.stream import AWAY
from ml.training_job import Train, run, train_with_keras

log = logging.getLogger(__name__)

ASKED_AGAIN_AFTER = 1.0  # seconds, far more than an orderly end takes
PAUSE = 1.0  # seconds before a worker that Redis let down begins anew


def work(
    redis_url: str,
    store_url: str | Path,
    *,
    train: Train = train_with_keras,
    gpu: bool = False,
    lease: int = LEASE,
) -> None:
    """Run trainings until SIGTERM or SIGINT; one that runs then is queued again.

    Args:
        redis_url: Where Redis is.
        store_url: Where trained models go, as `Store` takes it.
        train: What trains; tests pass something smaller.
        gpu: Whether to use one.
        lease: Seconds after which another worker takes over a training whose worker is silent.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _exit)  # until RQ has its own
    with contextlib.suppress(SystemExit):
        if train is train_with_keras:
            load_tensorflow(gpu=gpu)
        with tempfile.TemporaryDirectory(prefix="tonefit-worker-") as scratch:
            function = partial(
                run, redis_url=redis_url, store_url=store_url, train=train, scratch=Path(scratch)
            )
            while not _worked(redis_url, function, lease):
                time.sleep(PAUSE)
    atexit.register(_leave)


def _worked(redis_url: str, function: Function, lease: int) -> bool:
    """Take jobs until the worker is told to end, which is True, or Redis lets it down."""
    try:
        worker = TrainingWorker(redis_url, {TRAIN: function}, lease)
        try:
            worker.work(with_scheduler=True, logging_level="WARNING")
        except SystemExit:
            worker.register_death()
            raise
        signal.signal(signal.SIGTERM, _exit)
        signal.signal(signal.SIGINT, _exit)
    except AWAY as failure:
        log.warning("redis is away (%s)", type(failure).__name__)
        return False
    return worker.ended


def _leave() -> None:
    """End the process at its exit: Python would take seconds to take TensorFlow apart."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


def _exit(signum: int, frame: FrameType | None) -> None:
    """Leave what runs now, and be asked again where that did not happen.

    An exception that a signal raises in a finaliser or a callback of C code is dropped by Python.
    """
    again = threading.Timer(ASKED_AGAIN_AFTER, signal.raise_signal, [signum])
    again.daemon = True
    again.start()
    sys.exit(0)


def load_tensorflow(*, gpu: bool = False) -> None:
    """Import TensorFlow once, so that the child of each job has it for nothing.

    Nothing may be computed here: TensorFlow's threads would not survive the fork.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if not gpu:
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    begun = time.monotonic()
    for name in ("ml.train", "sklearn.linear_model", "scipy.sparse", "onnxruntime.quantization"):
        importlib.import_module(name)
    log.info("tensorflow is loaded after %.1f s", time.monotonic() - begun)
