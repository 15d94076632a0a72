"""Which learning rate, width, dropout and regularisation suit some samples: a search inside a time budget."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.networks import WIDTHS, Shape

if TYPE_CHECKING:
    from ml.train_records import Task

BUDGET = 120.0  # seconds
TRIALS = 24
JUDGED = 0.25  # share of each label that a trial is judged by, out of what may be learned from

# Trains on some rows and returns the log-likelihood of others.
Score = Callable[[np.ndarray, np.ndarray, Shape, float], float]


def tune(task: Task, score: Score, shape: Shape, budget: float = BUDGET) -> tuple[Shape, float]:
    """Return the shape and the learning rate that did best; what is held out takes no part.

    Optuna's tree-structured Parzen estimator (Bergstra et al. 2011) proposes; it begins with our own plan.

    Args:
        task: What is to be learned.
        score: Tries a shape and a rate.
        shape: What was chosen; penalties that were asked for stay.
        budget: Seconds after which no trial begins.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    rows, judged = _halves(task.truth, task.parts.train, task.config.seed)
    width = WIDTHS.get(task.config.arch)
    started = time.monotonic()

    def objective(trial: Any) -> float:
        rate = trial.suggest_float("rate", 1e-4, 5e-3, log=True)
        chosen = Shape(
            trial.suggest_categorical("width", [width // 2, width, 2 * width]) if width else None,
            trial.suggest_float("dropout", 0.1, 0.6),
            shape.l1,
            shape.l2 or trial.suggest_float("l2", 1e-7, 1e-3, log=True),
        )
        return score(rows, judged, chosen, rate)

    def tell(study: Any, trial: Any) -> None:
        _report(task, trial.number + 1, study.best_value, time.monotonic() - started, budget)

    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.TPESampler(seed=task.config.seed)
    )
    first = {"rate": 1e-3, "dropout": 0.4, "l2": 1e-6} | ({"width": width} if width else {})
    study.enqueue_trial(first)
    study.optimize(objective, n_trials=TRIALS, timeout=budget, callbacks=[tell])
    best = study.best_params
    found = Shape(best.get("width"), best["dropout"], shape.l1, shape.l2 or best["l2"])
    return found, float(best["rate"])


def _halves(truth: np.ndarray, rows: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows to learn from and to be judged by, each with its share of each label."""
    rng = np.random.default_rng(seed)
    learned: list[int] = []
    judged: list[int] = []
    for label in np.unique(truth[rows]):
        mine = rng.permutation(rows[truth[rows] == label])
        count = max(1, round(JUDGED * len(mine)))
        judged.extend(mine[:count])
        learned.extend(mine[count:])
    return np.array(sorted(learned)), np.array(sorted(judged))


def _report(task: Task, trial: int, best: float, seconds: float, budget: float) -> None:
    """Tell how far the search is, in the place of epochs."""
    from ml.train_records import Epoch

    pace = seconds / trial
    trials = min(TRIALS, max(trial, int(budget / pace)))
    task.report(
        Epoch(
            trial, trials, -best, math.nan, math.nan, max(0.0, min(budget - seconds, pace * (TRIALS - trial)))
        )
    )
