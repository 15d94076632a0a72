"""How good and how fast the shipped model is beside its peers, in one run, on the dev splits.

`python -m tests.bench.classifiers [DATA_DIR] [--sets tweeteval_sentiment,waimai10k] [--passes 2]`. Whoever
learns, learns from the train rows that ours learned from: no text of a dev split is among them.
"""

import argparse
import importlib.util
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from ml.evaluate import judge
from ml.predictor import SHIPPED, Model
from ml.samples import Sample
from ml.sources import LABELS, SOURCES, Source, read_sets
from tests.bench.machine import DATA, described, one_core
from tests.bench.peers import Classify, Peer, Rows, everyone

SHOWN = (
    "tweeteval_sentiment", "goemotions3", "sst2", "smp2020", "waimai10k", "online_shopping", "cped", "umsab",
    "indonesian_3", "wisesight_th", "nsmc3_ko",
)  # fmt: skip
ROUNDS = 3
MEASURES = {"macro_recall": "macro-recall", "macro_f1": "macro-F1", "accuracy": "accuracy"}


@dataclass(frozen=True)
class Contest:
    """Sets that share a column: one, or the eight languages of UMSAB, learned together and averaged."""

    name: str
    sources: list[Source]
    train: list[Sample]
    dev: list[list[Sample]]

    @property
    def rows(self) -> Rows:
        """What a peer may know of it."""
        source = self.sources[0]
        language = source.language if len(self.sources) == 1 else "all"
        return Rows(self.train, language, source.binary, source.judged != "accuracy")


def main(arguments: list[str] | None = None) -> None:
    """Print the table, or why there is none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    parser.add_argument("--sets", default=",".join(SHOWN))
    parser.add_argument(
        "--passes", type=int, default=2, help="of the article's network; its own number is 10"
    )
    options = parser.parse_args(arguments)
    console = Console(width=200)
    if not (options.data / SOURCES[0].name).is_dir():
        console.print(f"Quality beside peers: skipped, {options.data} holds no sets.")
        return
    contests = read(options.data, options.sets.split(","))
    table = Table("dev split", title=f"Quality in % (texts a second on one core): {described()}")
    for contest in contests:
        table.add_column(f"{contest.name}\n{MEASURES[contest.sources[0].judged]}", justify="right")
    for peer in everyone(options.passes):
        if peer.package is not None and importlib.util.find_spec(peer.package) is None:
            console.print(
                f"{peer.name}: skipped, the package {peer.package} is not installed (extra `bench`)."
            )
            continue
        with console.status(peer.name):
            table.add_row(peer.name, *(enter(peer, contest) for contest in contests))
    console.print(table)
    console.print(f"Tonefit is one model for all sets, version {Model.load(SHIPPED).manifest['version']}; "
                  "the others learned each set alone. - : the language is not theirs.")  # fmt: skip


def read(data: Path, names: list[str]) -> list[Contest]:
    """Read the sets of the columns, each text of a dev split taken out of all train splits."""
    train, dev = read_sets(data)
    contests = []
    for name in names:
        held = [
            n for n, source in enumerate(SOURCES) if source.name == name or source.name.startswith(f"{name}_")
        ]
        joined = [sample for n in held for sample in train[n]]
        contests.append(Contest(name, [SOURCES[n] for n in held], joined, [dev[n] for n in held]))
    return contests


def enter(peer: Peer, contest: Contest) -> str:
    """Let a peer learn and answer; return its figure and its speed."""
    if peer.languages is not None and not {source.language for source in contest.sources} <= peer.languages:
        return "-"
    classify = peer.learn(contest.rows)
    figures = [quality(classify, contest.sources[n], held) for n, held in enumerate(contest.dev)]
    texts = [sample.text for held in contest.dev for sample in held][: peer.timed]
    return f"{100 * np.mean(figures):.1f} ({speed(classify, texts):,.0f})"


def quality(classify: Classify, source: Source, held: list[Sample]) -> float:
    """Return the measure that the set's field reports, 0..1."""
    predicted = classify([sample.text for sample in held])
    certain = np.eye(len(LABELS))[[LABELS.index(label) for label in predicted]]
    return float(getattr(judge(LABELS, [sample.label for sample in held], predicted, certain), source.judged))


def speed(classify: Classify, texts: list[str]) -> float:
    """Return texts a second, everything included that stands between a string and its label."""
    times = []
    with one_core():
        classify(texts[:100])
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            classify(texts)
            times.append(time.perf_counter() - begun)
    return len(texts) / min(times)


if __name__ == "__main__":
    main()
