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
from scipy.special import log_softmax

from ml import calibrate
from ml.classifier import ARCHITECTURES, BELOW, build, load_weights, read_weights, save_weights, set_weights
from ml.evaluate import Metrics, judge
from ml.export import export, write_manifest
from ml.learning import Learner, length_buckets, pad
from ml.predictor import SHIPPED, Model
from ml.samples import FEWEST, Sample
from ml.tokenizer import Pieces

HELD_OUT = 0.2  # share of each label that the model is judged by and never learns from
WATCHED = 0.1  # share that early stopping and calibration look at, where there is enough
ENOUGH = 500  # samples from which on a part is watched
PATIENCE = 2  # passes without improvement
ASK_EVERY = 1.0  # seconds between two looks whether the job was cancelled


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


class Cancelled(Exception):
    """Somebody asked to stop."""


@dataclass(frozen=True)
class TrainConfig:
    """What a person may choose of a training.

    `arch` "lstm" is ours; "article" the source article's: Embedding 64, LSTM 128, Dropout 0.5, Adam, 10
    epochs, batches of 32. `epochs` None takes as many as the number of samples asks for.
    """

    arch: str = "lstm"
    epochs: int | None = None
    seed: int = 0
    l1: float = 0.0
    l2: float = 0.0
    balance: bool = False  # whether rare labels weigh as much as frequent ones


@dataclass(frozen=True)
class Epoch:
    """Where a training stands after a pass; shares lie in 0..1."""

    epoch: int
    epochs: int
    loss: float
    accuracy: float
    held_out_accuracy: float
    seconds_left: float


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


@dataclass(frozen=True)
class Parts:
    """A split of the samples: indices to learn from, to watch, and to judge by."""

    train: np.ndarray
    watched: np.ndarray
    held_out: np.ndarray


@dataclass(frozen=True)
class Plan:
    """The figures that follow from the number of samples: a handful is seen often, in small batches."""

    epochs: int
    batch: int
    rate: float | None
    averaged: int
    smoothing: float


