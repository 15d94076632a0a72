"""How soon every replica answers by a new version, and whether a question is lost meanwhile.

`python -m tests.bench.hot_reload [--replicas 3] [--changes 10]`: processes that ask a chat's own model
without a pause, while its live version changes over a real server.
"""

import argparse
import asyncio
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Awaitable
from pathlib import Path

from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from bot.connection import connect
from ml import keys
from ml.predictor import SHIPPED, Predictor
from ml.registry import Registry
from ml.store import Store
from tests.bench.machine import described
from tests.bench.server import server

ASKERS = 4  # questions at once in each replica
LABELS = ("bad", "meh", "good")
READY = 60.0  # seconds
PAUSE = 0.5  # seconds between changes
REPLICA = "import sys; from tests.bench.hot_reload import replica; replica(*sys.argv[1:])"


def main(arguments: list[str] | None = None) -> None:
    """Print how long changes took to reach all replicas, and what became of the questions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicas", type=int, default=3)
    parser.add_argument("--changes", type=int, default=10)
    options = parser.parse_args(arguments)
    with server() as (valkey, folder):
        table = asyncio.run(measure(valkey.url, folder, options.replicas, options.changes))
    Console(width=120).print(table)


async def measure(url: str, folder: Path, replicas: int, changes: int) -> Table:
    """Change the live version while replicas ask."""
    redis, store = connect(url), Store(folder / "store")
    registry = Registry(redis)
    await registry.create("1", "spam", LABELS, 1)
    versions = [publish(store, folder / f"model{number}") for number in range(2)]
    await registry.promote("1", "spam", versions[0])
    command = [sys.executable, "-c", REPLICA, url, str(folder / "store")]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(replicas)
    ]
    try:
        await ready(redis, replicas)
        told, promoted = [], []
        for number in range(1, changes + 1):
            await asyncio.sleep(PAUSE)
            begun = time.time()
            change = await registry.promote("1", "spam", versions[number % 2])
            all_served = await registry.served(change)
            told.append(time.time() - begun if all_served else float("inf"))
            promoted.append(begun)
        await asyncio.sleep(PAUSE)
        reports = [json.loads((await asyncio.to_thread(each.communicate, "end\n"))[0]) for each in running]
    finally:
        for process in running:
            process.kill()
            process.wait(10)
    await redis.aclose()
    return shown(promoted, told, reports)


def shown(promoted: list[float], told: list[float], reports: list[dict[str, list[float]]]) -> Table:
    """Sum the changes up."""
    first = [
        max(min((at for at in report["changed"] if at > begun), default=float("inf")) for report in reports)
        for begun in promoted
    ]
    late = [at - begun for at, begun in zip(first, promoted, strict=True)]
    table = Table("of a change", "median", "longest", title=f"{len(reports)} replicas: {described()}")
    for name, seconds in (("until all answer by it, s", late), ("until the card may come, s", told)):
        table.add_row(name, f"{sorted(seconds)[len(seconds) // 2]:.2f}", f"{max(seconds):.2f}")
    answers, lost = (sum(report[name][0] for report in reports) for name in ("answers", "lost"))
    table.caption = f"{answers:,.0f} questions meanwhile, {lost:.0f} without an answer"
    return table


def publish(store: Store, folder: Path) -> str:
    """Put a version in: the shipped network under other labels."""
    shutil.copytree(SHIPPED, folder)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8")) | {"labels": LABELS}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return store.publish("1", "spam", folder)


async def ready(redis: Redis, count: int) -> None:
    """Wait until so many replicas serve."""
    async with asyncio.timeout(READY):
        while await _length(redis.hlen(keys.SERVING)) < count:
            await asyncio.sleep(0.1)


async def _length(answer: Awaitable[int] | int) -> int:
    return answer if isinstance(answer, int) else await answer


def replica(url: str, store: str) -> None:
    """Ask without a pause until a line comes in, then print when the version changed and what was lost."""
    print(json.dumps(asyncio.run(_ask_all(url, store))))


async def _ask_all(url: str, store: str) -> dict[str, list[float]]:
    redis = connect(url)
    predictor = Predictor(Store(store), Registry(redis))
    await predictor.start()
    report: dict[str, list[float]] = {"changed": [], "answers": [0], "lost": [0]}
    ended = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
    await asyncio.gather(*(_ask(predictor, report, ended) for _ in range(ASKERS)))
    await predictor.close()
    await redis.aclose()
    return report


async def _ask(predictor: Predictor, report: dict[str, list[float]], ended: asyncio.Task[str]) -> None:
    version = ""
    while not ended.done():
        try:
            said = await predictor.predict("what a lovely day this is", owner="1", model="spam")
        except Exception:
            report["lost"][0] += 1
            continue
        report["answers"][0] += 1
        if version and said.version != version:
            report["changed"].append(time.time())
        version = said.version


if __name__ == "__main__":
    main()
