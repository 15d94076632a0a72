"""The health check of a worker's container."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import redis.asyncio

from ml.worker_health import lives
from tests.conftest import free_port
from tests.ml.conftest import Workers
from tests.ml.test_worker import Chat, until_there_are_workers

ROOT = Path(__file__).parents[2]


async def test_a_worker_lives_on_its_own_host_until_it_ends(
    redis_client: redis.asyncio.Redis, redis_url: str, workers: Workers
) -> None:
    host = socket.gethostname()
    assert not await asyncio.to_thread(lives, redis_url, host)
    worker = workers.start()
    await until_there_are_workers(Chat(redis_client, redis_url))
    assert await asyncio.to_thread(lives, redis_url, host)
    assert not await asyncio.to_thread(lives, redis_url, f"not-{host}")
    worker.terminate()
    await asyncio.to_thread(worker.wait, 20)
    assert not await asyncio.to_thread(lives, redis_url, host)


def test_the_check_fails_without_a_worker_and_blames_nobody_for_redis(redis_url: str) -> None:
    assert status(redis_url) == 1
    assert status(f"redis://127.0.0.1:{free_port()}/0") == 0
    assert status("") == 2


def status(redis_url: str) -> int:
    environment = {**os.environ, "TONEFIT_REDIS_URL": redis_url}
    command = [sys.executable, "-m", "ml.worker_health"]
    done = subprocess.run(command, env=environment, cwd=ROOT, timeout=60, capture_output=True, check=False)
    return done.returncode
