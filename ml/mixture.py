"""How several classifiers become one ONNX graph: their answers weighed, or their votes counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, compose, helper, numpy_helper

LEAST = 1e-6  # probability that an answer gives a label at least, so that no member has a veto
INPUTS = ("tokens", "lengths")


def mix(
    members: Sequence[Any], weights: Sequence[float], *, temperature: float = 1.0, votes: bool = False
) -> Any:
    """Return one model whose answer is the weighed geometric mean of the members', or their weighed vote.

    Args:
        members: ONNX models from tokens and lengths to probabilities, of the same labels.
        weights: How much each counts; they need not sum to 1.
        temperature: Divides the logarithms of the result.
        votes: Whether each member only names its likeliest label, as in SAMME (Hastie et al. 2009).
    """
    nodes, initializers, answers = [], [], []
    for place, (member, weight) in enumerate(zip(members, weights, strict=True)):
        name = f"member_{place}_"
        graph = compose.add_prefix_graph(member.graph, name, rename_inputs=False)
        nodes += list(graph.node)
        initializers += list(graph.initializer)
        own = f"mix_{place}_"
        nodes += (_vote if votes else _logarithm)(f"{name}probabilities", own)
        initializers.append(_constant(f"{own}weight", weight / temperature))
        nodes.append(helper.make_node("Mul", [f"{own}said", f"{own}weight"], [f"{own}weighed"]))
        answers.append(f"{own}weighed")
    nodes.append(helper.make_node("Sum", answers, ["mixed_logits"]))
    nodes.append(helper.make_node("Softmax", ["mixed_logits"], ["probabilities"], axis=-1))
    graph = helper.make_graph(
        nodes,
        "tonefit",
        [held for held in members[0].graph.input if held.name in INPUTS],
        [_output(members[0])],
        initializers if votes else [*initializers, _constant("least", LEAST)],
    )
    opsets = {held.domain: held.version for member in members for held in member.opset_import}
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid(domain, version) for domain, version in opsets.items()],
        producer_name="tonefit",
    )
    model.ir_version = members[0].ir_version
    onnx.checker.check_model(model)
    return model


def _output(member: Any) -> Any:
    labels = member.graph.output[0].type.tensor_type.shape.dim[1].dim_value
    return helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", labels])


def _logarithm(probabilities: str, name: str) -> list[Any]:
    return [
        helper.make_node("Add", [probabilities, "least"], [f"{name}positive"]),
        helper.make_node("Log", [f"{name}positive"], [f"{name}said"]),
    ]


def _vote(probabilities: str, name: str) -> list[Any]:
    """Return the nodes that give 1 to the likeliest label and 0 to the others."""
    return [
        helper.make_node("ReduceMax", [probabilities], [f"{name}highest"], axes=[1], keepdims=1),
        helper.make_node("GreaterOrEqual", [probabilities, f"{name}highest"], [f"{name}chosen"]),
        helper.make_node("Cast", [f"{name}chosen"], [f"{name}said"], to=TensorProto.FLOAT),
    ]


def _constant(name: str, value: float) -> Any:
    return numpy_helper.from_array(np.array(value, np.float32), name)
