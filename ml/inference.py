"""What an ONNX model says of many texts, where trainings compare and calibrate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

BATCH = 64  # texts of like length in one call


def run(model: Any, tokens: Sequence[Sequence[int]], output: str = "probabilities") -> np.ndarray:
    """Return an output (n, columns) of a model from tokens and lengths, for texts of any lengths.

    Args:
        model: An `onnx.ModelProto`.
        tokens: Piece numbers of each text, at least one text.
        output: The name of a graph's output.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    lengths = np.array([len(ids) for ids in tokens], np.int32)
    order = np.argsort(lengths, kind="stable")
    parts = []
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        padded = np.zeros((lengths[batch[-1]], len(batch)), np.int32)
        for column, index in enumerate(batch):
            padded[: lengths[index], column] = tokens[index]
        parts.append(session.run([output], {"tokens": padded, "lengths": lengths[batch]})[0])
    joined = np.concatenate(parts).astype(np.float64)
    found = np.empty_like(joined)
    found[order] = joined
    return found
