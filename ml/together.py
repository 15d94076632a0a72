"""How several machines train one network: each learns from a part of every batch, gradients are added up.

The hosts are those of TensorFlow's `TF_CONFIG`. Every one runs the same program on the same samples with the
same seed, so that all draw the same batches; what might differ by a last digit is decided by the first.
A custom loop, since Keras 3 cannot `fit` under this strategy.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf


class NoCluster(ValueError):
    """`TF_CONFIG` names no hosts; the message says what it has to hold."""


class Together:
    """This machine among those that train together; to be made before anything is computed."""

    def __init__(self, tf_config: str) -> None:
        self.count, self.number = read_cluster(tf_config)
        self._strategy = tf.distribute.MultiWorkerMirroredStrategy()
        self._sum = tf.function(lambda values: self._strategy.run(self._added, args=(values,)))

    @property
    def first(self) -> bool:
        """Whether this machine decides, and writes the model."""
        return self.number == 0

    def mine(self, rows: int) -> np.ndarray:
        """Return which rows of a batch are ours; where there are too few, one that shall weigh nothing."""
        return np.arange(rows)[self.number :: self.count] if self.number < rows else np.zeros(1, int)

    def gradients(self, compute: Any, arguments: Sequence[Any]) -> Any:
        """Compute on every machine and return the sum of each result; called within a `tf.function`."""
        return self._strategy.run(lambda *given: self._added(compute(*given)), args=tuple(arguments))

    def agree(self, values: Sequence[Any]) -> list[np.ndarray]:
        """Return the first machine's values on every machine, when all have come here."""
        sent = [tf.convert_to_tensor(value) if self.first else tf.zeros_like(value) for value in values]
        return [np.asarray(value) for value in self._sum(sent)]

    def _added(self, values: Sequence[Any]) -> Any:
        # What comes from outside lies on no device until it is named here.
        dense = [tf.identity(tf.convert_to_tensor(value)) for value in values]
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, dense)


def read_cluster(tf_config: str) -> tuple[int, int]:
    """Return how many hosts train together and which of them this is, from 0.

    >>> read_cluster('{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 1}}')
    (2, 1)

    Raises:
        NoCluster: It names no workers, or not which one this is.
    """
    try:
        told = json.loads(tf_config)
        workers, task = told["cluster"]["worker"], told["task"]
        if task["type"] != "worker" or not 0 <= int(task["index"]) < len(workers):
            raise ValueError
        return len(workers), int(task["index"])
    except (ValueError, KeyError, TypeError) as error:
        raise NoCluster(
            "TF_CONFIG has to name all hosts and this one: "
            '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": {"type": "worker", "index": 0}}'
        ) from error


def mark(weights: Sequence[np.ndarray]) -> str:
    """Return a digest that is the same where every weight is, to the last bit."""
    digest = hashlib.sha256()
    for held in weights:
        digest.update(np.ascontiguousarray(held).tobytes())
    return digest.hexdigest()
