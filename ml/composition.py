"""What is served of a training: its networks and the linear head as one graph, calibrated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ml import calibrate, linear_head
from ml.inference import run
from ml.mixture import LEAST, mix

if TYPE_CHECKING:
    from ml.train_records import Task

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the networks beside the linear head, where they can be compared
ENOUGH = 25  # watched samples that can compare
FOLDS = 4  # in which a handful of samples foretells itself, for calibration
LIKELY = (0.5, 2.0)  # between which a temperature lies that so few samples may ask for
LEAST_LEAD = 0.05  # over chance, below which a label that a handful taught is not sure
USUAL_SHARE = 0.25  # where there are too few to compare


@dataclass(frozen=True)
class Networks:
    """Trained networks as ONNX models, and how much each counts; `votes` for those that boosting made."""

    models: Sequence[Any]
    weights: Sequence[float]
    votes: bool = False


@dataclass(frozen=True)
class Composition:
    """One graph with what makes its probabilities true; `share` is that of the networks, 0..1."""

    model: Any
    share: float
    temperature: float
    threshold: float


def compose(networks: Networks, task: Task) -> Composition:
    """Join networks and linear head in the shares that do best on samples that neither has learned from.

    Where fewer than 25 are watched nothing can be compared, and a head alone is calibrated by
    cross-validation. A network that somebody asked for always has a share, the source article's the whole.
    The head that is served has learned from the watched samples too: it takes a second, and more is better.
    """
    parts, truth = task.parts, task.truth[task.parts.watched]
    watched = [task.tokens[row] for row in parts.watched]
    enough = len(watched) >= ENOUGH
    members = [_joined(networks)] if networks.models else []
    answers = [run(member, watched) for member in members] if enough else []
    share = 1.0 if task.config.arch == "article" else USUAL_SHARE if members else 0.0
    if enough and share < 1:
        answers.append(run(linear_head.export(_head(task, parts.train)), watched))
        share = _best_share(answers, truth, SHARES[task.config.asked :]) if members else 0.0
    shares = [share, 1 - share] if members else [1.0]
    temperature, threshold = 1.0, round(0.5 + 0.2 / task.num_labels, 2)  # cautious
    if enough:
        logits = sum(part * np.log(said + LEAST) for part, said in zip(shares, answers, strict=False))
        temperature = calibrate.temperature(np.asarray(logits), truth)
        threshold = calibrate.threshold(calibrate.probabilities(np.asarray(logits) / temperature), truth)
    elif not members and np.bincount(task.truth[parts.train]).min() >= FOLDS:
        logits, known = _foretold(task)
        temperature = float(np.clip(calibrate.temperature(logits, known), *LIKELY))
        threshold = calibrate.threshold(calibrate.probabilities(logits / temperature), known)
        threshold = max(threshold, round(1 / task.num_labels + LEAST_LEAD, 2))
    if share < 1:
        members.append(linear_head.export(_head(task, np.concatenate([parts.train, parts.watched]))))
    used = [(member, part) for member, part in zip(members, shares, strict=False) if part]
    model = mix([member for member, _ in used], [part for _, part in used], temperature=temperature)
    return Composition(model, share, temperature, threshold)


def _foretold(task: Task) -> tuple[np.ndarray, np.ndarray]:
    """Return what heads that learned from the other samples say of each, as logarithms, and the truth."""
    rng = np.random.default_rng(task.config.seed)
    rows = task.parts.train
    fold = np.empty(len(rows), int)
    for label in np.unique(task.truth[rows]):
        mine = rng.permutation(np.flatnonzero(task.truth[rows] == label))
        fold[mine] = np.arange(len(mine)) % FOLDS
    logits = np.empty((len(rows), task.num_labels))
    for number in range(FOLDS):
        held = fold == number
        model = linear_head.export(_head(task, rows[~held]))
        logits[held] = np.log(run(model, [task.tokens[row] for row in rows[held]]) + LEAST)
    return logits, task.truth[rows]


def _joined(networks: Networks) -> Any:
    """Return the networks as one model: several weigh what they weigh, and are no surer than one."""
    if len(networks.models) == 1:
        return networks.models[0]
    total = 1.0 if networks.votes else sum(networks.weights)
    weights = [weight / total for weight in networks.weights]
    return mix(networks.models, weights, votes=networks.votes)


def _head(task: Task, rows: np.ndarray) -> linear_head.LinearHead:
    """Fit the linear head on some rows."""
    return linear_head.fit(
        [task.tokens[row] for row in rows],
        task.truth[rows],
        task.vocabulary,
        balance=task.config.balance,
        seed=task.config.seed,
    )


def _best_share(answers: Sequence[np.ndarray], truth: np.ndarray, shares: Sequence[float]) -> float:
    network, head = (np.log(probabilities + LEAST) for probabilities in answers)
    scores = [
        np.mean(
            np.log(calibrate.probabilities(share * network + (1 - share) * head))[
                np.arange(len(truth)), truth
            ]
        )
        for share in shares
    ]
    return shares[int(np.argmax(scores))]
