"""How fast a chat's own classifier is trained beside the source article's code, on the same rows in one run.

`python -m tests.bench.training_speed [DATA_DIR] [--rows 8000] [--passes 2]`. A pass is timed from
the end of the first on: what TensorFlow prepares once is in neither figure.
"""

import argparse
import gzip
import random
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from ml.predictor import Model
from ml.samples import Sample
from ml.text import normalise
from tests.bench.machine import DATA, described
from tests.bench.peers import BATCH, ArticleWords, article_network

SETS = ("tweeteval_offensive", "sms_spam")


def main(arguments: list[str] | None = None) -> None:
    """Print the table, or why there is none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    parser.add_argument("--rows", type=int, default=8000)
    parser.add_argument("--passes", type=int, default=2)
    options = parser.parse_args(arguments)
    console = Console(width=140)
    if not (options.data / SETS[0]).is_dir():
        console.print(f"Speed of training: skipped, {options.data} holds no sets.")
        return
    table = Table(
        "train rows", "article, s a pass", "ours, s a pass", "times", "article, dev accuracy", "ours",
        title=f"{options.passes} passes: {described()}",
    )  # fmt: skip
    for name in SETS:
        rows, dev = read(options.data / name, options.rows)
        theirs, their_accuracy = article(rows, dev, options.passes)
        mine, accuracy = ours(rows, dev, options.passes)
        table.add_row(
            f"{name}, {len(rows):,}", f"{theirs:.1f}", f"{mine:.1f}", f"{theirs / mine:.1f}",
            f"{their_accuracy:.1%}", f"{accuracy:.1%}",
        )  # fmt: skip
    console.print(table)
    console.print(
        "Ours starts from the shipped model's weights, the article's from chance. Ours keeps rows to"
    )
    console.print("judge by; its seconds are those of a pass over as many rows as the article's.")


def read(folder: Path, most: int) -> tuple[list[Sample], list[Sample]]:
    """Return train rows, none of whose texts is among the dev rows, and the dev rows."""
    parts = []
    for split_name in ("train", "dev"):
        content = gzip.decompress((folder / f"{split_name}.tsv.gz").read_bytes()).decode("utf-8")
        rows = (line.split("\t", 1) for line in content.split("\n") if "\t" in line)
        parts.append([Sample(text, label) for label, text in rows])
    judged = {normalise(sample.text) for sample in parts[1]}
    train = [sample for sample in parts[0] if normalise(sample.text) not in judged]
    return random.Random(0).sample(train, min(most, len(train))), parts[1]


def article(rows: list[Sample], dev: list[Sample], passes: int) -> tuple[float, float]:
    """Train as the article does; return the seconds of a pass and the accuracy on the dev rows."""
    import keras

    ends: list[float] = []
    words = ArticleWords([sample.text for sample in rows])
    labels = sorted({sample.label for sample in rows})
    model = article_network(len(labels))
    model.fit(
        words([sample.text for sample in rows]),
        np.array([labels.index(sample.label) for sample in rows]),
        epochs=passes,
        batch_size=BATCH,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: ends.append(time.perf_counter()))],
    )
    found = model.predict(words([sample.text for sample in dev]), batch_size=64, verbose=0).argmax(axis=1)
    right = [labels[column] == sample.label for column, sample in zip(found, dev, strict=True)]
    return _pass(ends), float(np.mean(right))


def ours(rows: list[Sample], dev: list[Sample], passes: int) -> tuple[float, float]:
    """Train as `/train` and `tonefit train` do; likewise."""
    from ml.train import TrainConfig, check, split, train

    ends: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        config = TrainConfig(epochs=passes)
        train(rows, config, Path(folder) / "model", report=lambda _: ends.append(time.perf_counter()))
        model = Model.load(Path(folder) / "model")
    labels = check(rows)
    truth = np.array([labels.index(sample.label) for sample in rows])
    learned = len(split(rows, truth, config.seed).train)
    answers = model.classify([sample.text for sample in dev])
    right = [answer.label == sample.label for answer, sample in zip(answers, dev, strict=True)]
    return _pass(ends) * len(rows) / learned, float(np.mean(right))


def _pass(ends: list[float]) -> float:
    return min(after - before for before, after in pairwise(ends))


if __name__ == "__main__":
    main()
