"""How fast the shipped model answers: `python -m tests.bench.classify_speed [DATA_DIR]`, on one core.

Without DATA_DIR, or where it holds no sets, sentences of our own stand for messages.
"""

from __future__ import annotations

import gzip
import statistics
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ml.predictor import SHIPPED, Model
from tests.bench.machine import DATA, described, one_core

SETS = ("tweeteval_sentiment", "waimai10k", "online_shopping", "nsmc3_ko", "wisesight_th")
SENTENCES = [
    "I was not sure about this place, but the food was good and we will come back soon with friends",
    "The meeting starts at ten on Tuesday in the large room on the second floor, bring your notes",
    "@user thank you so much for the lovely evening, can't wait for the next one 😍 http",
    "这家店的菜非常好吃，服务也很好，就是等的时间有点长",
]
ROUNDS = 5
MESSAGES = 1000


def main() -> None:
    """Print the machine, then texts a second in bulk and the time of one message."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    model = Model.load(SHIPPED)
    table = Table(
        "texts", "rows", "texts/s", "texts/s of processor time", "one text, median", "99th percentile"
    )
    with one_core():
        for name, texts in read_sets(folder).items():
            table.add_row(name, f"{len(texts):,}", *bulk(model, texts), *latency(model, texts))
    console = Console()
    console.print(f"On one core of {described()}, model {model.manifest['version']}")
    console.print(table)


def read_sets(folder: Path) -> dict[str, list[str]]:
    """Return the texts of the dev splits that are there, or sentences of our own."""
    held = {}
    for name in SETS:
        path = folder / name / "dev.tsv.gz"
        if path.exists():
            lines = gzip.decompress(path.read_bytes()).decode("utf-8").split("\n")
            held[name] = [line.split("\t", 1)[1] for line in lines if "\t" in line][:3000]
    return held or {"sentences": SENTENCES * 500}


def bulk(model: Model, texts: list[str]) -> tuple[str, str]:
    """Return texts a second, tokenizing included: by the clock, and by processor time."""
    model.classify(texts[:100])
    by_clock, by_processor = [], []
    for _ in range(ROUNDS):
        clock, processor_time = time.perf_counter(), time.process_time()
        model.classify(texts)
        by_clock.append(len(texts) / (time.perf_counter() - clock))
        by_processor.append(len(texts) / (time.process_time() - processor_time))
    return f"{max(by_clock):,.0f}", f"{max(by_processor):,.0f}"


def latency(model: Model, texts: list[str]) -> tuple[str, str]:
    """Return the median and the 99th percentile of one message's time, warm and in process."""
    times = []
    for number in range(MESSAGES):
        begun = time.perf_counter()
        model.classify([texts[number % len(texts)]])
        times.append(1000 * (time.perf_counter() - begun))
    return f"{statistics.median(times):.3f} ms", f"{statistics.quantiles(times, n=100)[-1]:.3f} ms"


if __name__ == "__main__":
    main()
