"""How a network learns: batches of texts of like length, one optimiser, an average of the weights."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ml.together import Together

NEVER = 1e9  # taken from the logit of a label that a sample cannot have
DOMAINS = 0.2  # what telling the domains apart counts beside the labels


def pad(tokens: Sequence[Sequence[int]]) -> np.ndarray:
    """Return piece numbers as one array (batch, maxlen) with zeros behind the shorter ones."""
    padded = np.zeros((len(tokens), max(map(len, tokens))), np.int32)
    for row, ids in zip(padded, tokens, strict=True):
        row[: len(ids)] = ids
    return padded


def length_buckets(lengths: np.ndarray, batch: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield every index once, in batches of like length and random order, so that hardly anything is padding.

    A tenth of each length is noise, or the same texts would always meet in a batch.
    """
    order = np.argsort(lengths * rng.uniform(0.9, 1.1, len(lengths)), kind="stable")
    starts = np.arange(0, len(order), batch)
    rng.shuffle(starts)
    for start in starts:
        yield order[start : start + batch]


class Learner:
    """A model, its optimiser, and the moving average of its weights that is kept in the end.

    Args:
        model: Gives logits (batch, labels) for tokens (batch, maxlen), and those of domains where it has any.
        steps: How many steps there will be: the rate rises for a tenth of them and falls to zero as a cosine.
        rate: The highest learning rate; None keeps Adam's own, 0.001, all the time.
        averaged: Steps over which weights are averaged, 0 for none.
        smoothing: What each label gets of the others' probability (Szegedy et al. 2016).
        together: The machines that learn from parts of the same batches, none for this one alone.
    """

    def __init__(
        self,
        model: Any,
        *,
        steps: int,
        rate: float | None = None,
        averaged: int = 0,
        smoothing: float = 0.0,
        together: Together | None = None,
    ) -> None:
        self.model = model
        self._together = together
        self.smoothing = smoothing
        schedule: Any = 0.001 if rate is None else _cosine(rate, steps)
        self.optimizer = keras.optimizers.Adam(schedule, global_clipnorm=1.0)
        self.optimizer.build(model.trainable_variables)
        self._variables = [variable.value for variable in model.trainable_variables]
        self._averages = [tf.Variable(variable) for variable in self._variables] if averaged else []
        self._momentum = 1 - 1 / max(averaged, 1)
        self._taken = tf.Variable(0.0)
        self._right = tf.Variable(0.0)
        self._seen = tf.Variable(0.0)
        if together is not None:
            self.set_weights(together.agree(self.weights()))
        # One trace for all shapes of batches.
        matrix = tf.TensorSpec((None, None), tf.float32)
        self._traced = tf.function(
            self._step,
            input_signature=[
                tf.TensorSpec((None, None), tf.int32),
                matrix,
                matrix,
                tf.TensorSpec((None,), tf.float32),
                tf.TensorSpec((None,), tf.int32),
            ],
        )
        self._logits = tf.function(
            lambda tokens: self._read(tokens, training=False)[0],
            input_signature=[tf.TensorSpec((None, None), tf.int32)],
        )

    def step(
        self,
        tokens: np.ndarray,
        targets: np.ndarray,
        impossible: np.ndarray,
        weights: np.ndarray,
        domains: np.ndarray | None = None,
    ) -> Any:
        """Learn from a batch and return its mean loss.

        Args:
            tokens: (batch, maxlen).
            targets: (batch, labels), probabilities.
            impossible: (batch, labels), 1 for a label that the sample's set does not know.
            weights: (batch,), how much each sample counts.
            domains: (batch,), the number of each sample's domain, for a model that has domains.
        """
        told = np.zeros(len(weights), np.int32) if domains is None else domains
        shares = weights / np.sum(weights)
        if self._together is not None:
            mine = self._together.mine(len(weights))
            shares = shares if self._together.number < len(shares) else np.zeros_like(shares)
            tokens, targets, impossible = tokens[mine], targets[mine], impossible[mine]
            shares, told = shares[mine], told[mine]
        return self._traced(tokens, targets, impossible, shares, told)

    def _read(self, tokens: Any, training: bool) -> tuple[Any, Any]:
        """Return the logits of the labels, and those of the domains or None."""
        read = self.model(tokens, training=training)
        return (read[0], read[1]) if isinstance(read, list | tuple) else (read, None)

    def agree(self, value: float) -> float:
        """Return what the first of several machines found: a last digit must not part their ways."""
        return value if self._together is None else float(self._together.agree([np.float64(value)])[0])

    def _step(self, tokens: Any, targets: Any, impossible: Any, shares: Any, domains: Any) -> Any:
        batch = (tokens, targets, impossible, shares, domains)
        if self._together is None:
            loss, right, seen, *gradients = self._judged(*batch)
        else:
            loss, right, seen, *gradients = self._together.gradients(self._judged, batch)
        self.optimizer.apply(gradients, self.model.trainable_variables)
        self._taken.assign_add(1.0)
        # Early on the average is of all steps so far.
        momentum = tf.minimum(self._momentum, 1 - 1 / (1 + self._taken / 4))
        for average, variable in zip(self._averages, self._variables, strict=bool(self._averages)):
            average.assign(momentum * average + (1 - momentum) * variable)
        self._right.assign_add(right)
        self._seen.assign_add(seen)
        return loss

    def _judged(self, tokens: Any, targets: Any, impossible: Any, shares: Any, domains: Any) -> list[Any]:
        """Return the loss, how many samples were right, how many there were, and the gradients."""
        possible = 1 - impossible
        smooth = targets * (1 - self.smoothing) + self.smoothing * possible / tf.reduce_sum(
            possible, 1, keepdims=True
        )
        with tf.GradientTape() as tape:
            logits, domain_logits = self._read(tokens, training=True)
            logits -= NEVER * impossible
            losses = -tf.reduce_sum(smooth * possible * tf.nn.log_softmax(logits), axis=1)
            loss = tf.reduce_sum(losses * shares)
            machines = 1 if self._together is None else self._together.count
            total = tf.add_n([loss, *(penalty / machines for penalty in self.model.losses)])
            if domain_logits is not None:
                told = tf.nn.sparse_softmax_cross_entropy_with_logits(domains, domain_logits)
                total += DOMAINS * tf.reduce_mean(told)
        gradients = tape.gradient(total, self._variables)
        counted = tf.cast(shares > 0, tf.float32)
        right = tf.cast(tf.equal(tf.argmax(logits, 1), tf.argmax(targets, 1)), tf.float32)
        return [loss, tf.reduce_sum(right * counted), tf.reduce_sum(counted), *gradients]

    def accuracy(self) -> float:
        """Return the share of samples that were right when they were learned from, since the last call."""
        right, seen = float(self._right), float(self._seen)
        self._right.assign(0.0)
        self._seen.assign(0.0)
        return right / max(seen, 1.0)

    def weights(self) -> list[np.ndarray]:
        """Return a copy of the model's weights."""
        return [variable.numpy() for variable in self._variables]

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        """Put back what `weights` returned."""
        for variable, held in zip(self._variables, weights, strict=True):
            variable.assign(held)

    def swap(self) -> None:
        """Exchange the weights with their average; a second call puts them back."""
        for average, variable in zip(self._averages, self._variables, strict=bool(self._averages)):
            held = variable.numpy()
            variable.assign(average)
            average.assign(held)

    def logits(self, tokens: Sequence[Sequence[int]], batch: int = 512) -> np.ndarray:
        """Return the logits (texts, labels) for texts of any lengths."""
        order = np.argsort([len(ids) for ids in tokens], kind="stable")
        parts = [
            self._logits(pad([tokens[index] for index in order[start : start + batch]])).numpy()
            for start in range(0, len(order), batch)
        ]
        logits = np.empty((len(tokens), parts[0].shape[1]), np.float32)
        logits[order] = np.concatenate(parts)
        return logits

    def state(self) -> dict[str, np.ndarray]:
        """Return everything that a later process needs to go on from here."""
        return {name: np.asarray(variable) for name, variable in self._lasting().items()}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go on from a `state`.

        Raises:
            KeyError, ValueError: It is that of another network; nothing was changed.
        """
        lasting = self._lasting()
        for name, variable in lasting.items():
            if state[name].shape != tuple(variable.shape):
                raise ValueError(f"{name} has another shape")
        for name, variable in lasting.items():
            variable.assign(state[name])

    def _lasting(self) -> dict[str, Any]:
        """Return the variables that make up a state, by their names in it."""
        variables = [*self.model.variables, *self.optimizer.variables]
        held = {f"variable_{n}": variable for n, variable in enumerate(variables)}
        return held | {f"average_{n}": average for n, average in enumerate([*self._averages, self._taken])}


@dataclass
class Standing:
    """Where a training stands after an epoch, and the best that it has found so far."""

    epoch: int = 0  # 0 before the first
    best: list[np.ndarray] = field(default_factory=list)  # weights
    best_score: float = -math.inf
    best_epoch: int = 0

    def state(self, learner: Learner, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Return everything that another process needs to go on after this epoch."""
        best = {f"best_{n}": weights for n, weights in enumerate(self.best)}
        figures = json.dumps([self.epoch, self.best_score, self.best_epoch, rng.bit_generator.state])
        return learner.state() | best | {"standing": np.array(figures)}

    @classmethod
    def resumed(
        cls, state: dict[str, np.ndarray] | None, learner: Learner, rng: np.random.Generator
    ) -> Standing:
        """Bring a learner and its dice to where a `state` was taken.

        None is the beginning, and so is the state of another network: an upgrade came in between.
        """
        if state is None:
            return cls()
        try:
            learner.restore(state)
        except (KeyError, ValueError):
            return cls()
        epoch, best_score, best_epoch, rng.bit_generator.state = json.loads(str(state["standing"]))
        count = sum(name.startswith("best_") for name in state)
        return cls(epoch, [state[f"best_{n}"] for n in range(count)], best_score, best_epoch)


def _cosine(rate: float, steps: int) -> Any:
    warmup = max(1, steps // 10)
    return keras.optimizers.schedules.CosineDecay(
        rate / 20, max(1, math.ceil(steps) - warmup), warmup_target=rate, warmup_steps=warmup, alpha=0.01
    )
