"""How what a network says after each piece becomes one vector, in Keras and in ONNX."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from ml.networks.graph import FAR, Graph


@keras.saving.register_keras_serializable("tonefit")
class MeanAndHighest(layers.Layer):  # type: ignore[misc]
    """Joins the mean and the maximum of the states to the mean of the pieces; padding takes no part."""

    def call(self, tokens: Any, pieces: Any, states: Any) -> Any:
        """Pool `states` (batch, maxlen, units) and `pieces` (batch, maxlen, embedding)."""
        mask = ops.cast(ops.not_equal(tokens, 0), states.dtype)[..., None]
        lengths = ops.sum(mask, axis=1)
        mean = ops.sum(states * mask, axis=1) / lengths
        highest = ops.max(states - FAR * (1 - mask), axis=1)
        bag = ops.sum(pieces * mask, axis=1) / lengths
        return ops.concatenate([mean, highest, bag], axis=-1)


def embedded(start: tuple[int, int]) -> tuple[Any, Any]:
    """Return the input, and the vectors of its pieces with whole channels dropped while it learns."""
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    pieces = layers.Embedding(*start, name="embedding")(tokens)
    return tokens, layers.SpatialDropout1D(0.25)(pieces)


def output(tokens: Any, pieces: Any, states: Any, num_labels: int, dropout: float, penalty: Any) -> Any:
    """Return the model that ends in a layer over the pooled states."""
    pooled = MeanAndHighest(name="pool")(tokens, pieces, states)
    last = layers.Dense(num_labels, kernel_regularizer=penalty, name="output")
    return keras.Model(tokens, last(layers.Dropout(dropout)(pooled)))


def penalties(l1: float, l2: float) -> Any:
    """Return the penalty on a layer's weights, None without one."""
    return keras.regularizers.L1L2(l1, l2) if l1 or l2 else None


def write_output(graph: Graph, model: Any, pieces: str, states: str, mask: str) -> Any:
    """Write what `output` builds, and return the finished model."""
    parts = [graph.mean(states, mask), graph.highest(states, mask), graph.mean(pieces, mask)]
    pooled = graph.node("Concat", *parts, axis=1)
    last = model.get_layer("output")
    return graph.model(graph.dense(pooled, last), last.units)
