"""The convolutional network for sentences (Kim 2014): Keras builder and ONNX writer."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from ml.networks.graph import Graph
from ml.networks.pooling import embedded, output, penalties, write_output

SIZES = (2, 3, 4)  # neighbouring pieces that a filter sees


def build(
    start: tuple[int, int], num_labels: int, *, width: int, dropout: float, l1: float, l2: float, seed: int
) -> Any:
    """Return the network; `start` is the size of the table of vectors, `width` the filters of each size."""
    keras.utils.set_random_seed(seed)
    penalty = penalties(l1, l2)
    tokens, pieces = embedded(start)
    held = Silenced(name="silenced")(tokens, pieces)
    found = [
        layers.Conv1D(
            width, size, padding="same", activation="relu", kernel_regularizer=penalty, name=f"filters_{size}"
        )(held)
        for size in SIZES
    ]
    return output(tokens, pieces, layers.Concatenate()(found), num_labels, dropout, penalty)


@keras.saving.register_keras_serializable("tonefit")
class Silenced(layers.Layer):  # type: ignore[misc]
    """Makes padding the zero vector: a filter at a text's end must find nothing behind it."""

    def call(self, tokens: Any, pieces: Any) -> Any:
        """Silence the padding in `pieces` (batch, maxlen, embedding)."""
        return pieces * ops.cast(ops.not_equal(tokens, 0), pieces.dtype)[..., None]


def write(model: Any) -> Any:
    """Return the network as an ONNX model."""
    graph = Graph()
    pieces = graph.pieces(np.asarray(model.get_layer("embedding").embeddings))
    rows = graph.node("Transpose", pieces, perm=[1, 2, 0])  # (batch, embedding, maxlen)
    found = []
    for size in SIZES:
        layer = model.get_layer(f"filters_{size}")
        kernel = np.asarray(layer.kernel).transpose(2, 1, 0)  # (filters, embedding, size)
        before = (size - 1) // 2  # as Keras pads for "same"
        filtered = graph.node(
            "Conv", rows, graph.constant(kernel), graph.constant(np.asarray(layer.bias)),
            pads=[before, size - 1 - before],
        )  # fmt: skip
        found.append(graph.node("Relu", filtered))
    states = graph.node("Transpose", graph.node("Concat", *found, axis=1), perm=[2, 0, 1])
    return write_output(graph, model, pieces, states, graph.mask())
