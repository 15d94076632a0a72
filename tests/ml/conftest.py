"""Real workers, each in a process of its own."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


class Workers:
    """Workers of one test, their store and the diary of their trainings."""

    def __init__(self, redis_url: str, folder: Path) -> None:
        self.redis_url = redis_url
        self.store = folder / "store"
        self.diary = folder / "diary"
        self.log = folder / "worker.log"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.diary.touch()

    def start(self, lease: int = 15) -> subprocess.Popen[bytes]:
        place = [self.redis_url, self.store, self.diary, lease]
        command = [sys.executable, "-m", "tests.ml.small_worker", *place]
        with self.log.open("ab") as log:
            process = subprocess.Popen([str(part) for part in command], cwd=ROOT, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def events(self) -> list[tuple[float, str, int, int]]:
        """Return what trainings did: time, event, process and its parent."""
        lines = (line.split() for line in self.diary.read_text().splitlines())
        return [(float(at), event, int(pid), int(parent)) for at, event, pid, parent in lines]

    def wait_for(self, event: str, count: int = 1, seconds: float = 30) -> tuple[float, str, int, int]:
        """Return the last of so many events of a kind."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = [entry for entry in self.events() if entry[1] == event]
            if len(found) >= count:
                return found[count - 1]
            time.sleep(0.02)
        raise AssertionError(f"no {event} number {count}: {self.events()} {self.log.read_text()[-3000:]}")

    def end(self) -> None:
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
            process.wait(10)


@pytest.fixture
def workers(redis_url: str, tmp_path: Path) -> Iterator[Workers]:
    """Workers on the test's empty database."""
    started = Workers(redis_url, tmp_path)
    yield started
    started.end()
