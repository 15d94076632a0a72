"""How long people wait for a training: one with a warm worker, and four over two workers.

`python -m tests.bench.training_jobs [DATA_DIR]`. Over the real queue and real workers, as `/train` uses them.
"""

import argparse
import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import aclosing
from pathlib import Path
from types import MappingProxyType

from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from bot.connection import connect
from ml.examples import Examples
from ml.jobs import FINAL, Jobs, TrainRequest
from ml.registry import Registry
from ml.samples import Sample
from tests.bench.machine import DATA, described
from tests.bench.server import server
from tests.bench.training_speed import read

EXAMPLES = 500
JOBS, WORKERS = 4, 2
READY = 180.0  # seconds for a worker to load TensorFlow
LONGEST = 600.0  # seconds for all jobs
CODE = "import sys; from ml.worker import work; work(sys.argv[1], sys.argv[2])"
SET = "sms_spam"


def main(arguments: list[str] | None = None) -> None:
    """Print how long each job waited and ran, or why there is none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    options = parser.parse_args(arguments)
    console = Console(width=120)
    if not (options.data / SET).is_dir():
        console.print(f"Trainings: skipped, {options.data} holds no sets.")
        return
    rows, _ = read(options.data / SET, EXAMPLES)
    with server() as (valkey, folder):
        asyncio.run(measure(valkey.url, folder / "store", rows, console))


async def measure(url: str, store: Path, rows: list[Sample], console: Console) -> None:
    """Run one job with one warm worker, then four with two."""
    redis = connect(url)
    jobs = Jobs(redis, url)
    for owner in range(JOBS):
        await Registry(redis).create(str(owner), "spam", sorted({row.label for row in rows}), owner)
        await Examples(redis).add(str(owner), "spam", rows, owner)
    with worker(url, store), contextlib.ExitStack() as more:
        await ready(jobs, 1)
        for name, options in (("cold", {}), ("warm", {}), ("warm", {"arch": "lstm"})):
            spans = await run(redis, jobs, 1, options)
            seconds = f"{spans[0][1]:.1f} s from the request to the end"
            asked = "".join(f", {option}={value}" for option, value in options.items())
            console.print(f"{name} worker, {len(rows)} examples{asked}: {seconds} ({described()})")
        more.enter_context(worker(url, store))
        await ready(jobs, WORKERS)
        table = Table(
            "job", "began after, s", "ended after, s", "reports", title=f"{JOBS} jobs over {WORKERS} workers"
        )
        for number, (began, ended, reports) in enumerate(await run(redis, jobs, JOBS), 1):
            table.add_row(str(number), f"{began:.1f}", f"{ended:.1f}", str(reports))
        console.print(table)
    await redis.aclose()


async def run(
    redis: Redis, jobs: Jobs, count: int, options: Mapping[str, str] = MappingProxyType({})
) -> list[tuple[float, float, int]]:
    """Ask for trainings at once; return when each began and ended, and how often it reported."""
    asked = time.monotonic()
    requests = [
        TrainRequest(str(owner), "spam", owner, chat=owner, options=dict(options)) for owner in range(count)
    ]
    ids = [(await jobs.submit(request)).id for request in requests]
    began: dict[str, float] = {}
    ended: dict[str, float] = {}
    reports = dict.fromkeys(ids, 0)
    async with asyncio.timeout(LONGEST), aclosing(jobs.progress()) as told:  # type: ignore[type-var]
        async for progress in told:
            if progress.job not in reports or progress.stage == "queued":
                continue
            reports[progress.job] += 1
            began.setdefault(progress.job, time.monotonic() - asked)
            if progress.stage in FINAL:
                ended[progress.job] = time.monotonic() - asked
                if len(ended) == count:
                    break
    return [(began[job], ended[job], reports[job]) for job in ids]


async def ready(jobs: Jobs, count: int) -> None:
    """Wait until so many workers have loaded TensorFlow and ask for work."""
    async with asyncio.timeout(READY):
        while await jobs.workers() < count:
            await asyncio.sleep(0.2)


@contextlib.contextmanager
def worker(url: str, store: Path) -> Iterator[None]:
    """Run a worker."""
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, url, str(store)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    main()
