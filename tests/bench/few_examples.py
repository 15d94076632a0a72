"""How good a chat's own classifier is after a handful of examples a label, beside its peers on the same rows.

`python -m tests.bench.few_examples [DATA_DIR] [--sets sms_spam,tg_spam] [--sizes 8,32] [--seeds 0,1,2,3,4]`.
All of it takes hours: with `--results FILE` it goes on from what that file holds, `--show` prints that alone.
fastText takes part where it is installed, for example by `pip install --target FOLDER fasttext-wheel` and
`PYTHONPATH=FOLDER`.
Ours trains as `/train` does; the dev rows take the place of the held-out examples, so that all learn from
the same rows.
"""

import argparse
import importlib.util
import itertools
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from ml.samples import Sample
from ml.text import normalise
from tests.bench.kept import Kept
from tests.bench.machine import DATA, described
from tests.bench.training_speed import read

SETS = ("sms_spam", "tg_spam", "tweeteval_emotion", "tweeteval_offensive")
SIZES = (8, 16, 32, 64, 128)  # examples a label
EVERY_ROW = 1_000_000
Learn = Callable[[Sequence[Sample], Sequence[Sample]], float]  # rows, dev rows: the share that is right


def main(arguments: list[str] | None = None) -> None:
    """Print a row for each set and size, or why there is none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--seeds", default="0,1,2,3,4")
    parser.add_argument("--results", type=Path, help="a file of what is measured already")
    parser.add_argument("--show", action="store_true", help="measure nothing, print what the file holds")
    options = parser.parse_args(arguments)
    console = Console(width=150)
    if not (options.data / SETS[0]).is_dir():
        console.print(f"A handful of examples: skipped, {options.data} holds no sets.")
        return
    learners = dict(LEARNERS)
    if not options.show and importlib.util.find_spec("fasttext") is None:
        console.print("fastText: skipped, the package fasttext is not installed.")
        del learners["fastText"]
    kept, seeds = Kept(options.results), [int(seed) for seed in options.seeds.split(",")]
    sizes = [int(size) for size in options.sizes.split(",")]
    for name in options.sets.split(",") if not options.show else ():
        measure(options.data / name, sizes, seeds, learners, kept)
    title = f"Accuracy in % on the dev split, mean and (spread) of the seeds: {described()}"
    table = Table("set", "examples a label", "seeds", *learners, title=title)
    for name, size in itertools.product(options.sets.split(","), sizes):
        found = [
            [share for seed in seeds if (share := kept.get((name, size, seed, learner))) is not None]
            for learner in learners
        ]
        if any(found):
            table.add_row(name, str(size), "/".join(str(len(shares)) for shares in found), *map(said, found))
    console.print(table)


def measure(
    folder: Path, sizes: Sequence[int], seeds: Sequence[int], learners: Mapping[str, Learn], kept: Kept
) -> None:
    """Let everybody learn from the same rows of a set, as many of each label as its rarest one has."""
    train, dev = read(folder, EVERY_ROW)
    rarest = min(np.unique([sample.label for sample in train], return_counts=True)[1])
    for size, seed in itertools.product([size for size in sizes if size <= rarest], seeds):
        rows = draw(train, size, seed)
        for learner, learn in learners.items():
            kept.measured((folder.name, size, seed, learner), partial(learn, rows, dev))


def said(shares: Sequence[float]) -> str:
    """Return the mean of some shares and how far they spread, in percent."""
    return f"{100 * np.mean(shares):.1f} ({100 * np.std(shares):.1f})" if shares else "–"


def draw(rows: Sequence[Sample], size: int, seed: int) -> list[Sample]:
    """Return so many rows of each label."""
    rng = np.random.default_rng(seed)
    labels = np.array([row.label for row in rows])
    chosen = [
        rng.choice(np.flatnonzero(labels == label), size, replace=False) for label in sorted(set(labels))
    ]
    return [rows[index] for index in np.concatenate(chosen)]


def ours(rows: Sequence[Sample], dev: Sequence[Sample]) -> float:
    """Train as a chat does, judged by the dev rows."""
    from ml.train import TrainConfig, train

    samples = [
        *(Sample(row.text, row.label, held_out=False) for row in rows),
        *(Sample(row.text, row.label, held_out=True) for row in dev),
    ]
    with tempfile.TemporaryDirectory() as folder:
        return train(samples, TrainConfig(), Path(folder) / "model").accuracy


def logistic(rows: Sequence[Sample], dev: Sequence[Sample]) -> float:
    """TF-IDF of words and pairs of words below a logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    terms = TfidfVectorizer(
        preprocessor=normalise, sublinear_tf=True, ngram_range=(1, 2), token_pattern=r"\w+|[^\w\s]"
    )
    model = make_pipeline(terms, LogisticRegression(C=10, max_iter=300))
    model.fit([row.text for row in rows], [row.label for row in rows])
    found = model.predict([row.text for row in dev])
    return float(np.mean([label == row.label for label, row in zip(found, dev, strict=True)]))


def fasttext(rows: Sequence[Sample], dev: Sequence[Sample]) -> float:
    """FastText's supervised mode with pairs of words, as many passes as so few rows need."""
    import fasttext as library

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.txt"
        lines = (f"__label__{row.label} {_line(row.text)}\n" for row in rows)
        file.write_text("".join(lines), encoding="utf-8", errors="replace")
        model = library.train_supervised(
            str(file), epoch=50, lr=0.5, wordNgrams=2, dim=100, minCount=1, thread=1, seed=0, verbose=0
        )
    found, _ = model.predict([_line(row.text) for row in dev])
    said = [labels[0].removeprefix("__label__") if labels else "" for labels in found]
    return float(np.mean([label == row.label for label, row in zip(said, dev, strict=True)]))


LEARNERS: Mapping[str, Learn] = {
    "Tonefit": ours,
    "TF-IDF + logistic regression": logistic,
    "fastText": fasttext,
}


def _line(text: str) -> str:
    return " ".join(normalise(text).split())


if __name__ == "__main__":
    main()
