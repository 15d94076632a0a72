"""How a chat's own classifier is trained: split, learn from the shipped model's start, judge, write."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from ml.checkpoint import NoCheckpoint
from ml.composition import compose
from ml.evaluate import Metrics, judge
from ml.export import write_manifest
from ml.gate import compare
from ml.held_out import divide
from ml.inference import run
from ml.network_training import learn_networks, save_start
from ml.predictor import SHIPPED, Model
from ml.probe import largest, sentences
from ml.samples import FEWEST, Sample
from ml.together import Together
from ml.tokenizer import Pieces, pieces_mark
from ml.train_records import ENOUGH, Cancelled, Epoch, Parts, Task, TrainConfig

__all__ = [
    "Cancelled",
    "Epoch",
    "OneClass",
    "Report",
    "TooFewSamples",
    "TrainConfig",
    "check",
    "split",
    "train",
]

WATCHED = 0.1  # share that early stopping and calibration look at, where there is enough


class TooFewSamples(ValueError):
    """A label has too few samples: `counts` by label, `needed` of each."""

    def __init__(self, counts: dict[str, int], needed: int = FEWEST) -> None:
        super().__init__(f"each label needs {needed} samples")
        self.counts = counts
        self.needed = needed


class OneClass(ValueError):
    """All samples have the same label."""

    def __init__(self, label: str) -> None:
        super().__init__("all samples have the same label")
        self.label = label


@dataclass(frozen=True)
class Report:
    """How a training ended: the measures of the held-out part, and how many samples each part had."""

    metrics: Metrics
    n_train: int
    n_held_out: int
    epochs: int
    seconds: float
    seed: int

    @property
    def accuracy(self) -> float:
        """The share of the held-out samples that is right."""
        return self.metrics.accuracy

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON: the measures, then the parts."""
        return self.metrics.to_dict() | {
            name: value for name, value in asdict(self).items() if name != "metrics"
        }


def train(
    samples: Sequence[Sample],
    config: TrainConfig,
    folder: Path,
    report: Callable[[Epoch], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
    checkpoint: NoCheckpoint | None = None,
    together: Together | None = None,
) -> Report:
    """Train a classifier and write its folder: model.onnx, tokenizer.json, manifest.json, weights.npz.

    Our own architecture starts from the shipped model's pieces and recurrence, so that a few samples a
    label do. A fifth is held out, stratified and seeded; the figures are of what is served, the ONNX graph.

    Args:
        samples: At least two labels with 8 samples each.
        config: What the person chose.
        folder: Created; replaced where it is there.
        report: Called after each pass.
        cancelled: Asked at least once a pass.
        checkpoint: Where an earlier attempt stood, and where this one is kept after each pass.
        together: The machines that train this with us; each ends with the same network.

    Raises:
        OneClass, TooFewSamples: The samples do not suffice.
        Cancelled: `cancelled` said so; nothing is written.
    """

    started = time.monotonic()
    labels = check(samples)
    truth = np.array([labels.index(sample.label) for sample in samples])
    parts = split(samples, truth, config.seed)
    pieces = Pieces.load(SHIPPED / "tokenizer.json")
    tokens = pieces.encode([sample.text for sample in samples])
    task = Task(
        tokens,
        truth,
        parts,
        len(pieces),
        len(labels),
        config,
        report,
        cancelled,
        checkpoint or NoCheckpoint(),
        together,
    )
    learned = learn_networks(task, labels)
    composed = compose(learned.networks, task)
    if cancelled():
        raise Cancelled
    if not learned.networks.models:
        report(_one_step(composed.model, task))
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(composed.model, str(folder / "model.onnx"))
    shutil.copyfile(SHIPPED / "tokenizer.json", folder / "tokenizer.json")
    if learned.start is not None:
        save_start(learned.start, folder)
    manifest = {
        "name": "",
        "version": "",
        "labels": labels,
        "threshold": composed.threshold,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "arch": config.network,
        "vocabulary": pieces_mark(SHIPPED),
        "temperature": composed.temperature,
        "networks_share": composed.share,
        "samples": len(samples),
        "counts": dict(Counter(sample.label for sample in samples)),
        "config": {name: value for name, value in asdict(config).items() if name != "live"},
        "began_from": learned.began_from,
    }
    write_manifest(folder, manifest)
    model, held = Model.load(folder), [samples[index] for index in parts.held_out]
    result = Report(
        _judge(model, held),
        len(samples) - len(parts.held_out),
        len(parts.held_out),
        learned.epochs,
        time.monotonic() - started,
        config.seed,
    )
    unseen = [sample for sample in held if not sample.seen]  # which the live version has not learned from
    against = (
        compare(model, Model.load(Path(config.live)), unseen, config.seed).to_dict()
        if config.live and unseen
        else None
    )
    swaps = [swap.to_dict() for swap in largest(model.labels, model.probabilities(sentences()))]
    manifest |= {"metrics": result.to_dict(), "against": against, "probe": swaps}
    write_manifest(folder, manifest)
    return result


def _one_step(model: Any, task: Task) -> Epoch:
    """Return how a training ended that took no passes: the linear head is learned in one step."""
    seen, held = (
        run(model, [task.tokens[row] for row in rows]) for rows in (task.parts.train, task.parts.held_out)
    )
    known, unseen = task.truth[task.parts.train], task.truth[task.parts.held_out]
    loss = -float(np.mean(np.log(np.maximum(seen[np.arange(len(known)), known], 1e-12))))
    accuracy, unseen_accuracy = (
        float(np.mean(said.argmax(axis=1) == truth)) for said, truth in ((seen, known), (held, unseen))
    )
    return Epoch(1, 1, loss, accuracy, unseen_accuracy, 0.0)


def check(samples: Sequence[Sample]) -> list[str]:
    """Return the labels in order, where there are enough samples of at least two."""
    counts = Counter(sample.label for sample in samples)
    if len(counts) == 1:
        raise OneClass(next(iter(counts)))
    if not counts or min(counts.values()) < FEWEST:
        raise TooFewSamples(dict(counts))
    return sorted(counts)


def split(samples: Sequence[Sample], truth: np.ndarray, seed: int) -> Parts:
    """Split indices so that each part has its share of each label.

    What is held out was decided where the samples are kept, or is by the hash of their texts.
    """
    if any(sample.held_out is None for sample in samples):
        samples = divide(samples)
    held = np.array([bool(sample.held_out) for sample in samples])
    rng = np.random.default_rng(seed)
    train: list[int] = []
    watched: list[int] = []
    for label in np.unique(truth):
        indices = rng.permutation(np.flatnonzero((truth == label) & ~held))
        count = max(1, round(WATCHED * len(indices))) if np.sum(~held) >= ENOUGH else 0
        watched.extend(indices[:count])
        train.extend(indices[count:])
    parts = (train, watched, np.flatnonzero(held))
    return Parts(*(np.array(sorted(part), dtype=int) for part in parts))


def _judge(model: Model, samples: Sequence[Sample]) -> Metrics:
    probabilities = model.probabilities([sample.text for sample in samples])
    predicted = [model.labels[column] for column in probabilities.argmax(axis=1)]
    return judge(model.labels, [sample.label for sample in samples], predicted, probabilities)
