"""The nodes by which the wide half of the shipped model (`ml.wide`) adds to the logits of its network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from onnx import TensorProto, helper

from ml.pairs import pair_nodes

PAIRS = 220_009  # rows for pairs, behind one for each piece
SPREAD = 4.0  # of the sum over a text's rows, divided by the root of their number


def wide_nodes(
    weights: Mapping[str, np.ndarray], parameters: dict[str, np.ndarray], temperature: float, *, int8: bool
) -> list[Any]:
    """Return the nodes from "tokens", "divisors" (the lengths) and "shares" of the domains to "wide_logits".

    Args:
        weights: What `ml.wide.train_wide` returned.
        parameters: Takes the constants; "axis_0", "axis_1" and "axis_2" are there already.
        temperature: Divides the logits.
        int8: Whether to keep the table in 8 bits, with a scale for each column.
    """
    table, read, bias = weights["wide_table"].copy(), weights["wide_columns"], weights["wide_bias"]
    table[0] = 0  # padding
    scale = np.maximum(np.abs(table).max(axis=0), 1e-8) / 127 if int8 else np.ones(table.shape[1])
    counted = weights["wide_counted"][:, None] / temperature  # (domains, 1)
    nodes, constants = pair_nodes("wide", len(table) - PAIRS, PAIRS)
    parameters |= constants
    parameters |= {
        "wide_table": np.round(table / scale).astype(np.int8) if int8 else table,
        "wide_scale": scale * SPREAD,
        "wide_columns": read * counted,
        "wide_bias": bias * counted,
        "wide_shape": np.array([-1, read.shape[1], bias.shape[1]], np.int64),
        "wide_pieces": np.array(2.0),
        "wide_last": np.array(1.0),
    }
    node = helper.make_node
    return [
        *nodes,
        node("Gather", ["wide_table", "wide_rows"], ["wide_found"]),
        node("Cast", ["wide_found"], ["wide_values"], to=TensorProto.FLOAT),
        node("ReduceSum", ["wide_values", "axis_0"], ["wide_sum"], keepdims=0),  # (batch, columns * labels)
        node("Mul", ["wide_sum", "wide_scale"], ["wide_scaled"]),
        node("Mul", ["divisors", "wide_pieces"], ["wide_doubled"]),
        node("Sub", ["wide_doubled", "wide_last"], ["wide_number"]),  # of pieces and pairs
        node("Sqrt", ["wide_number"], ["wide_root"]),
        node("Div", ["wide_scaled", "wide_root"], ["wide_evened"]),
        node("Reshape", ["wide_evened", "wide_shape"], ["wide_each"]),  # (batch, columns, labels)
        node("MatMul", ["shares", "wide_columns"], ["wide_shares"]),
        node("Unsqueeze", ["wide_shares", "axis_2"], ["wide_share_columns"]),
        node("Mul", ["wide_each", "wide_share_columns"], ["wide_weighed"]),
        node("ReduceSum", ["wide_weighed", "axis_1"], ["wide_said"], keepdims=0),
        node("MatMul", ["shares", "wide_bias"], ["wide_usual"]),
        node("Add", ["wide_said", "wide_usual"], ["wide_logits"]),
    ]
