"""What is served of a training: its networks and the linear head as one graph, calibrated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml import calibrate, linear_head
from ml.inference import run
from ml.mixture import LEAST, mix

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


def compose(
    networks: Networks,
    head: linear_head.LinearHead | None,
    tokens: Sequence[Sequence[int]],
    truth: np.ndarray,
) -> Composition:
    """Join networks and head in the shares that do best on samples that neither has learned from.

    Args:
        networks: One or more.
        head: None leaves the networks alone.
        tokens: Of the watched samples; fewer than 25 decide nothing.
        truth: Their columns.
    """
    alone = len(networks.models) == 1
    network = networks.models[0] if alone else mix(networks.models, _parts(networks), votes=networks.votes)
    enough = len(tokens) >= ENOUGH
    if head is None:
        members, shares, share = [network], [1.0], 1.0
    else:
        members = [network, linear_head.export(head)]
        share = _best_share([run(member, tokens) for member in members], truth) if enough else USUAL_SHARE
        shares = [share, 1 - share]
    kept = [(member, weight) for member, weight in zip(members, shares, strict=True) if weight]
    models, weights = [member for member, _ in kept], [weight for _, weight in kept]
    num_labels = _num_labels(network)
    temperature, threshold = 1.0, round(0.5 + 0.2 / num_labels, 2)  # cautious
    if enough:
        logits = np.log(run(mix(models, weights), tokens) + LEAST)
        temperature = calibrate.temperature(logits, truth)
        threshold = calibrate.threshold(calibrate.probabilities(logits / temperature), truth)
    return Composition(mix(models, weights, temperature=temperature), share, temperature, threshold)


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


def _num_labels(model: Any) -> int:
    return int(model.graph.output[0].type.tensor_type.shape.dim[1].dim_value)
