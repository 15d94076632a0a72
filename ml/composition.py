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

    Where fewer than 25 are watched nothing can be compared. The source article's network stays alone. The
    head that is served has learned from the watched samples too: it takes a second, and more is better.
    """
    alone = len(networks.models) == 1
    network = networks.models[0] if alone else mix(networks.models, _parts(networks), votes=networks.votes)
    parts, truth = task.parts, task.truth[task.parts.watched]
    watched = [task.tokens[row] for row in parts.watched]
    enough = len(watched) >= ENOUGH
    share = 1.0 if task.config.arch == "article" else USUAL_SHARE
    answers = [run(network, watched)] if enough else []
    if enough and share < 1:
        answers.append(run(linear_head.export(_head(task, parts.train)), watched))
        share = _best_share(answers, truth)
    shares = [share, 1 - share]
    temperature, threshold = 1.0, round(0.5 + 0.2 / task.num_labels, 2)  # cautious
    if enough:
        logits = sum(part * np.log(said + LEAST) for part, said in zip(shares, answers, strict=False))
        temperature = calibrate.temperature(np.asarray(logits), truth)
        threshold = calibrate.threshold(calibrate.probabilities(np.asarray(logits) / temperature), truth)
    models = [network] if share else []
    if share < 1:
        models.append(linear_head.export(_head(task, np.concatenate([parts.train, parts.watched]))))
    used = [part for part in shares if part]
    return Composition(mix(models, used, temperature=temperature), share, temperature, threshold)


def _head(task: Task, rows: np.ndarray) -> linear_head.LinearHead:
    """Fit the linear head on some rows."""
    return linear_head.fit(
        [task.tokens[row] for row in rows],
        task.truth[rows],
        task.vocabulary,
        balance=task.config.balance,
        seed=task.config.seed,
    )


def _parts(networks: Networks) -> list[float]:
    """Return weights that sum to 1, so that many networks are no surer than one; votes keep theirs."""
    total = 1.0 if networks.votes else sum(networks.weights)
    return [weight / total for weight in networks.weights]


def _best_share(answers: Sequence[np.ndarray], truth: np.ndarray) -> float:
    network, head = (np.log(probabilities + LEAST) for probabilities in answers)
    scores = [
        np.mean(
            np.log(calibrate.probabilities(share * network + (1 - share) * head))[
                np.arange(len(truth)), truth
            ]
        )
        for share in SHARES
    ]
    return SHARES[int(np.argmax(scores))]
