"""The records of a training: what was chosen, how it is split, and how far it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.checkpoint import NoCheckpoint

if TYPE_CHECKING:
    from ml.together import Together

ENOUGH = 400  # samples to learn from, from which on a part of them is watched


class Cancelled(Exception):
    """Somebody asked to stop."""


@dataclass(frozen=True)
class TrainConfig:
    """What a person may choose of a training.

    `arch` is one of `ml.networks.NAMES`, or "" for what suits so many samples: the LSTM, which is left as it
    was shipped where there are fewer than 400 to learn from. "article" is the source article's: Embedding
    64, LSTM 128, Dropout 0.5, Adam, 10 epochs, batches of 32, and only its vectors begin as ours. `epochs`
    None takes as many as the number of samples asks for. `ensemble` is "", "bag5" or "boost5". `live` is
    the folder of the version that answers now: the new one is compared with it, and goes on from it where
    it is of the same kind.
    """

    arch: str = ""
    epochs: int | None = None
    seed: int = 0
    l1: float = 0.0
    l2: float = 0.0
    balance: bool = False  # whether rare labels weigh as much as frequent ones
    dropout: float | None = None
    tune: bool = False  # whether learning rate, width, dropout and regularisation are searched for
    ensemble: str = ""
    live: str = ""

    @property
    def network(self) -> str:
        """The network that is trained, or read where it stays as it is."""
        return self.arch or "lstm"

    @property
    def asked(self) -> bool:
        """Whether somebody asked for anything that concerns a network, so that there must be one."""
        return self != TrainConfig(seed=self.seed, balance=self.balance, live=self.live)


@dataclass(frozen=True)
class Epoch:
    """Where a training stands after a pass, or a trial of tuning; shares lie in 0..1, NaN where unknown."""

    epoch: int
    epochs: int
    loss: float
    accuracy: float
    held_out_accuracy: float
    seconds_left: float | None  # None after the first pass, which compiles the graph and foretells nothing


@dataclass(frozen=True)
class Parts:
    """A split of the samples: indices to learn from, to watch, and to judge by."""

    train: np.ndarray
    watched: np.ndarray
    held_out: np.ndarray


@dataclass(frozen=True)
class Task:
    """One training as its steps see it."""

    tokens: list[list[int]]
    truth: np.ndarray
    parts: Parts
    vocabulary: int
    num_labels: int
    config: TrainConfig
    report: Callable[[Epoch], None]
    cancelled: Callable[[], bool]
    checkpoint: NoCheckpoint
    together: Together | None = None  # the machines that train this with us
    pieces: np.ndarray | None = None  # what the tokens number, in order, where that is not the vocabulary
