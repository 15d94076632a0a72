"""How the networks of a training learn: in passes, the best of which is kept; one network or several."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from scipy.special import log_softmax

from ml import networks
from ml.checkpoint import Steps
from ml.composition import Networks
from ml.ensembles import bag, boost
from ml.learning import Learner, Standing, length_buckets, pad
from ml.networks import Shape
from ml.predictor import SHIPPED
from ml.tokenizer import pieces_mark
from ml.train_records import ENOUGH, Cancelled, Epoch, Task, TrainConfig
from ml.tune import tune

PATIENCE = 2  # passes without improvement
# Below ENOUGH samples none are watched and all passes are taken, the last at nearly no rate. Measured with
# 16 and 64 examples a label of tweeteval_emotion and tweeteval_offensive, 2 or 3 seeds: to watch a tenth
# and stop gave 56.5 % for 56.6 % (LSTM and CNN; 7 of 24 trainings stopped, by the word of 3 to 12 texts)
# and 54.9 for 55.8 % (Transformer; with half the passes 54.3, at a third of the rate 55.3). Unseen texts
# grew likelier to the last pass in 28 of 32 trainings of LSTM, CNN and GRU, and to stop where the loss of
# training had not fallen for two passes took 0.8 points from these networks.
ASK_EVERY = 1.0  # seconds between two looks whether the job was cancelled


@dataclass(frozen=True)
class Plan:
    """The figures that follow from the number of samples: a handful is seen often, in small batches."""

    epochs: int
    batch: int
    rate: float | None
    averaged: int
    smoothing: float
    frozen: bool = False  # whether the vectors of the pieces stay as they are


@dataclass(frozen=True)
class Learned:
    """The networks of a training, and the passes that they took.

    `start` are the weights that a later training may go on from, None where there are several networks;
    `began_from` is the version that this one went on from, "" where it began as what is shipped.
    """

    networks: Networks
    epochs: int
    start: list[np.ndarray] | None = None
    began_from: str = ""


def learn_networks(task: Task, labels: Sequence[str]) -> Learned:
    """Train what was asked for: one network, or several.

    Where there are few samples and nobody asked for anything in particular there is none: the shipped LSTM
    stays as it is below the linear head, since a few texts make it forget more than they teach it.
    """
    config, rows = task.config, task.parts.train
    if len(rows) < ENOUGH and not config.asked:
        return Learned(Networks([], []), 1)
    steps = Steps(task.checkpoint)
    everything, task = task.tokens, _narrowed(replace(task, checkpoint=steps))
    shape, rate = Shape(dropout=config.dropout, l1=config.l1, l2=config.l2), None
    if config.tune:
        shape, rate = tune(task, _score, shape, steps, planned(len(rows), config).rate)
    if config.ensemble:
        return _several(task, everything, shape, rate, steps)
    weights, version = _start(config, labels)
    even = np.ones(len(task.truth), np.float32)
    one = _one(task, rows, even, shape, rate, weights)
    learned = [variable.numpy() for variable in one.model.trainable_variables]
    written = networks.write(config.network, one.model)
    return Learned(Networks([written], [1.0]), one.best, learned, version if one.went_on else "")


def _narrowed(task: Task) -> Task:
    """Return a task whose tokens number the pieces that occur in it, padding first.

    No other piece's vector learns anything; with all 40,000 of them 800 examples of sms_spam took 55 s of one
    core for 23.
    """
    pieces = np.unique(np.concatenate([[0], *task.tokens])).astype(np.int32)
    return replace(task, tokens=[np.searchsorted(pieces, ids).tolist() for ids in task.tokens], pieces=pieces)


def _several(
    task: Task, tokens: Sequence[Sequence[int]], shape: Shape, rate: float | None, steps: Steps
) -> Learned:
    """Train the networks of `ensemble=bag5` or `boost5` that no earlier attempt has finished.

    `tokens` are those of the vocabulary, by which finished networks are asked.
    """
    asked = task.config.ensemble
    several, rounds = (bag, int(asked[3:])) if asked.startswith("bag") else (boost, int(asked[5:]))
    passes: list[int] = []

    def member(rows: np.ndarray, weights: np.ndarray, number: int) -> Any:
        finished = steps.done(f"network {number}")
        if finished is not None:
            passes.append(0)
            return onnx.load_from_string(finished.tobytes())
        one = _one(task, rows, weights, shape, rate, turn=(number, rounds))
        passes.append(one.best)
        model = networks.write(task.config.network, one.model)
        steps.finish(f"network {number}", np.frombuffer(model.SerializeToString(), np.uint8))
        return model

    found = several(member, tokens, task.truth, task.parts.train, rounds, task.config.seed)
    return Learned(found, max(passes))


@dataclass(frozen=True)
class One:
    """A network that has learned: the whole `model`, the `learner` of its narrow part, the `best` pass."""

    model: Any
    learner: Learner
    best: int
    went_on: bool


def _one(
    task: Task,
    rows: np.ndarray,
    weights: np.ndarray,
    shape: Shape,
    rate: float | None,
    start: Sequence[np.ndarray] = (),
    turn: tuple[int, int] = (0, 1),
) -> One:
    """Train one network on some rows, with a weight for each sample; `turn` says which of how many it is."""
    config = task.config
    pieces = np.arange(task.vocabulary) if task.pieces is None else task.pieces
    plan, seed = planned(len(rows), config), config.seed + turn[0]
    whole = networks.build(config.network, task.vocabulary, task.num_labels, shape, seed)
    narrow = networks.blank(config.network, len(pieces), task.num_labels, shape, seed)
    for model in (whole, narrow):
        model.get_layer("embedding").trainable = not plan.frozen
    went_on = _took(whole.trainable_variables, start)
    _copy(whole, narrow, lambda table, _: table[pieces])
    if went_on:
        plan = planned(len(rows), config, again=True)
    steps = plan.epochs * -(-len(rows) // plan.batch)
    rate = rate if rate is not None else plan.rate
    learner = Learner(
        narrow,
        steps=steps,
        rate=rate,
        averaged=plan.averaged,
        smoothing=plan.smoothing,
        together=task.together,
    )
    parts, report = replace(task.parts, train=rows), _in_turn(task.report, plan.epochs, *turn)
    best = _learn(replace(task, parts=parts, report=report), learner, plan, weights)
    _copy(narrow, whole, lambda learned, table: _with_rows(table, pieces, learned))
    return One(whole, learner, best, went_on)


def _copy(source: Any, target: Any, table: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> None:
    """Put the weights of a network into one like it; `table` makes that of the pieces out of both tables."""
    for given, held in zip(source.variables, target.variables, strict=True):
        values = np.asarray(given)
        held.assign(values if values.shape == tuple(held.shape) else table(values, np.asarray(held)))


def _with_rows(table: np.ndarray, rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return a table with other values in some rows."""
    table = table.copy()
    table[rows] = values
    return table


