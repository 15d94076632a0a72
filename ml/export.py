"""How trained weights become one ONNX graph that the bot's process serves without TensorFlow."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ml.wide_graph import wide_nodes

OPSET = 17
IR_VERSION = 9
HEADS = ("kernel", "domain_kernel", "added_kernel")  # what listens to the pooled vector
OPEN = 30.0  # a gate's bias at which a sigmoid is 1 and a tanh too, to the last bit
WITHIN_REACH = 0.99999  # share of the pieces' values that rounding to 8 bits need not clip


def export(
    weights: Mapping[str, np.ndarray],
    pooling: str,
    path: Path,
    *,
    temperature: float = 1.0,
    int8: bool = True,
) -> None:
    """Write a network as an ONNX file, from tokens (maxlen, batch) and lengths (batch,) to probabilities.

    `sequence_lens` tells the LSTM node where each text ends, so that padding and the other texts of
    a batch change nothing.

    Args:
        weights: As `ml.classifier.read_weights` names them, and `ml.wide.train_wide` those of a wide half.
        pooling: `Architecture.pooling`.
        path: The file to write.
        temperature: Divides the logits, which calibrates the probabilities (Guo et al. 2017).
        int8: Whether to store the weights in 8 bits: a quarter of the size, about twice as fast.
    """
    graph = _graph(dict(weights), pooling, temperature, int8)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="tonefit")
    model.ir_version = IR_VERSION
    # There is nothing to fold here, and the quantiser would advise it on every training.
    helper.set_model_props(model, {"onnx.quant.pre_process": "onnxruntime.quant"})
    onnx.checker.check_model(model)
    if not int8:
        onnx.save(model, str(path))
        return
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as folder:
        exact = Path(folder) / "exact.onnx"
        onnx.save(model, str(exact))
        quantize_dynamic(
            exact, path, op_types_to_quantize=["LSTM"], per_channel=True, weight_type=QuantType.QInt8
        )


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write what a model says of itself beside it."""
    content = json.dumps(manifest, ensure_ascii=False, indent=1)
    (folder / "manifest.json").write_text(content, encoding="utf-8")


def _anchored(weights: dict[str, np.ndarray], pooling: str) -> dict[str, np.ndarray]:
    """Add two constant channels and two units that pin the range of what the LSTM rounds to 8 bits.

    The node scales its input, and its state at each step, by their least and largest value in the whole
    batch, so that the other texts of a batch would move a text's probabilities by up to 0.003. The
    channels are as large as a piece's values can be. The cells of the units count the steps up and down:
    |c| <= t after t steps for any cell, so that no state leaves theirs, tanh(t) and -tanh(t). No other
    unit and no output listens to them.
    """
    embedding = weights["embedding"]
    reach = np.quantile(np.abs(embedding), WITHIN_REACH)
    anchors = np.tile([reach, -reach], (len(embedding), 1))
    units, channels = weights["lstm_recurrent"].shape[0], embedding.shape[1]
    widths = {"last": [units], "rich": [units, units, units, channels]}[pooling]
    open_gates = np.array(
        [[OPEN, OPEN], [OPEN, OPEN], [OPEN, -OPEN], [OPEN, OPEN]]
    )  # input, forget, cell, output

    def unheard(kernel: np.ndarray) -> np.ndarray:
        parts = np.split(kernel, np.cumsum(widths)[:-1])
        return np.concatenate([np.pad(part, ((0, 2), (0, 0))) for part in parts])

    return (
        weights
        | {
            "embedding": np.concatenate([np.clip(embedding, -reach, reach), anchors], axis=1),
            "lstm_kernel": np.pad(_by_gate(weights["lstm_kernel"]), ((0, 2), (0, 0), (0, 2))).reshape(
                channels + 2, -1
            ),
            "lstm_recurrent": np.pad(_by_gate(weights["lstm_recurrent"]), ((0, 2), (0, 0), (0, 2))).reshape(
                units + 2, -1
            ),
            "lstm_bias": np.concatenate([weights["lstm_bias"].reshape(4, units), open_gates], axis=1).reshape(
                -1
            ),
        }
        | {name: unheard(weights[name]) for name in HEADS if name in weights}
    )


def _by_gate(kernel: np.ndarray) -> np.ndarray:
    """Return a kernel (rows, 4 * units) as (rows, 4, units)."""
    return kernel.reshape(len(kernel), 4, -1)


def _graph(weights: dict[str, np.ndarray], pooling: str, temperature: float, int8: bool) -> Any:
    if int8:
        weights = _anchored(weights, pooling)
    parameters = {
        "W": _gates(weights["lstm_kernel"].T),
        "R": _gates(weights["lstm_recurrent"].T),
        "B": np.concatenate(
            [_gates(weights["lstm_bias"][:, None])[..., 0], np.zeros_like(weights["lstm_bias"])[None]], 1
        ),
        "kernel": weights["kernel"] / temperature,
        "bias": weights["bias"] / temperature,
        "axis_0": np.array([0], np.int64),
        "axis_1": np.array([1], np.int64),
        "axis_2": np.array([2], np.int64),
    }
    nodes = _embedding(weights["embedding"], parameters, int8)
    units = weights["lstm_recurrent"].shape[0]
    nodes.append(
        helper.make_node(
            "LSTM",
            ["pieces", "W", "R", "B", "lengths"],
            ["all_states", "last_state"],
            "lstm",
            hidden_size=units,
        )
    )
    nodes.append(helper.make_node("Squeeze", ["last_state", "axis_0"], ["final"]))
    nodes += (
        _rich_pooling(parameters)
        if pooling == "rich"
        else [helper.make_node("Identity", ["final"], ["pooled"])]
    )
    if "domain_kernel" in weights:
        wide = "wide_table" in weights
        nodes += _domains(weights, parameters, temperature, "deep_logits" if wide else "logits")
        if wide:
            nodes += wide_nodes(weights, parameters, temperature, int8=int8)
            nodes.append(helper.make_node("Add", ["deep_logits", "wide_logits"], ["logits"]))
    else:
        nodes.append(helper.make_node("Gemm", ["pooled", "kernel", "bias"], ["logits"]))
    nodes.append(helper.make_node("Softmax", ["logits"], ["probabilities"], axis=-1))
    return helper.make_graph(
        nodes,
        "tonefit",
        [
            helper.make_tensor_value_info("tokens", TensorProto.INT32, ["maxlen", "batch"]),
            helper.make_tensor_value_info("lengths", TensorProto.INT32, ["batch"]),
        ],
        [
            helper.make_tensor_value_info(
                "probabilities", TensorProto.FLOAT, ["batch", weights["bias"].shape[0]]
            )
        ],
        [numpy_helper.from_array(_as_stored(values), name) for name, values in parameters.items()],
    )