def train(
    samples: Sequence[Sample],
    config: TrainConfig,
    folder: Path,
    report: Callable[[Epoch], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
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

    Raises:
        OneClass, TooFewSamples: The samples do not suffice.
        Cancelled: `cancelled` said so; nothing is written.
    """

    started = time.monotonic()
    architecture = ARCHITECTURES[config.arch]
    labels = check(samples)
    truth = np.array([labels.index(sample.label) for sample in samples])
    parts = split(truth, config.seed)
    plan = planned(len(parts.train), config)
    pieces = Pieces.load(SHIPPED / "tokenizer.json")
    tokens = pieces.encode([sample.text for sample in samples])
    model = build(architecture, len(pieces), len(labels), seed=config.seed, l1=config.l1, l2=config.l2)
    if config.arch == "lstm":
        set_weights(model, shipped_start())
    steps = plan.epochs * -(-len(parts.train) // plan.batch)
    learner = Learner(model, steps=steps, rate=plan.rate, averaged=plan.averaged, smoothing=plan.smoothing)
    epochs = _learn(learner, tokens, truth, parts, plan, config, report, cancelled)
    temperature, threshold = _calibration(learner, tokens, truth, parts)
    folder.mkdir(parents=True, exist_ok=True)
    export(read_weights(model), architecture.pooling, folder / "model.onnx", temperature=temperature)
    shutil.copyfile(SHIPPED / "tokenizer.json", folder / "tokenizer.json")
    save_weights(read_weights(model), folder / "weights.npz")
    manifest = {
        "name": "",
        "version": "",
        "labels": labels,
        "threshold": threshold,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "arch": config.arch,
        "architecture": asdict(architecture),
        "temperature": temperature,
        "samples": len(samples),
        "counts": dict(Counter(sample.label for sample in samples)),
        "config": asdict(config),
    }
    write_manifest(folder, manifest)
    judged = _judge(Model.load(folder), [samples[index] for index in parts.held_out])
    result = Report(
        judged,
        len(samples) - len(parts.held_out),
        len(parts.held_out),
        epochs,
        time.monotonic() - started,
        config.seed,
    )
    write_manifest(folder, manifest | {"metrics": result.to_dict()})
    return result


def check(samples: Sequence[Sample]) -> list[str]:
    """Return the labels in order, where there are enough samples of at least two."""
    counts = Counter(sample.label for sample in samples)
    if len(counts) == 1:
        raise OneClass(next(iter(counts)))
    if not counts or min(counts.values()) < FEWEST:
        raise TooFewSamples(dict(counts))
    return sorted(counts)


def split(truth: np.ndarray, seed: int) -> Parts:
    """Split indices so that each part has its share of each label."""
    rng = np.random.default_rng(seed)
    parts: tuple[list[int], list[int], list[int]] = ([], [], [])
    for label in np.unique(truth):
        indices = rng.permutation(np.flatnonzero(truth == label))
        held = max(1, round(HELD_OUT * len(indices)))
        watched = max(1, round(WATCHED * len(indices))) if len(truth) >= ENOUGH else 0
        parts[2].extend(indices[:held])
        parts[1].extend(indices[held : held + watched])
        parts[0].extend(indices[held + watched :])
    return Parts(*(np.array(sorted(part), dtype=int) for part in parts))


def planned(n: int, config: TrainConfig) -> Plan:
    """Return how to learn from `n` samples."""
    if config.arch == "article":
        return Plan(config.epochs or 10, 32, None, 0, 0.0)
    epochs, batch = next((plan for most, plan in PLANS.items() if n <= most), (4, 128))
    return Plan(config.epochs or epochs, batch, 2e-3, averaged=20 if n < ENOUGH else 100, smoothing=0.05)


PLANS = {200: (20, 8), 1000: (12, 16), 5000: (8, 32), 20_000: (5, 64)}  # most samples: (epochs, batch)


def shipped_start() -> dict[str, np.ndarray]:
    """Return the shipped model's weights below the output, which knows other labels."""
    weights = load_weights(SHIPPED / "weights.npz")
    return {name: weights[name] for name in BELOW}


def _learn(
    learner: Learner,
    tokens: list[list[int]],
    truth: np.ndarray,
    parts: Parts,
    plan: Plan,
    config: TrainConfig,
    report: Callable[[Epoch], None],
    cancelled: Callable[[], bool],
) -> int:
    """Take passes until the plan ends or the watched part gets no better; keep the best and return which."""
    rng = np.random.default_rng(config.seed)
    num_labels = int(truth.max()) + 1
    targets = np.eye(num_labels, dtype=np.float32)
    frequency = np.bincount(truth[parts.train], minlength=num_labels)
    weigh = len(parts.train) / num_labels / frequency if config.balance else np.ones(num_labels)
    lengths = np.array([len(tokens[index]) for index in parts.train])
    seen = parts.watched if len(parts.watched) else parts.held_out
    best, best_score, best_epoch = None, -np.inf, 0
    started = asked = time.monotonic()
    for number in range(1, plan.epochs + 1):
        if cancelled():
            raise Cancelled
        losses = []
        for bucket in length_buckets(lengths, plan.batch, rng):
            held = parts.train[bucket]
            impossible = np.zeros((len(held), num_labels), np.float32)
            weights = weigh[truth[held]].astype(np.float32)
            batch = pad([tokens[index] for index in held])
            losses.append(float(learner.step(batch, targets[truth[held]], impossible, weights)))
            if time.monotonic() - asked > ASK_EVERY:
                asked = time.monotonic()
                if cancelled():
                    raise Cancelled
        learner.swap()
        logits = learner.logits([tokens[index] for index in seen])
        score = _log_likelihood(logits, truth[seen])
        if score > best_score or not len(parts.watched):
            best, best_score, best_epoch = learner.weights(), score, number
        learner.swap()
        right = np.mean(logits.argmax(axis=1) == truth[seen])
        left = (time.monotonic() - started) / number * (plan.epochs - number)
        report(Epoch(number, plan.epochs, float(np.mean(losses)), learner.accuracy(), float(right), left))
        if number - best_epoch >= PATIENCE and config.epochs is None:
            break
    if best is not None:
        learner.set_weights(best)
    return best_epoch


def _log_likelihood(logits: np.ndarray, truth: np.ndarray) -> float:
    return float(np.mean(log_softmax(logits, axis=1)[np.arange(len(truth)), truth]))


def _calibration(
    learner: Learner, tokens: list[list[int]], truth: np.ndarray, parts: Parts
) -> tuple[float, float]:
    """Return temperature and threshold: from the watched part, or cautious ones where there is none."""
    num_labels = int(truth.max()) + 1
    if len(parts.watched) < ENOUGH * WATCHED / 2:
        return 1.0, round(0.5 + 0.2 / num_labels, 2)
    logits = learner.logits([tokens[index] for index in parts.watched])
    chosen = calibrate.temperature(logits, truth[parts.watched])
    return chosen, calibrate.threshold(calibrate.probabilities(logits / chosen), truth[parts.watched])


def _judge(model: Model, samples: Sequence[Sample]) -> Metrics:
    probabilities = model.probabilities([sample.text for sample in samples])
    predicted = [model.labels[column] for column in probabilities.argmax(axis=1)]
    return judge(model.labels, [sample.label for sample in samples], predicted, probabilities)