def _took(variables: Sequence[Any], start: Sequence[np.ndarray]) -> bool:
    """Put earlier weights in where they are those of the same network with the same parts free."""
    if not start or [held.shape for held in start] != [tuple(variable.shape) for variable in variables]:
        return False
    for variable, held in zip(variables, start, strict=True):
        variable.assign(held)
    return True


def _in_turn(tell: Callable[[Epoch], None], epochs: int, number: int, rounds: int) -> Callable[[Epoch], None]:
    """Return what reports the passes of one of several networks as those of the whole training."""

    def report(epoch: Epoch) -> None:
        left = epoch.seconds_left
        if left is not None and number + 1 < rounds:
            pace = left / (epochs - epoch.epoch) if epoch.epoch < epochs else None
            left = left + pace * epochs * (rounds - number - 1) if pace is not None else None
        whole = replace(epoch, epoch=number * epochs + epoch.epoch, epochs=rounds * epochs, seconds_left=left)
        tell(whole)

    return report


def _score(task: Task, rows: np.ndarray, judged: np.ndarray, shape: Shape, rate: float) -> float:
    """Return the log-likelihood of some rows after a training on others: what tuning looks at."""
    learner = _one(task, rows, np.ones(len(task.truth), np.float32), shape, rate).learner
    return _log_likelihood(learner.logits([task.tokens[index] for index in judged]), task.truth[judged])


def _start(config: TrainConfig, labels: Sequence[str]) -> tuple[list[np.ndarray], str]:
    """Return the weights of the live version and its name, where this training may go on from them."""
    folder = Path(config.live)
    if not config.live or config.arch == "article" or not (folder / "weights.npz").exists():
        return [], ""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    wanted = (config.network, list(labels), pieces_mark(SHIPPED))
    if (manifest.get("arch"), manifest["labels"], manifest.get("vocabulary")) != wanted or config.tune:
        return [], ""
    with np.load(folder / "weights.npz") as held:
        weights = [held[str(n)].astype(np.float32) for n in range(len(held.files))]
    return weights, str(manifest.get("version", ""))


