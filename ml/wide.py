"""The wide half of the shipped model: what pieces and pairs of neighbours say by themselves.

A linear model over what stands in a text errs elsewhere than a network that reads in order, and to ask both
is worth more than either (wide and deep learning, Cheng et al. 2016). `ml.wide_graph` writes it into the
network's graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ml.classifier import Weights
from ml.learning import NEVER, length_buckets, pad
from ml.pairs import with_pairs
from ml.sources import DOMAINS, LABELS, SOURCES, Mixture
from ml.wide_graph import PAIRS, SPREAD

COLUMNS = 5  # as many as there are domains of Chinese; each takes 0.8 MB
JOINED = {"chnsenticorp": "online_shopping"}  # two kinds of Chinese reviews read the same columns


@dataclass(frozen=True)
class WideRecipe:
    """How it is trained."""

    passes: int = 3
    batch: int = 256
    rate: float = 3e-3


def columns(rows: np.ndarray) -> np.ndarray:
    """Return which column each domain reads, (domains, COLUMNS) of 0 and 1; none where it takes no part.

    Domains that share a language read different columns, or their words would say the same of both. Others
    only meet where a hash puts two pairs in one row, the less often the fewer samples a column serves.

    Args:
        rows: Of samples in each domain, (domains,).
    """
    languages = {
        domain: {source.language for source in SOURCES if source.domain == domain and source.wide}
        for domain in DOMAINS
    }
    chosen: dict[str, int] = {}
    served = np.zeros(COLUMNS)
    for number in np.argsort(-rows, kind="stable"):
        domain = DOMAINS[number]
        if languages[domain] and domain not in JOINED:
            taken = {chosen[other] for other in chosen if languages[other] & languages[domain]}
            chosen[domain] = min(set(range(COLUMNS)) - taken, key=lambda column: served[column])
            served[chosen[domain]] += rows[number]
    chosen |= {domain: chosen[other] for domain, other in JOINED.items()}
    read = np.zeros((len(DOMAINS), COLUMNS), np.float32)
    for domain, column in chosen.items():
        read[DOMAINS.index(domain), column] = 1
    return read


def taught_rows(mixture: Mixture) -> np.ndarray:
    """Return which rows of a mixture are learned from."""
    taught = {source.domain for source in SOURCES if source.wide}
    return np.flatnonzero(np.isin(mixture.domains, [DOMAINS.index(domain) for domain in taught]))


def train_wide(
    tokens: Sequence[Sequence[int]],
    mixture: Mixture,
    vocabulary: int,
    recipe: WideRecipe,
    *,
    seed: int,
    report: Callable[[int], None] = lambda rows: None,
) -> Weights:
    """Learn from the labels of a mixture; each row changes only the columns of its own domain.

    Args:
        tokens: The pieces of each row.
        mixture: What the rows say.
        vocabulary: How many pieces there are.
        recipe: How to learn.
        seed: Of the order of the rows.
        report: Told after each batch how many rows it had.

    Returns:
        `wide_table` (vocabulary + PAIRS, COLUMNS * labels), `wide_bias` (domains, labels), `wide_columns` as
        `columns` returns them, and `wide_counted` (domains,), which its logits are multiplied by before they
        join those of the network: as much as n-grams count in the lessons of that.
    """
    read = columns(np.bincount(mixture.domains, minlength=len(DOMAINS)))
    taught = taught_rows(mixture).tolist()
    table = tf.Variable(tf.zeros((vocabulary + PAIRS, COLUMNS * len(LABELS))))
    bias = tf.Variable(tf.zeros((len(DOMAINS), len(LABELS))))
    steps = recipe.passes * -(-len(taught) // recipe.batch)
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(recipe.rate, max(1, steps)))
    optimizer.build([table, bias])

    def learn(rows: Any, domains: Any, targets: Any, impossible: Any, weights: Any) -> None:
        with tf.GradientTape() as tape:
            found = tf.reshape(_summed(table, rows), (-1, COLUMNS, len(LABELS)))
            logits = tf.einsum("bcl,bc->bl", found, tf.gather(read, domains)) + tf.gather(bias, domains)
            said = tf.nn.log_softmax(logits - NEVER * impossible)
            loss = tf.reduce_mean(weights * -tf.reduce_sum(targets * (1 - impossible) * said, axis=1))
        gradients = tape.gradient(loss, [table, bias])
        optimizer.apply([tf.convert_to_tensor(gradient) for gradient in gradients], [table, bias])

    matrix, vector = tf.TensorSpec((None, None), tf.float32), tf.TensorSpec((None,), tf.float32)
    traced = tf.function(
        learn,
        input_signature=[
            tf.TensorSpec((None, None), tf.int32),
            tf.TensorSpec((None,), tf.int32),
            matrix,
            matrix,
            vector,
        ],
    )
    held = [with_pairs(tokens[row], vocabulary, PAIRS) for row in taught]
    lengths = np.array([len(found) for found in held])
    rng = np.random.default_rng(seed)
    for _ in range(recipe.passes):
        for bucket in length_buckets(lengths, recipe.batch, rng):
            rows = [taught[place] for place in bucket]
            traced(
                pad([held[place] for place in bucket]),
                mixture.domains[rows],
                mixture.targets[rows],
                mixture.impossible[rows],
                mixture.weights[rows],
            )
            report(len(rows))
    counted = {source.domain: source.counted for source in SOURCES}
    return {
        "wide_table": table.numpy(),
        "wide_bias": bias.numpy(),
        "wide_columns": read,
        "wide_counted": np.array([counted[domain] for domain in DOMAINS], np.float32),
    }


def _summed(table: Any, rows: Any) -> Any:
    """Return what the rows (batch, most) of each text add up to, (batch, columns * labels); 0 is padding."""
    there = tf.cast(rows > 0, tf.float32)
    found = tf.gather(table, rows) * there[..., None]
    return SPREAD * tf.reduce_sum(found, axis=1) / tf.sqrt(tf.reduce_sum(there, axis=1, keepdims=True))
