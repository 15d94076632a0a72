"""Which networks a chat's classifier may be, each with its Keras builder and its ONNX writer side by side.

Every one reads the shipped vocabulary and starts from the shipped vectors of its pieces; the LSTM of the
shipped width starts from the shipped recurrence too. Each becomes a model from tokens and lengths to
probabilities.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from ml.classifier import (
    ARCHITECTURES,
    BELOW,
    LSTM,
    Architecture,
    load_weights,
    read_weights,
    set_weights,
)
from ml.classifier import build as build_lstm
from ml.export import export
from ml.networks import attention, convolution, recurrent
from ml.predictor import SHIPPED

Weights = dict[str, np.ndarray]
# Units, filters of each size, width of the inner layer.
WIDTHS = {"lstm": 128, "article": 128, "gru": 96, "cnn": 96, "transformer": 128}


@dataclass(frozen=True, slots=True)
class Shape:
    """What may be searched for: `width` None is the architecture's own, `dropout` None too."""

    width: int | None = None
    dropout: float | None = None
    l1: float = 0.0
    l2: float = 0.0


Writer = Callable[[Any], Any]
OTHERS: Mapping[str, tuple[Callable[..., Any], Writer]] = {
    "gru": (recurrent.build, recurrent.write),
    "cnn": (convolution.build, convolution.write),
    "transformer": (attention.build, attention.write),
}
NAMES = (*ARCHITECTURES, *OTHERS)


def build(name: str, vocabulary: int, num_labels: int, shape: Shape, seed: int) -> Any:
    """Return a network from tokens (batch, maxlen) to logits (batch, labels), begun as what is shipped."""
    model = blank(name, vocabulary, num_labels, shape, seed)
    if name in ARCHITECTURES:
        set_weights(model, _start(_shaped(name, shape)))
    else:
        model.get_layer("embedding").embeddings.assign(shipped_start()["embedding"])
    return model


def blank(name: str, vocabulary: int, num_labels: int, shape: Shape, seed: int) -> Any:
    """Return such a network, begun by chance."""
    if name in ARCHITECTURES:
        own = _shaped(name, shape)
        return build_lstm(own, vocabulary, num_labels, seed=seed, l1=shape.l1, l2=shape.l2)
    builder, _ = OTHERS[name]
    dropout = 0.4 if shape.dropout is None else shape.dropout
    width = shape.width or WIDTHS[name]
    table = (vocabulary, LSTM.embedding)  # as wide as the shipped one
    return builder(table, num_labels, width=width, dropout=dropout, l1=shape.l1, l2=shape.l2, seed=seed)


def write(name: str, model: Any) -> Any:
    """Return a trained network as an ONNX model, its probabilities not yet calibrated."""
    if name not in ARCHITECTURES:
        return OTHERS[name][1](model)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        export(read_weights(model), ARCHITECTURES[name].pooling, path)
        return onnx.load(path)


def shipped_start() -> Weights:
    """Return the shipped model's weights below the output, which knows other labels."""
    weights = load_weights(SHIPPED / "weights.npz")
    return {name: weights[name] for name in BELOW}


def _shaped(name: str, shape: Shape) -> Architecture:
    """Return an LSTM's shape."""
    own = ARCHITECTURES[name]
    dropout = own.dropout if shape.dropout is None else shape.dropout
    return replace(own, dropout=dropout, units=shape.width or own.units)


def _start(architecture: Architecture) -> Weights:
    """Return the shipped weights that fit an LSTM: the recurrence where it is as wide, the vectors always.

    Where it has shorter vectors they are the shipped ones' first principal components.
    """
    shipped = shipped_start()
    vectors = shipped["embedding"]
    if architecture.embedding < vectors.shape[1]:
        centred = vectors - vectors.mean(axis=0)
        components = np.linalg.eigh(centred.T @ centred)[1][:, ::-1]  # the largest first
        return {"embedding": centred @ components[:, : architecture.embedding]}
    wide = shipped["lstm_recurrent"].shape[0] == architecture.units
    return shipped if wide else {"embedding": vectors}