def save_start(weights: Sequence[np.ndarray], folder: Path) -> None:
    """Write what a later training may go on from, in half precision: finer than what it learns."""
    halved: dict[str, Any] = {str(n): held.astype(np.float16) for n, held in enumerate(weights)}
    np.savez(folder / "weights.npz", **halved)


def planned(n: int, config: TrainConfig, *, again: bool = False) -> Plan:
    """Return how to learn from `n` samples; `again` for a network that goes on from an earlier training.

    A recurrence that knows language forgets it at the rate that a new layer needs, and a handful of texts
    moves no vector to a better place: below 400 samples the vectors stay, and the rate is low.
    """
    if config.arch == "article":
        return Plan(config.epochs or 10, 32, None, 0, 0.0)
    epochs, batch = next((plan for most, plan in PLANS.items() if n <= most), (4, 128))
    few = n < ENOUGH
    rate = (3e-4 if few else 6e-4) if config.network == "lstm" else 1e-3
    epochs = config.epochs or (max(2, epochs // 2) if again else epochs)
    return Plan(epochs, batch, rate, averaged=20 if few else 100, smoothing=0.05, frozen=few)


PLANS = {100: (12, 8), 1000: (12, 16), 5000: (8, 32), 20_000: (5, 64)}  # most samples: (epochs, batch)


def _learn(task: Task, learner: Learner, plan: Plan, weights: np.ndarray) -> int:
    """Take passes until the plan ends or the watched part gets no better; keep the best and return which."""
    config, parts, tokens, truth = task.config, task.parts, task.tokens, task.truth
    rng = np.random.default_rng(config.seed)
    num_labels = task.num_labels
    targets = np.eye(num_labels, dtype=np.float32)
    frequency = np.maximum(1, np.bincount(truth[parts.train], minlength=num_labels))
    weigh = len(parts.train) / num_labels / frequency if config.balance else np.ones(num_labels)
    weighed = (weights * weigh[truth]).astype(np.float32)
    lengths = np.array([len(tokens[index]) for index in parts.train])
    seen = parts.watched if len(parts.watched) else parts.held_out
    standing = Standing.resumed(task.checkpoint.load(), learner, rng)
    ends: list[float] = []  # of the passes
    asked = time.monotonic()
    for number in range(standing.epoch + 1, plan.epochs + 1):
        if task.cancelled():
            raise Cancelled
        losses = []
        for bucket in length_buckets(lengths, plan.batch, rng):
            held = parts.train[bucket]
            impossible = np.zeros((len(held), num_labels), np.float32)
            batch = pad([tokens[index] for index in held])
            losses.append(float(learner.step(batch, targets[truth[held]], impossible, weighed[held])))
            if time.monotonic() - asked > ASK_EVERY:
                asked = time.monotonic()
                if task.cancelled():
                    raise Cancelled
        learner.swap()
        logits = learner.logits([tokens[index] for index in seen])
        score = learner.agree(_log_likelihood(logits, truth[seen]))
        if score > standing.best_score or not len(parts.watched):
            standing.best, standing.best_score, standing.best_epoch = learner.weights(), score, number
        learner.swap()
        right = np.mean(logits.argmax(axis=1) == truth[seen])
        ends.append(time.monotonic())
        left = _seconds_left(ends, plan.epochs - number)
        task.report(
            Epoch(number, plan.epochs, float(np.mean(losses)), learner.accuracy(), float(right), left)
        )
        if number - standing.best_epoch >= PATIENCE and config.epochs is None:
            break
        standing.epoch = number
        task.checkpoint.save(partial(standing.state, learner, rng))
    if standing.best:
        learner.set_weights(standing.best)
    return standing.best_epoch


def _seconds_left(ends: Sequence[float], to_come: int) -> float | None:
    """Return how long the passes to come take, at the pace of those after the first."""
    if not to_come:
        return 0.0
    return (ends[-1] - ends[0]) / (len(ends) - 1) * to_come if len(ends) > 1 else None


def _log_likelihood(logits: np.ndarray, truth: np.ndarray) -> float:
    return float(np.mean(log_softmax(logits, axis=1)[np.arange(len(truth)), truth]))
