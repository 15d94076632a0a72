"""Pairs of neighbouring pieces, which share rows of a table by their hash (Weinberger et al. 2009)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import TensorProto, helper

FIRST, SECOND = 31_337, 7  # of the hash


def pairs(ids: np.ndarray, vocabulary: int, places: int) -> np.ndarray:
    """Return the rows of a text's pairs, one fewer than pieces; they lie behind the rows of the pieces.

    >>> pairs(np.array([3, 1, 2]), vocabulary=10, places=100)
    array([28, 61])
    """
    ids = ids.astype(np.int64)
    return np.asarray((ids[:-1] * FIRST + ids[1:] * SECOND) % places + vocabulary)


def with_pairs(ids: Sequence[int], vocabulary: int, places: int) -> np.ndarray:
    """Return the rows of a text's pieces, and behind them those of its pairs."""
    return np.concatenate([ids, pairs(np.asarray(ids), vocabulary, places)])


def pair_nodes(name: str, vocabulary: int, places: int) -> tuple[list[Any], dict[str, np.ndarray]]:
    """Return nodes and constants that find in a graph what `with_pairs` does.

    Of "tokens" (maxlen, batch) they make "NAME_rows" (2 * maxlen, batch), where row 0 stands for padding;
    "NAME_axis" is [0], to sum over.
    """
    own = f"{name}_".__add__
    values = {
        own("axis"): np.array([0], np.int64),
        own("one"): np.array([1], np.int64),
        own("end"): np.array([np.iinfo(np.int64).max], np.int64),
        own("first"): np.array(FIRST, np.int64),
        own("second"): np.array(SECOND, np.int64),
        own("places"): np.array(places, np.int64),
        own("vocabulary"): np.array(vocabulary, np.int64),
        own("zero"): np.array(0, np.int64),
        own("padding"): np.array([0, 0, 1, 0], np.int64),
    }
    node = helper.make_node
    nodes = [
        node("Cast", ["tokens"], [own("tokens")], to=TensorProto.INT64),
        node("Pad", [own("tokens"), own("padding")], [own("padded")]),
        node("Slice", [own("padded"), own("one"), own("end"), own("axis")], [own("next")]),
        node("Mul", [own("tokens"), own("first")], [own("hash_1")]),
        node("Mul", [own("next"), own("second")], [own("hash_2")]),
        node("Add", [own("hash_1"), own("hash_2")], [own("hash")]),
        node("Mod", [own("hash"), own("places")], [own("place")]),
        node("Add", [own("place"), own("vocabulary")], [own("row")]),
        node("Equal", [own("next"), own("zero")], [own("no_pair")]),
        node("Where", [own("no_pair"), own("zero"), own("row")], [own("pairs")]),
        node("Concat", [own("tokens"), own("pairs")], [own("rows")], axis=0),
    ]
    return nodes, values
