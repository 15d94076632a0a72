"""Which networks there are: Keras builders whose weights `ml.export` writes as one ONNX graph."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops

Weights = dict[str, np.ndarray]  # by name: embedding, lstm_kernel, lstm_recurrent, lstm_bias, kernel, bias


@dataclass(frozen=True)
class Architecture:
    """The shape of a network and what it drops while it learns.

    `pooling` "last" takes the last hidden state; "rich" joins to it the mean and the maximum of all states,
    and the mean of the pieces.
    """

    name: str
    embedding: int
    units: int
    pooling: str
    dropout: float  # before the output
    embedding_dropout: float = 0.0  # whole channels, in all pieces of a text alike (Gal & Ghahramani 2016)


LSTM = Architecture("lstm", 128, 128, "rich", dropout=0.4, embedding_dropout=0.25)
# The source article's network: Embedding 64, LSTM 128, Dropout 0.5, by Adam, 10 epochs, batches of 32.
ARTICLE = Architecture("article", 64, 128, "last", dropout=0.5)
ARCHITECTURES = {arch.name: arch for arch in (LSTM, ARTICLE)}


@keras.saving.register_keras_serializable("tonefit")
class Pool(layers.Layer):  # type: ignore[misc]
    """Turns what the LSTM said after each piece into one vector; padding takes no part.

    A network of one direction has not met the padding behind a text when it reads the last piece, so the
    recurrence itself needs no mask, which in Keras would cost more than the padding.
    """

    def __init__(self, pooling: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pooling = pooling

    def call(self, tokens: Any, pieces: Any, states: Any) -> Any:
        """Pool `states` (batch, maxlen, units) and `pieces` (batch, maxlen, embedding)."""
        mask = ops.cast(ops.not_equal(tokens, 0), states.dtype)  # (batch, maxlen)
        lengths = ops.sum(mask, axis=1, keepdims=True)
        last = ops.cast(
            ops.arange(ops.shape(tokens)[1])[None, :] == ops.cast(lengths, "int32") - 1, states.dtype
        )
        final = ops.sum(states * last[..., None], axis=1)
        if self.pooling == "last":
            return final
        mean = ops.sum(states * mask[..., None], axis=1) / lengths
        highest = ops.max(states - 2 * (1 - mask[..., None]), axis=1)  # states lie in (-1, 1)
        bag = ops.sum(pieces * mask[..., None], axis=1) / lengths
        return ops.concatenate([final, mean, highest, bag], axis=-1)


def build(
    architecture: Architecture,
    vocabulary: int,
    num_labels: int,
    *,
    seed: int = 0,
    l1: float = 0,
    l2: float = 0,
) -> Any:
    """Return the Keras model from piece numbers (batch, maxlen), 0 for padding, to logits (batch, labels)."""
    keras.utils.set_random_seed(seed)
    penalty = keras.regularizers.L1L2(l1, l2) if l1 or l2 else None
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    pieces = layers.Embedding(
        vocabulary,
        architecture.embedding,
        embeddings_initializer=keras.initializers.RandomUniform(-0.1, 0.1),
        name="embedding",
    )(tokens)
    dropped = layers.SpatialDropout1D(architecture.embedding_dropout)(pieces)
    states = layers.LSTM(architecture.units, return_sequences=True, kernel_regularizer=penalty, name="lstm")(
        dropped
    )
    pooled = Pool(architecture.pooling, name="pool")(tokens, dropped, states)
    output = layers.Dense(num_labels, kernel_regularizer=penalty, name="output")
    return keras.Model(tokens, output(layers.Dropout(architecture.dropout)(pooled)), name=architecture.name)


def read_weights(model: Any) -> Weights:
    """Return a model's weights by name."""
    lstm, output = model.get_layer("lstm").cell, model.get_layer("output")
    return {
        "embedding": np.asarray(model.get_layer("embedding").embeddings),
        "lstm_kernel": np.asarray(lstm.kernel),
        "lstm_recurrent": np.asarray(lstm.recurrent_kernel),
        "lstm_bias": np.asarray(lstm.bias),
        "kernel": np.asarray(output.kernel),
        "bias": np.asarray(output.bias),
    }


def set_weights(model: Any, weights: Weights) -> None:
    """Put weights into a model; names that `weights` lacks keep what they have."""
    lstm, output = model.get_layer("lstm").cell, model.get_layer("output")
    places = {
        "embedding": model.get_layer("embedding").embeddings,
        "lstm_kernel": lstm.kernel,
        "lstm_recurrent": lstm.recurrent_kernel,
        "lstm_bias": lstm.bias,
        "kernel": output.kernel,
        "bias": output.bias,
    }
    for name, values in weights.items():
        places[name].assign(np.asarray(values, "float32"))


def save_weights(weights: Weights, path: Path) -> None:
    """Write weights for models that start from these, in half precision: finer than what they learn."""
    halved: dict[str, Any] = {name: values.astype(np.float16) for name, values in weights.items()}
    np.savez(path, **halved)