def _as_stored(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values if values.dtype in (np.int8, np.int64) else values.astype(np.float32))


def _gates(keras_rows: np.ndarray) -> np.ndarray:
    """Reorder the gates from Keras' input, forget, cell, output to ONNX's input, output, forget, cell."""
    i, f, c, o = np.split(keras_rows, 4)
    return np.concatenate([i, o, f, c])[None]


def _embedding(embedding: np.ndarray, parameters: dict[str, np.ndarray], int8: bool) -> list[Any]:
    """Return the nodes from tokens to pieces (maxlen, batch, embedding); padding is the zero vector."""
    embedding = embedding.copy()
    embedding[0] = 0
    if not int8:
        parameters["embedding"] = embedding
        return [helper.make_node("Gather", ["embedding", "tokens"], ["pieces"])]
    scale = np.abs(embedding).max() / 127
    parameters["embedding"] = np.round(embedding / scale).astype(np.int8)
    parameters["scale"] = np.array(scale)
    return [
        helper.make_node("Gather", ["embedding", "tokens"], ["rounded"]),
        helper.make_node("Cast", ["rounded"], ["whole"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["whole", "scale"], ["pieces"]),
    ]


def _domains(
    weights: dict[str, np.ndarray], parameters: dict[str, np.ndarray], temperature: float, name: str
) -> list[Any]:
    """Return the nodes that add to the logits what each domain says, by how much the text looks like it.

    `name` is what the sum is called.
    """
    domains, labels = len(weights["domain_bias"]), len(weights["bias"])
    parameters |= {
        "domain_kernel": weights["domain_kernel"],
        "domain_bias": weights["domain_bias"],
        "added_kernel": weights["added_kernel"] / temperature,
        "added_bias": weights["added_bias"] / temperature,
        "each_shape": np.array([-1, domains, labels], np.int64),
    }
    node = helper.make_node
    return [
        node("Gemm", ["pooled", "kernel", "bias"], ["shared_logits"]),
        node("Gemm", ["pooled", "domain_kernel", "domain_bias"], ["domain_logits"]),
        node("Softmax", ["domain_logits"], ["shares"], axis=-1),
        node("Unsqueeze", ["shares", "axis_2"], ["share_columns"]),  # (batch, domains, 1)
        node("Gemm", ["pooled", "added_kernel", "added_bias"], ["added"]),
        node("Reshape", ["added", "each_shape"], ["each"]),  # (batch, domains, labels)
        node("Mul", ["each", "share_columns"], ["weighed"]),
        node("ReduceSum", ["weighed", "axis_1"], ["added_logits"], keepdims=0),
        node("Add", ["shared_logits", "added_logits"], [name]),
    ]


def _rich_pooling(parameters: dict[str, np.ndarray]) -> list[Any]:
    """Return the nodes that join final state, mean and maximum of the states, and the mean of the pieces."""
    parameters |= {"zero": np.array(0, np.int64), "one": np.array(1, np.int64), "two": np.array(2.0)}
    node = helper.make_node
    return [
        node(
            "Squeeze", ["all_states", "axis_1"], ["states"]
        ),  # (maxlen, batch, units), 0 behind a text's end
        node("Cast", ["lengths"], ["whole_lengths"], to=TensorProto.INT64),
        node("Shape", ["tokens"], ["maxlen"], start=0, end=1),
        node("Squeeze", ["maxlen", "axis_0"], ["steps"]),
        node("Range", ["zero", "steps", "one"], ["positions"]),
        node("Unsqueeze", ["positions", "axis_1"], ["position_rows"]),
        node("Less", ["position_rows", "whole_lengths"], ["inside"]),  # (maxlen, batch)
        node("Not", ["inside"], ["outside"]),
        node("Cast", ["outside"], ["outside_ones"], to=TensorProto.FLOAT),
        node("Mul", ["outside_ones", "two"], ["penalty"]),
        node("Unsqueeze", ["penalty", "axis_2"], ["penalties"]),
        node("Sub", ["states", "penalties"], ["masked_states"]),
        node("ReduceMax", ["masked_states"], ["highest"], axes=[0], keepdims=0),
        node("Cast", ["lengths"], ["float_lengths"], to=TensorProto.FLOAT),
        node("Unsqueeze", ["float_lengths", "axis_1"], ["divisors"]),
        node("ReduceSum", ["states", "axis_0"], ["sum"], keepdims=0),
        node("Div", ["sum", "divisors"], ["mean"]),
        node("ReduceSum", ["pieces", "axis_0"], ["sum_of_pieces"], keepdims=0),
        node("Div", ["sum_of_pieces", "divisors"], ["bag"]),
        node("Concat", ["final", "mean", "highest", "bag"], ["pooled"], axis=1),
    ]
