"""One training with TensorFlow by the worker that people run, up to the answer of the new model."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis.asyncio

from ml.examples import Examples
from ml.jobs import FINAL, Jobs, TrainRequest
from ml.predictor import Model
from ml.registry import Registry
from ml.samples import Sample
from ml.store import Store

ROOT = Path(__file__).parent.parent.parent
CODE = "import sys; from ml.worker import work; work(sys.argv[1], sys.argv[2])"
GOOD, BAD = "a lovely sunny day", "这个太糟糕了"


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_sixteen_examples_become_a_model_that_answers(
    redis_client: redis.asyncio.Redis, redis_url: str, tmp_path: Path
) -> None:
    registry, examples, jobs = Registry(redis_client), Examples(redis_client), Jobs(redis_client, redis_url)
    await registry.create("-100", "好坏", ["good", "bad"], by=7)
    samples = [
        Sample(f"{text} {n}", label) for n in range(8) for text, label in ((GOOD, "good"), (BAD, "bad"))
    ]
    await examples.add("-100", "好坏", samples, by=7)
    job = await jobs.submit(TrainRequest("-100", "好坏", 7, chat=-100, options={"epochs": 3}))
    with (tmp_path / "log").open("wb") as log:
        worker = subprocess.Popen(
            [sys.executable, "-c", CODE, redis_url, str(tmp_path / "store")], cwd=ROOT, stdout=log, stderr=log
        )
    try:
        async with asyncio.timeout(280):
            async for progress in jobs.progress():
                if progress.stage in FINAL:
                    break
        assert (progress.job, progress.stage, progress.problem) == (job.id, "done", None)
        assert progress.report is not None
        assert (progress.report["version"], progress.report["promoted"]) == ("v1", True)
        folder = await asyncio.to_thread(Store(tmp_path / "store").fetch, "-100", "好坏", "v1")
        answers = Model.load(folder).classify([GOOD, BAD])
        assert [answer.label for answer in answers] == ["good", "bad"]
        # TensorFlow starts threads when it computes, which no fork would take along.
        assert len(os.listdir(f"/proc/{worker.pid}/task")) <= 3  # noqa: PTH208
        begun = time.monotonic()
        worker.terminate()
        assert await asyncio.to_thread(worker.wait, 20) == 0
        assert time.monotonic() - begun < 5
    finally:
        worker.kill()
        worker.wait(10)
