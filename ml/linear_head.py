"""A linear classifier over a text's pieces and what the shipped network says of it (Cheng et al. 2016).

It is convex and learns in a second, so that a handful of examples a label suffices, where a network has
only begun to look away from what it knew before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ml.inference import run
from ml.pairs import pair_nodes, with_pairs
from ml.predictor import SHIPPED

PAIRS = 2**15  # places that pairs of neighbouring pieces share by their hash
SCALE = (
    0.3  # how much the network's features weigh: the length of their vector, where that of the pieces is 1
)
STRENGTH = 50.0  # of the data against the squared weights, as scikit-learn's C
MOST_ROWS = 20_000  # that it learns from
STEPS = 300


@dataclass(frozen=True, slots=True)
class LinearHead:
    """What was learned: `pieces` (vocabulary + pairs, labels), `deep` (features, labels), `bias` (labels,).

    `rarity` (vocabulary + pairs,) is the inverse document frequency of each piece and pair.
    """

    pieces: np.ndarray
    rarity: np.ndarray
    deep: np.ndarray
    bias: np.ndarray


def fit(
    tokens: Sequence[Sequence[int]],
    truth: np.ndarray,
    vocabulary: int,
    *,
    balance: bool = False,
    seed: int = 0,
) -> LinearHead:
    """Learn from texts of which each column of `truth` occurs at least once.

    Args:
        tokens: Piece numbers of each text.
        truth: (n,), column numbers from 0.
        vocabulary: How many pieces there are.
        balance: Whether rare labels weigh as much as frequent ones.
        seed: Chooses the rows where there are too many.
    """
    import scipy.sparse
    from sklearn.linear_model import LogisticRegression

    if len(tokens) > MOST_ROWS:
        rows = np.random.default_rng(seed).choice(len(tokens), MOST_ROWS, replace=False)
        tokens, truth = [tokens[row] for row in rows], truth[rows]
    counts = _counts(tokens, vocabulary)
    holders = np.bincount(counts.indices, minlength=counts.shape[1])
    rarity = np.log((1 + len(tokens)) / (1 + holders)) + 1
    lengths = np.sqrt(counts @ rarity**2)
    seen = np.flatnonzero(holders)  # a column that no text has gets no weight
    shallow = (scipy.sparse.diags_array(1 / lengths) @ counts @ scipy.sparse.diags_array(rarity)).tocsr()[
        :, seen
    ]
    features = deep_features(tokens)
    middle, spread = features.mean(axis=0), features.std(axis=0) + 1e-3
    scale = SCALE / np.sqrt(features.shape[1])
    dense = scipy.sparse.csr_array((features - middle) / spread * scale)
    model = LogisticRegression(C=STRENGTH, max_iter=STEPS, class_weight="balanced" if balance else None)
    model.fit(scipy.sparse.hstack([shallow, dense]).tocsr(), truth)
    learned, bias = _both_sides(model.coef_.T, model.intercept_)
    pieces = np.zeros((counts.shape[1], len(bias)))
    pieces[seen] = learned[: len(seen)]
    deep = learned[len(seen) :] * (scale / spread)[:, None]
    return LinearHead(pieces, rarity, deep, bias - middle @ deep)


def _both_sides(weights: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a column for each label where there is one for two."""
    if len(bias) > 1:
        return weights, bias
    return np.hstack([-weights / 2, weights / 2]), np.concatenate([-bias / 2, bias / 2])


def _counts(tokens: Sequence[Sequence[int]], vocabulary: int) -> Any:
    """Return how often each text holds each piece and pair, (n, vocabulary + pairs)."""
    import scipy.sparse

    columns = [with_pairs(ids, vocabulary, PAIRS) for ids in tokens]
    starts = np.cumsum([0, *map(len, columns)])
    joined = np.concatenate(columns).astype(np.int64)
    shape = (len(tokens), vocabulary + PAIRS)
    matrix = scipy.sparse.csr_array((np.ones(len(joined)), joined, starts), shape=shape)
    matrix.sum_duplicates()
    return matrix


def deep_features(tokens: Sequence[Sequence[int]]) -> np.ndarray:
    """Return what the shipped network hands to its output, (n, features)."""
    model, name = shipped_body()
    model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    return run(model, tokens, name)


def shipped_body(path: Path = SHIPPED / "model.onnx") -> tuple[Any, str]:
    """Return the shipped graph without its output layer, and the name of what that layer was given.

    Raises:
        ValueError: The graph does not end with one linear layer below a softmax.
    """
    model = onnx.load(path)
    producers = {name: node for node in model.graph.node for name in node.output}
    tail = [producers[model.graph.output[0].name]]
    while tail[-1].op_type in {"Softmax", "Add"}:
        tail.append(producers[tail[-1].input[0]])
    if tail[0].op_type != "Softmax" or tail[-1].op_type not in {"Gemm", "MatMul"}:
        raise ValueError("expected a graph that ends with one linear layer below a softmax")
    features = tail[-1].input[0]
    wanted = {features}
    nodes: list[Any] = []
    for node in reversed(model.graph.node):
        if wanted.intersection(node.output):
            wanted.update(node.input)
            nodes.insert(0, node)
    values = [held for held in model.graph.initializer if held.name in wanted]
    del model.graph.output[:], model.graph.initializer[:], model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(values)
    return model, features


def export(head: LinearHead) -> Any:
    """Return the head on the shipped network's body as a model from tokens and lengths to probabilities."""
    model, features = shipped_body()
    vocabulary, num_labels = len(head.rarity) - PAIRS, len(head.bias)
    rarity = head.rarity**2
    pieces = head.pieces * head.rarity[:, None]
    rarity[0], pieces[0] = 0, 0  # padding
    nodes, constants = pair_nodes("head", vocabulary, PAIRS)
    values: dict[str, np.ndarray] = constants | {
        "head_pieces": pieces.astype(np.float32),
        "head_rarity": rarity.astype(np.float32),
        "head_deep": head.deep.astype(np.float32),
        "head_bias": head.bias.astype(np.float32),
        "head_axis_1": np.array([1], np.int64),
    }
    node = helper.make_node
    model.graph.node.extend(
        [
            *nodes,
            node("Gather", ["head_pieces", "head_rows"], ["head_parts"]),
            node("ReduceSum", ["head_parts", "head_axis"], ["head_sum"], keepdims=0),
            node("Gather", ["head_rarity", "head_rows"], ["head_squares"]),
            node("ReduceSum", ["head_squares", "head_axis"], ["head_square"], keepdims=0),
            node("Sqrt", ["head_square"], ["head_length"]),
            node("Unsqueeze", ["head_length", "head_axis_1"], ["head_lengths"]),
            node("Div", ["head_sum", "head_lengths"], ["head_shallow"]),
            node("Gemm", [features, "head_deep", "head_bias"], ["head_deeper"]),
            node("Add", ["head_shallow", "head_deeper"], ["head_logits"]),
            node("Softmax", ["head_logits"], ["probabilities"], axis=-1),
        ]
    )
    model.graph.initializer.extend(numpy_helper.from_array(held, name) for name, held in values.items())
    model.graph.output.append(
        helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", num_labels])
    )
    onnx.checker.check_model(model)
    return model
