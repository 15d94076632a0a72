"""Which networks there are: Keras builders whose weights `ml.export` writes as one ONNX graph."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops

LEFT_OUT = 0.3  # share of the texts that are read without what was learned about their pieces
BELOW = ("embedding", "lstm_kernel", "lstm_recurrent", "lstm_bias")  # what models of other labels start from
# By name: those below, kernel and bias; with domains domain_kernel, domain_bias, added_kernel, added_bias.
Weights = dict[str, np.ndarray]


@dataclass(frozen=True)
class Architecture:
    """The shape of a network and what it drops while it learns.

    `pooling` "last" takes the last hidden state; "rich" joins to it the mean and the maximum of all states,
    and the mean of the pieces. With `domains` the network also says how much a text looks like each of
    them, and each adds to the logits by that share: "sick" in a hotel's review is not "sick" in a chat
    (a mixture of experts whose gate is taught, Jacobs et al. 1991).
    """

    name: str
    embedding: int
    units: int
    pooling: str
    dropout: float  # before the output
    embedding_dropout: float = 0.0  # whole channels, in all pieces of a text alike (Gal & Ghahramani 2016)
    domains: int = 0


LSTM = Architecture("lstm", 128, 128, "rich", dropout=0.4, embedding_dropout=0.25)
# The source article's network: Embedding 64, LSTM 128, Dropout 0.5, by Adam, 10 epochs, batches of 32.
ARTICLE = Architecture("article", 64, 128, "last", dropout=0.5)
ARCHITECTURES = {arch.name: arch for arch in (LSTM, ARTICLE)}


@keras.saving.register_keras_serializable("tonefit")
class StartedEmbedding(layers.Layer):  # type: ignore[misc]
    """Piece vectors that are given, and what is learned on top of them; 0 at first.

    Of a share of the texts the learned part is left out, so that the layers above also read what is
    given alone: it is all that they get for a word which no sample holds.
    """

    def __init__(self, start: np.ndarray, left_out: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start = ops.convert_to_tensor(start, "float32")
        self.left_out = left_out
        self.seeds = keras.random.SeedGenerator(0)

    def build(self, input_shape: Any) -> None:
        """Make the learned part."""
        self.learned = self.add_weight(shape=self.start.shape, initializer="zeros", name="learned")

    def call(self, tokens: Any, training: bool = False) -> Any:
        """Return the vectors (batch, maxlen, embedding)."""
        learned = ops.take(self.learned, tokens, axis=0)
        if training and self.left_out:
            drawn = keras.random.uniform((ops.shape(tokens)[0], 1, 1), seed=self.seeds)
            learned = learned * ops.cast(drawn >= self.left_out, learned.dtype)
        return ops.take(self.start, tokens, axis=0) + learned

    @property
    def embeddings(self) -> Any:
        """Return the sum of both parts (vocabulary, embedding)."""
        return self.start + self.learned


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
    start: np.ndarray | None = None,
) -> Any:
    """Return the Keras model from piece numbers (batch, maxlen), 0 for padding, to logits (batch, labels).

    With domains it returns their logits (batch, domains) as well.

    Args:
        architecture: Its shape.
        vocabulary: How many pieces there are.
        num_labels: How many labels.
        seed: Of the first weights and of what is dropped.
        l1: Penalty on the kernels.
        l2: Likewise.
        start: Vectors (vocabulary, embedding) that stay as they are below what is learned.
    """
    keras.utils.set_random_seed(seed)
    penalty = keras.regularizers.L1L2(l1, l2) if l1 or l2 else None
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    embedding = (
        layers.Embedding(
            vocabulary,
            architecture.embedding,
            embeddings_initializer=keras.initializers.RandomUniform(-0.1, 0.1),
            name="embedding",
        )
        if start is None
        else StartedEmbedding(start, LEFT_OUT, name="embedding")
    )
    pieces = embedding(tokens)
    dropped = layers.SpatialDropout1D(architecture.embedding_dropout)(pieces)
    states = layers.LSTM(architecture.units, return_sequences=True, kernel_regularizer=penalty, name="lstm")(
        dropped
    )
    pooled = Pool(architecture.pooling, name="pool")(tokens, dropped, states)
    pooled = layers.Dropout(architecture.dropout)(pooled)
    logits = layers.Dense(num_labels, kernel_regularizer=penalty, name="output")(pooled)
    if not architecture.domains:
        return keras.Model(tokens, logits, name=architecture.name)
    domains = layers.Dense(architecture.domains, name="domain")(pooled)
    added = layers.Dense(architecture.domains * num_labels, kernel_initializer="zeros", name="added")(pooled)
    each = layers.Reshape((architecture.domains, num_labels))(added)
    logits = layers.Add()([logits, layers.Dot(1)([layers.Softmax()(domains), each])])
    return keras.Model(tokens, [logits, domains], name=architecture.name)


def read_weights(model: Any) -> Weights:
    """Return a model's weights by name."""
    return {name: np.asarray(values) for name, values in _places(model).items()}


def set_weights(model: Any, weights: Weights) -> None:
    """Put weights into a model; names that `weights` lacks keep what they have."""
    places = _places(model)
    for name, values in weights.items():
        places[name].assign(np.asarray(values, "float32"))


def _places(model: Any) -> dict[str, Any]:
    lstm, output = model.get_layer("lstm").cell, model.get_layer("output")
    places = {
        "embedding": model.get_layer("embedding").embeddings,
        "lstm_kernel": lstm.kernel,
        "lstm_recurrent": lstm.recurrent_kernel,
        "lstm_bias": lstm.bias,
        "kernel": output.kernel,
        "bias": output.bias,
    }
    for layer in model.layers:
        if layer.name in {"domain", "added"}:
            places |= {f"{layer.name}_kernel": layer.kernel, f"{layer.name}_bias": layer.bias}
    return places


def save_weights(weights: Weights, path: Path) -> None:
    """Write weights for models that start from these, finer than what they learn.

    Half precision; the pieces' vectors in 8 bits, each with a scale of its own.
    """
    held: dict[str, Any] = {name: values.astype(np.float16) for name, values in weights.items()}
    vectors = weights["embedding"]
    scale = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-8) / 127
    held |= {"embedding": np.round(vectors / scale).astype(np.int8), "embedding_scale": scale}
    np.savez(path, **held)


def load_weights(path: Path) -> Weights:
    """Read weights that `save_weights` wrote."""
    with np.load(path) as saved:
        weights = {name: saved[name].astype(np.float32) for name in saved.files}
    scale = weights.pop("embedding_scale", np.float32(1))  # older files have none
    weights["embedding"] = weights["embedding"] * scale
    return weights
