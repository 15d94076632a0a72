"""How fast updates go through the spine: `python -m tests.bench.spine_speed [quick | memory]`, Linux alone.

Beside a bare python-telegram-bot echo over the same aiohttp request, and as the library comes; beside aiogram
where that is installed (it holds pydantic back, so that it is in no requirements). The bot has one core, the
Bot API server and Redis another. Every update is a /sentiment through the durable inbox and the real model.
Of speeds that others disturb, the processor time says more than the clock. `memory` alone asks whether a
bot grows over 100,000 updates: the inbox is full of what waits from before the first figure to near the last.
It may run beside other work, and ends the whole run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Self
from urllib.error import URLError
from urllib.request import urlopen

from rich.console import Console
from rich.table import Table

from tests.bench.machine import described
from tests.conftest import Valkey, free_port

ROOT = Path(__file__).parents[2]
SETTLED = 6.0  # seconds in which a bot that is there loads the rest, and replicas share the chats
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
BOT_CORE, SERVER_CORE = CORES[0], CORES[-1]
ROUNDS = 3  # of the echo, polling and webhook by turns; the middle one counts
LONG = 100_000  # updates over which memory is watched
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Run:
    """One run: updates a second by the clock and by the bot's processor time, milliseconds, megabytes."""

    per_second: float
    per_cpu_second: float
    p50: float
    p99: float
    memory: float
    early: float  # the memory when a tenth of the run's time was over


def main(quick: bool = False) -> None:
    """Measure and print."""
    speeds(quick)
    if not quick:
        memory()


def memory() -> None:
    """Print what a bot holds early and at the end of a long run."""
    run = measure(("-m", "bot", "run"), LONG)
    Console().print(
        f"{described()}, {LONG:,} updates by polling, {run.per_second:.0f} a second: "
        f"{run.early:.1f} MB after a tenth, {run.memory:.1f} MB after all"
    )


def speeds(quick: bool) -> None:
    """Print how fast updates are answered."""
    count = 2_000 if quick else 10_000
    polling, webhook = ("-m", "bot", "run"), ("-m", "bot", "run", "webhook")
    bots = (("-m", "tests.bench.echo_bot", "aiohttp"), polling, webhook)
    by_turns = [[measure(bot, count) for bot in bots] for _ in range(ROUNDS)]
    echo, polled, hooked = (median_run(runs) for runs in zip(*by_turns, strict=True))
    stock = measure(("-m", "tests.bench.echo_bot", "httpx"), count // 5)
    beside = {}
    if find_spec("aiogram"):
        beside["aiogram echo as it comes"] = measure(("-m", "tests.bench.echo_bot", "aiogram"), count // 5)
    half = polled.per_second / 2
    rows = {
        "python-telegram-bot echo, aiohttp": echo,
        "python-telegram-bot echo as it comes": stock,
        **beside,
        "Tonefit, polling": polled,
        "Tonefit, webhook": hooked,
        f"Tonefit, polling at {half:,.0f}/s": measure(polling, count // 2, half),
        "Tonefit, two replicas on two cores": measure(polling, count, replicas=2),
    }
    table = Table("bot", "updates/s", "of the echo", "by processor time", "p50 ms", "p99 ms", "MB")
    for name, run in rows.items():
        table.add_row(
            name,
            f"{run.per_second:,.0f}",
            f"{run.per_second / echo.per_second:.2f}",
            f"{run.per_cpu_second / echo.per_cpu_second:.2f}",
            f"{run.p50:,.0f}",
            f"{run.p99:,.0f}",
            f"{run.memory:.0f}",
        )
    console = Console()
    console.print(
        f"{described()}, {count:,} updates of 200 chats, TONEFIT_LIMITS=off, middle of {ROUNDS} rounds"
    )
    console.print(table)


def median_run(runs: Sequence[Run]) -> Run:
    """Return the run of the middle speed: on a shared machine single ones differ by a fifth."""
    return sorted(runs, key=lambda run: run.per_second)[len(runs) // 2]


def measure(program: tuple[str, ...], updates: int, rate: float = 0.0, replicas: int = 1) -> Run:
    """Run a bot over some updates."""
    with tempfile.TemporaryDirectory() as folder:
        valkey = Valkey(Path(folder))
        valkey.start()
        port, listen = free_port(), f"127.0.0.1:{free_port()}"
        environment = {
            **os.environ,
            "TONEFIT_TOKEN": "1:bench",
            "TONEFIT_API_URL": f"http://127.0.0.1:{port}",
            "TONEFIT_REDIS_URL": valkey.url,
            "TONEFIT_DATA_DIR": folder,
            "TONEFIT_LIMITS": "off",
        }
        if program[-1] == "webhook":
            program = program[:-1]
            environment |= {"TONEFIT_WEBHOOK_URL": f"http://{listen}/hook", "TONEFIT_WEBHOOK_LISTEN": listen}
        arguments = [str(port), str(updates), str(rate), str(SERVER_CORE)]
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.bot_api", *arguments], cwd=ROOT, stdout=subprocess.PIPE
        )
        cores = (BOT_CORE,) if replicas == 1 else CORES[:replicas]
        bots = [start(program, environment, core) for core in cores]
        try:
            call(port, "ready")
            time.sleep(SETTLED)
            before = [processor_time(bot.pid) for bot in bots]
            call(port, "go")
            with Watch(bots) as watch:
                assert server.stdout is not None
                result = json.loads(server.stdout.readline())
            spent = sum(processor_time(bot.pid) for bot in bots) - sum(before)
        finally:
            for process in (*bots, server):
                process.kill()
                process.wait(10)
            valkey.kill()
    assert result["answered"] == updates, result
    return Run(
        result["per_second"], updates / spent, result["p50"], result["p99"], watch.held[-1], watch.early
    )


class Watch:
    """Notes each second what some processes hold together, in megabytes."""

    def __init__(self, processes: Sequence[subprocess.Popen[bytes]]) -> None:
        self._processes = processes
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._note)
        self.held: list[float] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def early(self) -> float:
        """What they held when a tenth of the time was over."""
        return self.held[len(self.held) // 10]

    def _note(self) -> None:
        while True:
            over = self._over.wait(1)
            self.held.append(sum(resident(process.pid) for process in self._processes))
            if over:
                return


def call(port: int, name: str) -> None:
    """Ask the Bot API server something that it answers when it is so."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}/{name}", timeout=60):
                return
        except URLError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def start(program: tuple[str, ...], environment: dict[str, str], core: int) -> subprocess.Popen[bytes]:
    """Start a bot on a core of its own."""
    pinned = ["taskset", "-c", str(core)]
    return subprocess.Popen(
        [*pinned, sys.executable, *program],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def processor_time(pid: int) -> float:
    """Return the seconds that a process has computed."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident(pid: int) -> float:
    """Return the megabytes that a process holds."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


if __name__ == "__main__":
    if sys.argv[1:] == ["memory"]:
        memory()
    else:
        main(quick="quick" in sys.argv[1:])
