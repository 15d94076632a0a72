"""The Transformer encoder (Vaswani et al. 2017), norms first: Keras builder and ONNX writer."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from ml.networks.graph import FAR, Graph
from ml.networks.pooling import embedded, output, penalties, write_output
from ml.tokenizer import MAXLEN

HEADS = 4
LAYERS = 2
EPSILON = 1e-5  # of the norms


def build(
    start: tuple[int, int], num_labels: int, *, width: int, dropout: float, l1: float, l2: float, seed: int
) -> Any:
    """Return the network; `start` is the size of the table of vectors, `width` that of the inner layers."""
    keras.utils.set_random_seed(seed)
    penalty = penalties(l1, l2)
    tokens, pieces = embedded(start)
    channels = start[1]
    states = Positions(channels, name="positions")(pieces)
    for number in range(LAYERS):
        normed = layers.LayerNormalization(epsilon=EPSILON, name=f"norm_{number}_0")(states)
        projected = layers.Dense(3 * channels, kernel_regularizer=penalty, name=f"projection_{number}")(
            normed
        )
        seen = Attention(name=f"attention_{number}")(tokens, projected)
        states = states + layers.Dense(channels, name=f"joined_{number}")(seen)
        normed = layers.LayerNormalization(epsilon=EPSILON, name=f"norm_{number}_1")(states)
        inner = layers.Dense(width, activation="relu", kernel_regularizer=penalty, name=f"inner_{number}")(
            normed
        )
        states = states + layers.Dense(channels, name=f"outer_{number}")(layers.Dropout(0.1)(inner))
    states = layers.LayerNormalization(epsilon=EPSILON, name="norm")(states)
    return output(tokens, pieces, states, num_labels, dropout, penalty)


def positions(channels: int) -> np.ndarray:
    """Return the waves that tell where a piece stands, (MAXLEN, channels), small beside the vectors."""
    rates = 10_000.0 ** (-np.arange(0, channels, 2) / channels)
    angles = np.arange(MAXLEN)[:, None] * rates[None]
    waves = np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(MAXLEN, -1)
    return np.asarray(0.1 * waves[:, :channels], np.float32)


@keras.saving.register_keras_serializable("tonefit")
class Positions(layers.Layer):  # type: ignore[misc]
    """Adds to each piece where it stands."""

    def __init__(self, channels: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.channels = channels

    def call(self, pieces: Any) -> Any:
        """Add the waves to `pieces` (batch, maxlen, channels)."""
        return pieces + ops.convert_to_tensor(positions(self.channels))[None, : ops.shape(pieces)[1]]


@keras.saving.register_keras_serializable("tonefit")
class Attention(layers.Layer):  # type: ignore[misc]
    """Lets each piece look at all others; padding is not seen."""

    def call(self, tokens: Any, projected: Any) -> Any:
        """Turn queries, keys and values, (batch, maxlen, 3 channels), into (batch, maxlen, channels)."""
        batch, maxlen = ops.shape(tokens)[0], ops.shape(tokens)[1]
        size = projected.shape[-1] // (3 * HEADS)
        parts = ops.reshape(projected, (batch, maxlen, 3, HEADS, size))
        query, key, value = (ops.transpose(parts[:, :, place], (0, 2, 1, 3)) for place in range(3))
        scores = (
            ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))) / size**0.5
        )  # (batch, heads, maxlen, maxlen)
        padding = ops.cast(ops.equal(tokens, 0), scores.dtype)[:, None, None, :]
        seen = ops.matmul(ops.softmax(scores - FAR * padding, axis=-1), value)
        return ops.reshape(ops.transpose(seen, (0, 2, 1, 3)), (batch, maxlen, HEADS * size))


def write(model: Any) -> Any:
    """Return the network as an ONNX model."""
    graph = Graph()
    pieces = graph.pieces(np.asarray(model.get_layer("embedding").embeddings))
    mask = graph.mask()
    rows = graph.node("Transpose", pieces, perm=[1, 0, 2])  # (batch, maxlen, channels)
    channels = model.get_layer("embedding").output_dim
    states = graph.node("Add", rows, _waves(graph, channels))
    outside = graph.node("Sub", graph.constant(1.0), mask)
    far = graph.node("Mul", outside, graph.constant(FAR))
    hidden = graph.node("Unsqueeze", graph.node("Transpose", far, perm=[1, 2, 0]), _axis(graph, 1))
    for number in range(LAYERS):
        normed = _norm(graph, states, model.get_layer(f"norm_{number}_0"))
        projected = graph.dense(normed, model.get_layer(f"projection_{number}"))
        seen = _attention(graph, projected, hidden, channels)
        states = graph.node("Add", states, graph.dense(seen, model.get_layer(f"joined_{number}")))
        normed = _norm(graph, states, model.get_layer(f"norm_{number}_1"))
        inner = graph.node("Relu", graph.dense(normed, model.get_layer(f"inner_{number}")))
        states = graph.node("Add", states, graph.dense(inner, model.get_layer(f"outer_{number}")))
    states = _norm(graph, states, model.get_layer("norm"))
    return write_output(graph, model, pieces, graph.node("Transpose", states, perm=[1, 0, 2]), mask)


def _axis(graph: Graph, axis: int) -> str:
    return graph.constant(np.array([axis], np.int64))


def _waves(graph: Graph, channels: int) -> str:
    """Return the waves of as many positions as there are, (maxlen, channels)."""
    maxlen = graph.node("Shape", "tokens", start=0, end=1)
    table = graph.constant(positions(channels))
    return graph.node("Slice", table, graph.constant(np.array([0], np.int64)), maxlen, _axis(graph, 0))


def _norm(graph: Graph, states: str, layer: Any) -> str:
    gamma, beta = graph.constant(np.asarray(layer.gamma)), graph.constant(np.asarray(layer.beta))
    return graph.node("LayerNormalization", states, gamma, beta, axis=-1, epsilon=EPSILON)


def _attention(graph: Graph, projected: str, hidden: str, channels: int) -> str:
    """Write what `Attention` does."""
    size = channels // HEADS
    shape = graph.constant(np.array([0, 0, 3, HEADS, size], np.int64))
    parts = graph.node("Transpose", graph.node("Reshape", projected, shape), perm=[2, 0, 3, 1, 4])
    query, key, value = (
        graph.node("Gather", parts, graph.constant(np.array(place, np.int64)), axis=0) for place in range(3)
    )
    scores = graph.node("MatMul", query, graph.node("Transpose", key, perm=[0, 1, 3, 2]))
    scaled = graph.node("Mul", scores, graph.constant(1 / size**0.5))
    weights = graph.node("Softmax", graph.node("Sub", scaled, hidden), axis=-1)
    seen = graph.node("Transpose", graph.node("MatMul", weights, value), perm=[0, 2, 1, 3])
    return graph.node("Reshape", seen, graph.constant(np.array([0, 0, HEADS * size], np.int64)))
