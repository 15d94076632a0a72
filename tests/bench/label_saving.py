"""How many labels `/label` saves against random choice: accuracy by how many texts were labelled.

`python -m tests.bench.label_saving [DATA_DIR] [--sets sms_spam] [--seeds 0,1,2,3,4]`. Both begin with the
same few labelled texts; after each round the linear head learns anew, chooses the next texts out of a pool,
and is judged by the dev rows. With `--results FILE` it goes on from what that file holds.
"""

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from ml import linear_head
from ml.active import choose, vectors
from ml.inference import run
from ml.predictor import SHIPPED
from ml.samples import Sample
from ml.tokenizer import Pieces
from tests.bench.few_examples import draw
from tests.bench.kept import Kept
from tests.bench.machine import DATA, described
from tests.bench.training_speed import read

SETS = ("sms_spam", "tweeteval_emotion")
POOL = 2000
BEGIN = 4  # examples a label
ROUND = 20
MOST = 200


def main(arguments: list[str] | None = None) -> None:
    """Print a row for each number of labels."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--seeds", default="0,1,2,3,4")
    parser.add_argument("--results", type=Path, help="a file of what is measured already")
    options = parser.parse_args(arguments)
    console = Console(width=120)
    if not (options.data / SETS[0]).is_dir():
        console.print(f"Labels saved: skipped, {options.data} holds no sets.")
        return
    kept, seeds = Kept(options.results), [int(seed) for seed in options.seeds.split(",")]
    for name in options.sets.split(","):
        curves = measured(options.data / name, seeds, kept)
        console.print(f"{name}: accuracy in %, mean of {len(seeds)} seeds: {described()}")
        table = Table("labels", *curves)
        for place, (asked, chance) in enumerate(zip(*curves.values(), strict=True)):
            table.add_row(f"{ROUND * place} more", f"{100 * asked:.1f}", f"{100 * chance:.1f}")
        console.print(table)
        console.print(saving(curves["/label"], curves["random"]))


def measured(folder: Path, seeds: Sequence[int], kept: Kept) -> dict[str, np.ndarray]:
    """Return the mean accuracy after each round, of both ways to choose."""
    train, dev = read(folder, 1_000_000)

    def mean(way: str) -> np.ndarray:
        runs = [
            kept.measured(
                (folder.name, seed, way), partial(learned, train, dev, seed, active=way == "/label")
            )
            for seed in seeds
        ]
        return np.mean(runs, axis=0)

    return {way: mean(way) for way in ("/label", "random")}


def learned(train: list[Sample], dev: list[Sample], seed: int, *, active: bool) -> list[float]:
    """Return the accuracy after each round."""
    rng = np.random.default_rng(seed)
    begin = draw(train, BEGIN, seed)
    taken = {sample.text for sample in begin}
    rest = [sample for sample in train if sample.text not in taken]
    pool = [rest[row] for row in rng.permutation(len(rest))[:POOL]]
    labels = sorted({sample.label for sample in train})
    pieces = Pieces.load(SHIPPED / "tokenizer.json")
    tokens = pieces.encode([sample.text for sample in pool])
    places = vectors([sample.text for sample in pool])
    dev_tokens = pieces.encode([sample.text for sample in dev])
    truth = np.array([labels.index(sample.label) for sample in dev])
    asked: list[int] = []
    found = []
    while True:
        rows = [*begin, *(pool[row] for row in asked)]
        known = np.array([labels.index(sample.label) for sample in rows])
        head = linear_head.fit(pieces.encode([sample.text for sample in rows]), known, len(pieces))
        model = linear_head.export(head)
        found.append(float(np.mean(run(model, dev_tokens).argmax(axis=1) == truth)))
        if len(asked) >= MOST:
            return found
        if active:
            asked += choose(places, run(model, tokens), asked, ROUND)
        else:
            asked += rng.permutation(np.setdiff1d(np.arange(len(pool)), asked))[:ROUND].tolist()


def saving(active: np.ndarray, random: np.ndarray) -> str:
    """Return how many labels the active way needs for what the random one reaches in the end."""
    reached = np.flatnonzero(active >= random[-1])
    if not len(reached):
        return f"/label does not reach what {MOST} random labels do."
    needed = ROUND * int(reached[0])
    return f"What {MOST} random labels reach, /label reaches with {needed}: {1 - needed / MOST:.0%} fewer."


if __name__ == "__main__":
    main()
