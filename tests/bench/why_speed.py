"""How long `/why` takes for a message of 40 words: `python -m tests.bench.why_speed [DATA_DIR]`.

The shipped model by occlusion; then a chat's own model, with the nearest of 500 and of 5,000 taught examples.
Over a real server and a model that was trained as `/train` trains it.
"""

import argparse
import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.connection import connect
from ml.examples import Examples
from ml.explain import explain
from ml.nearest import NearestExamples
from ml.predictor import SHIPPED_NAME, Predictor
from ml.registry import Registry
from ml.samples import Sample
from ml.store import Store
from tests.bench.machine import DATA, described
from tests.bench.server import server
from tests.bench.training_speed import read

WORDS = 40
MESSAGES = 200
FEW, MANY = 500, 5000  # examples
SET, MORE = "sms_spam", "tweeteval_offensive"
CHINESE = "这家店的菜非常好吃服务也很好就是等的时间有点长下次还会带朋友一起来希望他们能把座位弄得更舒服"


def main(arguments: list[str] | None = None) -> None:
    """Print the median and the 99th percentile of each case, or why there is none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    options = parser.parse_args(arguments)
    console = Console(width=120)
    if not (options.data / SET).is_dir():
        console.print(f"/why: skipped, {options.data} holds no sets.")
        return
    rows, _ = read(options.data / SET, FEW)
    more, _ = read(options.data / MORE, MANY)
    with server() as (valkey, folder):
        table = asyncio.run(measure(valkey.url, folder, rows, more))
    console.print(table)


async def measure(url: str, folder: Path, rows: list[Sample], more: list[Sample]) -> Table:
    """Ask about messages of 40 words, put together from words of the examples."""
    redis = connect(url)
    store, registry, examples = Store(folder / "store"), Registry(redis), Examples(redis)
    await asyncio.to_thread(publish, store, rows, folder / "model")
    await registry.create("1", "spam", sorted({row.label for row in rows}), 1)
    await registry.promote("1", "spam", "v1")
    await examples.add("1", "spam", rows, 1)
    predictor, nearest = Predictor(store, registry), NearestExamples(examples)
    await predictor.start()
    dice = random.Random(0)
    words = [word for row in rows for word in row.text.split()]
    messages = [" ".join(dice.choices(words, k=WORDS)) for _ in range(MESSAGES)]

    async def shipped(text: str) -> None:
        await explain(predictor, text)

    async def own(text: str) -> None:
        await explain(predictor, text, owner="1", model="spam")
        await nearest.find("1", "spam", text)

    table = Table("/why about 40 words", "median", "99th percentile", "processor time", title=described())
    table.add_row(SHIPPED_NAME, *await timed(shipped, messages))
    table.add_row(f"{SHIPPED_NAME}, 45 Chinese characters", *await timed(shipped, [CHINESE[:45]] * 50))
    table.add_row(f"a chat's own, {FEW} examples", *await timed(own, messages))
    await examples.add("1", "spam", [Sample(row.text, rows[0].label) for row in more], 1)
    begun = time.perf_counter()
    await own(messages[0])
    anew = 1000 * (time.perf_counter() - begun)
    table.add_row(f"a chat's own, {MANY:,} examples", *await timed(own, messages))
    table.caption = f"The first after {MANY:,} were taught: {anew:.0f} ms, since their index is made then."
    await predictor.close()
    await redis.aclose()
    return table


def publish(store: Store, rows: list[Sample], folder: Path) -> None:
    """Train a chat's own model."""
    from ml.train import TrainConfig, train

    train(rows, TrainConfig(), folder)
    store.publish("1", "spam", folder)


async def timed(ask: Callable[[str], Awaitable[None]], messages: list[str]) -> tuple[str, str, str]:
    """Return how long one answer takes, warm and one after the other, and what it takes of processors."""
    await ask(messages[0])
    times, worked = [], time.process_time()
    for message in messages:
        begun = time.perf_counter()
        await ask(message)
        times.append(1000 * (time.perf_counter() - begun))
    mean = 1000 * (time.process_time() - worked) / len(messages)
    worst = statistics.quantiles(times, n=100)[-1]
    return f"{statistics.median(times):.1f} ms", f"{worst:.1f} ms", f"{mean:.1f} ms"


if __name__ == "__main__":
    main()
