"""What happens to a training whose processes die: it is resumed, and never runs twice at once."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
import redis.asyncio

from tests.ml.conftest import Workers, workers
from tests.ml.test_worker import Chat, chat

__all__ = ["chat", "workers"]

RESUMED_WITHIN = 20.0  # seconds


@pytest.mark.parametrize("whom", ["tree", "parent", "child"])
async def test_a_training_whose_processes_were_killed_is_resumed_from_its_checkpoint(
    chat: Chat, workers: Workers, whom: str, redis_client: redis.asyncio.Redis
) -> None:
    first = workers.start()
    await chat.teach()
    job = await chat.train(epochs=8, pause=0.3)
    _, _, child, parent = workers.wait_for("begin")
    await epochs_of(chat, 3)
    killed = time.time()
    for pid in {"tree": (parent, child), "parent": (parent,), "child": (child,)}[whom]:
        os.kill(pid, signal.SIGKILL)
    if whom != "child":
        first.wait(10)
        workers.start()
    end = await chat.end_of(job)
    assert end.stage == "done"
    begun = workers.wait_for("begin", 2)[0]
    assert begun - killed < RESUMED_WITHIN
    resumed = Path(f"{workers.diary}.resumed").read_text()
    assert "after-" in resumed
    assert int(resumed.partition("after-")[2].split()[0]) >= 2
    assert [event for _, event, *_ in workers.events()] == ["begin", "begin", "end"]


async def epochs_of(chat: Chat, count: int) -> None:
    """Wait until a training told of so many epochs."""
    async for progress in chat.jobs.progress():
        if progress.epoch >= count:
            return
