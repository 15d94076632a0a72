"""What a benchmark runs on: its name, and one core of it."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

DATA = Path(__file__).parents[3] / "shared" / "data"


def processor() -> str:
    """Return what the machine's processor is called."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def described() -> str:
    """Return the machine, and how busy it was already: who reads a speed must know."""
    load = f", load {os.getloadavg()[0]:.1f} before the run" if hasattr(os, "getloadavg") else ""
    return f"{processor()}, {os.cpu_count()} cores{load}, Python {platform.python_version()}"


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process on one core, threads that a library started before included."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    whole = os.sched_getaffinity(0)
    _keep_to({min(whole)})
    try:
        yield
    finally:
        _keep_to(whole)


def _keep_to(cores: set[int]) -> None:
    for thread in Path("/proc/self/task").iterdir():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread.name), cores)
