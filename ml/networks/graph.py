"""How an ONNX graph is written: named by itself, node by node, with the parts that every network has."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 9
FAR = 1e4  # what takes padding out of a maximum and out of attention


class Graph:
    """A graph from tokens (maxlen, batch) and lengths (batch,); methods return the names of their results."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._values: list[Any] = []

    def constant(self, values: Any) -> str:
        """Put an array in; floats are kept in single precision."""
        array = np.asarray(values)
        if array.dtype.kind == "f":
            array = array.astype(np.float32)
        name = f"value_{len(self._values)}"
        self._values.append(numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name))
        return name

    def node(self, kind: str, *inputs: str, output: int = 0, **attributes: Any) -> str:
        """Put a node in and return its output, by default the first."""
        names = [f"{kind}_{len(self._nodes)}_{place}" for place in range(output + 1)]
        self._nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[output]

    def pieces(self, embedding: np.ndarray) -> str:
        """Look the vectors of the tokens up, (maxlen, batch, embedding); padding is the zero vector.

        The table is kept in 8 bits: it is nearly all of a model.
        """
        table = np.array(embedding, np.float32)
        table[0] = 0
        scale = float(np.abs(table).max() / 127) or 1.0
        rounded = self.constant(np.round(table / scale).astype(np.int8))
        whole = self.node("Cast", self.node("Gather", rounded, "tokens"), to=TensorProto.FLOAT)
        return self.node("Mul", whole, self.constant(scale))

    def mask(self) -> str:
        """Return 1 for tokens and 0 for padding, (maxlen, batch, 1)."""
        there = self.node("Not", self.node("Equal", "tokens", self.constant(np.array(0, np.int32))))
        ones = self.node("Cast", there, to=TensorProto.FLOAT)
        return self.node("Unsqueeze", ones, self.constant(np.array([2], np.int64)))

    def mean(self, states: str, mask: str) -> str:
        """Return the mean over the tokens of states (maxlen, batch, units) that are 0 behind a text's end."""
        axis = self.constant(np.array([0], np.int64))
        total = self.node("ReduceSum", self.node("Mul", states, mask), axis, keepdims=0)
        return self.node("Div", total, self.node("ReduceSum", mask, axis, keepdims=0))

    def highest(self, states: str, mask: str) -> str:
        """Return the maximum over the tokens of states (maxlen, batch, units)."""
        outside = self.node("Sub", self.constant(1.0), mask)
        far = self.node("Mul", outside, self.constant(FAR))
        return self.node("ReduceMax", self.node("Sub", states, far), axes=[0], keepdims=0)

    def dense(self, states: str, layer: Any) -> str:
        """Apply a Keras layer `Dense` without activation to the last axis."""
        product = self.node("MatMul", states, self.constant(np.asarray(layer.kernel)))
        return self.node("Add", product, self.constant(np.asarray(layer.bias)))

    def model(self, logits: str, num_labels: int) -> Any:
        """Return the finished model from tokens and lengths to probabilities."""
        self._nodes.append(helper.make_node("Softmax", [logits], ["probabilities"], axis=-1))
        graph = helper.make_graph(
            self._nodes,
            "tonefit",
            [
                helper.make_tensor_value_info("tokens", TensorProto.INT32, ["maxlen", "batch"]),
                helper.make_tensor_value_info("lengths", TensorProto.INT32, ["batch"]),
            ],
            [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", num_labels])],
            self._values,
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="tonefit"
        )
        model.ir_version = IR_VERSION
        onnx.checker.check_model(model)
        return model
