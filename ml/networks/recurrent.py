"""The GRU (Cho et al. 2014): Keras builder and ONNX writer."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers

from ml.networks.graph import Graph
from ml.networks.pooling import embedded, output, penalties, write_output


def build(
    start: tuple[int, int], num_labels: int, *, width: int, dropout: float, l1: float, l2: float, seed: int
) -> Any:
    """Return the network; `start` is the size of the table of vectors, `width` the number of units."""
    keras.utils.set_random_seed(seed)
    penalty = penalties(l1, l2)
    tokens, pieces = embedded(start)
    # It has met no padding when it reads a text's last piece, and needs no mask.
    states = layers.GRU(width, return_sequences=True, kernel_regularizer=penalty, name="gru")(pieces)
    return output(tokens, pieces, states, num_labels, dropout, penalty)


def write(model: Any) -> Any:
    """Return the network as an ONNX model."""
    graph, cell = Graph(), model.get_layer("gru").cell
    pieces = graph.pieces(np.asarray(model.get_layer("embedding").embeddings))
    biases = np.concatenate(list(np.asarray(cell.bias)))  # of the input, then of the recurrence
    states = graph.node(
        "GRU",
        pieces,
        graph.constant(np.asarray(cell.kernel).T[None]),  # update, reset, candidate: Keras' order too
        graph.constant(np.asarray(cell.recurrent_kernel).T[None]),
        graph.constant(biases[None]),
        "lengths",
        hidden_size=cell.units,
        linear_before_reset=1,
    )  # (maxlen, 1, batch, units)
    flat = graph.node("Squeeze", states, graph.constant(np.array([1], np.int64)))
    return write_output(graph, model, pieces, flat, graph.mask())
