"""Which learning rate, width, dropout and regularisation suit some samples: a search inside a time budget."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ml.checkpoint import NoCheckpoint, Steps
from ml.networks import WIDTHS, Shape
from ml.pace import TUNING
from ml.train_records import Cancelled, Epoch, Task

TRIALS = 24
OWN = {"dropout": 0.4, "l2": 1e-6}  # of our own plan, which is tried first
ADAM = 1e-3  # the rate of a plan that names none
JUDGED = 0.25  # share of each label that a trial is judged by, out of what may be learned from
MOST_ROWS = 2000  # of a trial, so that there is time for several

# Trains on some rows and returns the log-likelihood of others.
Score = Callable[[Task, np.ndarray, np.ndarray, Shape, float], float]


def tune(
    task: Task, score: Score, shape: Shape, steps: Steps, rate: float | None = None, budget: float = TUNING
) -> tuple[Shape, float | None]:
    """Return the shape and the learning rate that did best; what is held out takes no part.

    Optuna's tree-structured Parzen estimator (Bergstra et al. 2011) proposes; it begins with our own plan.

    Args:
        task: What is to be learned.
        score: Tries a shape and a rate.
        shape: What was chosen; penalties that were asked for stay.
        steps: Keeps the trials, so that another attempt at the job has only those that are left to make.
        rate: Of our own plan, None for Adam's own.
        budget: Seconds, after which the trial at hand ends too. Where not even one ended, `shape` itself
            and no rate come back.
    """
    rows, judged = _halves(task.truth, task.parts.train, task.config.seed)
    kept = steps.done("trials")
    spent, made = json.loads(str(kept)) if kept is not None else (0.0, [])
    started = time.monotonic() - spent
    quiet = replace(
        task,
        report=lambda _: None,
        checkpoint=NoCheckpoint(),
        cancelled=lambda: task.cancelled() or time.monotonic() - started > budget,
    )
    space = _space(task.config.network, shape)
    own = OWN | {"rate": rate or ADAM, "width": WIDTHS[task.config.network]}
    study = _study(space, {name: own[name] for name in space}, made, task.config.seed)
    while time.monotonic() - started < budget and len(made) < TRIALS:
        trial = study.ask(space)
        try:
            value = score(quiet, rows, judged, _shaped(trial.params, shape), trial.params["rate"])
        except Cancelled:
            if task.cancelled():
                raise
            break  # the time is over
        study.tell(trial, value)
        made.append([trial.params, value])
        seconds = time.monotonic() - started
        steps.finish("trials", np.array(json.dumps([seconds, made])))
        _report(task, len(made), study.best_value, seconds, budget)
    if not made:
        return shape, None
    return _shaped(study.best_params, shape), float(study.best_params["rate"])


def _study(
    space: dict[str, Any], first: dict[str, Any], made: Sequence[tuple[dict[str, Any], float]], seed: int
) -> Any:
    """Return what proposes the next trial: `first`, or, where some were made, what these suggest."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    for params, value in made:
        study.add_trial(optuna.trial.create_trial(params=params, distributions=space, value=value))
    if not made:
        study.enqueue_trial(first)
    return study


def _space(network: str, shape: Shape) -> dict[str, Any]:
    """Return what is searched for, and where."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    width = WIDTHS[network]
    space = {
        "rate": FloatDistribution(1e-4, 5e-3, log=True),
        "width": CategoricalDistribution([width // 2, width, 2 * width]),
        "dropout": FloatDistribution(0.1, 0.6),
    }
    return space if shape.l2 else space | {"l2": FloatDistribution(1e-7, 1e-3, log=True)}


def _shaped(params: dict[str, Any], shape: Shape) -> Shape:
    return Shape(params["width"], params["dropout"], shape.l1, shape.l2 or params["l2"])


def _halves(truth: np.ndarray, rows: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows to learn from and to be judged by, each with its share of each label, 2,000 at most."""
    rng = np.random.default_rng(seed)
    share = min(1.0, MOST_ROWS / len(rows))
    learned: list[int] = []
    judged: list[int] = []
    for label in np.unique(truth[rows]):
        mine = rng.permutation(rows[truth[rows] == label])
        mine = mine[: max(2, round(share * len(mine)))]
        count = max(1, round(JUDGED * len(mine)))
        judged.extend(mine[:count])
        learned.extend(mine[count:])
    return np.array(sorted(learned)), np.array(sorted(judged))


def _report(task: Task, trial: int, best: float, seconds: float, budget: float) -> None:
    """Tell how far the search is, in the place of epochs."""
    pace = seconds / trial
    trials = min(TRIALS, max(trial, int(budget / pace)))
    task.report(
        Epoch(
            trial, trials, -best, math.nan, math.nan, max(0.0, min(budget - seconds, pace * (TRIALS - trial)))
        )
    )
