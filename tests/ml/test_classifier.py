"""The network in Keras, and the ONNX graph that is served in its place."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from ml.predictor import SHIPPED, Model

# TensorFlow takes 10 s to import, and a minute on a busy machine: each test imports what is built on it.
pytestmark = pytest.mark.timeout(300)
SIZES = {"vocabulary": 300, "num_labels": 3}


@pytest.fixture(scope="module")
def network() -> Any:
    """A small network of ours, and one of the article's, as Keras built them."""
    from ml.classifier import Architecture, build

    return {
        pooling: build(Architecture("small", 12, 10, pooling, 0.5, 0.3), **SIZES, seed=3)
        for pooling in ("rich", "last")
    }


def batch(lengths: list[int]) -> list[list[int]]:
    rng = np.random.default_rng(0)
    return [rng.integers(1, SIZES["vocabulary"], length).tolist() for length in lengths]


def keras_probabilities(model: Any, tokens: list[list[int]], padding: int = 0) -> np.ndarray:
    from ml.learning import pad

    padded = np.pad(pad(tokens), ((0, 0), (0, padding)))
    logits = np.asarray(model(padded, training=False))
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def onnx_probabilities(path: Path, tokens: list[list[int]], padding: int = 0) -> np.ndarray:
    import onnxruntime

    from ml.learning import pad

    padded = np.pad(pad(tokens), ((0, 0), (0, padding)))
    lengths = np.array([len(ids) for ids in tokens], np.int32)
    session = onnxruntime.InferenceSession(str(path))
    return session.run(None, {"tokens": np.ascontiguousarray(padded.T), "lengths": lengths})[0]


@pytest.mark.parametrize("pooling", ["rich", "last"])
def test_padding_and_the_rest_of_a_batch_change_nothing_in_keras(network: Any, pooling: str) -> None:
    texts = batch([1, 7, 3, 20])
    together = keras_probabilities(network[pooling], texts, padding=5)
    alone = np.concatenate([keras_probabilities(network[pooling], [text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("pooling", ["rich", "last"])
def test_the_graph_agrees_with_keras(network: Any, pooling: str, tmp_path: Path) -> None:
    from ml.classifier import read_weights
    from ml.export import export

    texts = batch([1, 7, 3, 20])
    weights = read_weights(network[pooling])
    weights["kernel"] = weights["kernel"] * 4  # a network that learned nothing says a third of everything
    network[pooling].get_layer("output").kernel.assign(weights["kernel"])
    expected = keras_probabilities(network[pooling], texts)
    export(weights, pooling, tmp_path / "exact.onnx", int8=False)
    np.testing.assert_allclose(onnx_probabilities(tmp_path / "exact.onnx", texts), expected, atol=1e-5)
    export(weights, pooling, tmp_path / "int8.onnx")
    np.testing.assert_allclose(onnx_probabilities(tmp_path / "int8.onnx", texts), expected, atol=0.02)


@pytest.mark.parametrize("pooling", ["rich", "last"])
def test_padding_and_the_rest_of_a_batch_change_nothing_in_8_bits(
    network: Any, pooling: str, tmp_path: Path
) -> None:
    from ml.classifier import read_weights
    from ml.export import export

    export(read_weights(network[pooling]), pooling, tmp_path / "model.onnx")
    texts = batch([1, 7, 3, 20, 60])
    together = onnx_probabilities(tmp_path / "model.onnx", texts, padding=9)
    alone = np.concatenate([onnx_probabilities(tmp_path / "model.onnx", [text]) for text in texts])
    np.testing.assert_array_equal(together, alone)


@pytest.fixture(scope="module")
def two_domains() -> Any:
    """A small network with domains whose heads are no longer the zeros that they begin with."""
    from ml.classifier import Architecture, build

    model = build(Architecture("small", 12, 10, "rich", 0.5, 0.3, domains=2), **SIZES, seed=3)
    rng = np.random.default_rng(2)
    for name in ("output", "domain", "added"):
        kernel = model.get_layer(name).kernel
        kernel.assign(rng.normal(0, 2, kernel.shape))
    return model


def test_the_graph_agrees_with_keras_where_there_are_domains(two_domains: Any, tmp_path: Path) -> None:
    from ml.classifier import read_weights
    from ml.export import export
    from ml.learning import Learner

    texts = batch([1, 7, 3, 20])
    logits = Learner(two_domains, steps=1).logits(texts) / 2
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    export(read_weights(two_domains), "rich", tmp_path / "exact.onnx", int8=False, temperature=2)
    np.testing.assert_allclose(onnx_probabilities(tmp_path / "exact.onnx", texts), expected, atol=1e-5)
    export(read_weights(two_domains), "rich", tmp_path / "int8.onnx", temperature=2)
    together = onnx_probabilities(tmp_path / "int8.onnx", texts)
    np.testing.assert_allclose(together, expected, atol=0.05)
    alone = np.concatenate([onnx_probabilities(tmp_path / "int8.onnx", [text]) for text in texts])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-6)


def test_a_domain_may_call_the_same_text_another_name() -> None:
    """Two texts of the same pieces but one: which of the two says what the others mean."""
    from ml.classifier import Architecture, build
    from ml.learning import Learner, pad

    tokens = pad([[5, 9], [6, 9], [5, 8], [6, 8]])
    domains = np.array([0, 1, 0, 1], np.int32)
    targets = np.eye(2, dtype=np.float32)[[0, 1, 1, 0]]
    model = build(Architecture("small", 12, 10, "rich", 0.0, domains=2), SIZES["vocabulary"], 2)
    learner = Learner(model, steps=150, rate=0.02)
    for _ in range(150):
        learner.step(
            tokens,
            targets,
            np.zeros((4, 2), np.float32),
            np.ones(4, np.float32),
            domains,
        )
    assert learner.logits([ids.tolist() for ids in tokens]).argmax(axis=1).tolist() == [0, 1, 1, 0]
    told = np.asarray(model(tokens, training=False)[1])
    assert told.argmax(axis=1).tolist() == domains.tolist()


def test_the_graph_is_one_lstm_node_and_no_loop() -> None:
    nodes = [node.op_type for node in onnx.load(SHIPPED / "model.onnx").graph.node]
    assert nodes.count("DynamicQuantizeLSTM") == 1
    assert not {"Loop", "Scan", "If"} & set(nodes)


def test_a_temperature_divides_the_logits(network: Any, tmp_path: Path) -> None:
    from ml.classifier import read_weights
    from ml.export import export

    texts = batch([5, 9])
    for temperature in (1.0, 2.0):
        export(
            read_weights(network["rich"]),
            "rich",
            tmp_path / f"{temperature}.onnx",
            temperature=temperature,
            int8=False,
        )
    cold, warm = (np.log(onnx_probabilities(tmp_path / f"{t}.onnx", texts)) for t in (1.0, 2.0))
    np.testing.assert_allclose(warm - warm[:, :1], (cold - cold[:, :1]) / 2, atol=1e-4)


def test_saved_weights_are_the_network_again(network: Any, tmp_path: Path) -> None:
    from ml.classifier import Architecture, build, load_weights, read_weights, save_weights, set_weights

    save_weights(read_weights(network["rich"]), tmp_path / "weights.npz")
    other = build(Architecture("small", 12, 10, "rich", 0.5, 0.3), **SIZES, seed=4)
    texts = batch([4, 8])
    expected = keras_probabilities(network["rich"], texts)
    assert not np.allclose(keras_probabilities(other, texts), expected, atol=1e-4)
    set_weights(other, load_weights(tmp_path / "weights.npz"))
    np.testing.assert_allclose(keras_probabilities(other, texts), expected, atol=1e-3)


def test_given_vectors_stay_and_what_is_learned_is_added() -> None:
    from ml.classifier import Architecture, build, read_weights
    from ml.learning import Learner, pad

    start = np.random.default_rng(1).normal(0, 0.1, (SIZES["vocabulary"], 12)).astype(np.float32)
    model = build(Architecture("small", 12, 10, "rich", 0.1), **SIZES, start=start)
    np.testing.assert_array_equal(read_weights(model)["embedding"], start)
    tokens = batch([3, 5])
    learner = Learner(model, steps=20, rate=0.02)
    for _ in range(20):
        learner.step(
            pad(tokens),
            np.eye(3, dtype=np.float32)[[0, 1]],
            np.zeros((2, 3), np.float32),
            np.ones(2, np.float32),
        )
    moved = np.any(read_weights(model)["embedding"] != start, axis=1)
    assert set(np.flatnonzero(moved)) - {0} == {number for ids in tokens for number in ids}


def test_a_handful_is_learned_by_heart() -> None:
    from ml.classifier import Architecture, build
    from ml.learning import Learner, pad

    texts, truth = batch([3, 5, 5, 8, 9, 12]), [0, 1, 2, 0, 1, 2]
    learner = Learner(
        build(Architecture("small", 12, 10, "rich", 0.1), **SIZES), steps=150, rate=0.02, averaged=5
    )
    tokens, targets = pad(texts), np.eye(3, dtype=np.float32)[truth]
    for _ in range(150):
        loss = learner.step(tokens, targets, np.zeros((6, 3), np.float32), np.ones(6, np.float32))
    assert float(loss) < 0.1
    learner.swap()
    assert learner.logits(texts).argmax(axis=1).tolist() == truth


def test_a_label_that_a_set_does_not_know_is_not_learned_from_it() -> None:
    from ml.classifier import Architecture, build
    from ml.learning import Learner, pad

    texts = batch([3, 5])
    learner = Learner(build(Architecture("small", 12, 10, "last", 0.0), **SIZES), steps=10, smoothing=0.1)
    impossible = np.array([[0, 1, 0], [0, 1, 0]], np.float32)
    before = learner.model.get_layer("output").bias.numpy()
    for _ in range(10):
        learner.step(pad(texts), np.eye(3, dtype=np.float32)[[0, 2]], impossible, np.ones(2, np.float32))
    moved = np.abs(learner.model.get_layer("output").bias.numpy() - before)
    assert moved[1] == 0
    assert moved[0] > 0


def test_a_learner_goes_on_from_its_state() -> None:
    from ml.classifier import Architecture, build
    from ml.learning import Learner, pad

    def learner() -> Learner:
        return Learner(
            build(Architecture("small", 12, 10, "rich", 0.0), **SIZES, seed=1),
            steps=20,
            rate=0.01,
            averaged=5,
        )

    tokens, targets = pad(batch([3, 5])), np.eye(3, dtype=np.float32)[[0, 1]]
    rest = (np.zeros((2, 3), np.float32), np.ones(2, np.float32))
    through, first, second = learner(), learner(), learner()
    losses = [float(through.step(tokens, targets, *rest)) for _ in range(6)]
    for _ in range(3):
        first.step(tokens, targets, *rest)
    second.restore(first.state())
    assert [float(second.step(tokens, targets, *rest)) for _ in range(3)] == pytest.approx(
        losses[3:], rel=1e-5
    )


def test_the_state_of_another_network_is_no_beginning() -> None:
    from ml.classifier import Architecture, build
    from ml.learning import Learner, Standing

    def learner(width: int) -> Learner:
        return Learner(build(Architecture("small", width, 10, "rich", 0.0), **SIZES, seed=1), steps=20)

    rng = np.random.default_rng(0)
    earlier, now = learner(12), learner(14)
    fresh = now.weights()
    kept = Standing(2).state(earlier, rng)
    assert Standing.resumed(kept, now, rng).epoch == 0
    assert all(np.array_equal(*pair) for pair in zip(now.weights(), fresh, strict=True))
    assert Standing.resumed({"standing": kept["standing"]}, now, rng).epoch == 0
    assert Standing.resumed(kept, earlier, rng).epoch == 2


def test_a_bucket_holds_texts_of_like_length_and_every_text_comes_once() -> None:
    from ml.learning import length_buckets

    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 100, 1000)
    buckets = list(length_buckets(lengths, 32, rng))
    assert sorted(index for bucket in buckets for index in bucket) == list(range(1000))
    padding = 1 - lengths.sum() / sum(len(bucket) * lengths[bucket].max() for bucket in buckets)
    assert padding < 0.15


def test_a_copied_model_folder_says_the_same(tmp_path: Path) -> None:
    for name in ("model.onnx", "tokenizer.json", "manifest.json"):
        shutil.copyfile(SHIPPED / name, tmp_path / name)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps(manifest | {"version": "other"}))
    texts = ["what a day", "好吃"]
    other, shipped = Model.load(tmp_path).classify(texts), Model.load(SHIPPED).classify(texts)
    assert [p.probabilities for p in other] == [p.probabilities for p in shipped]
    assert {p.version for p in other} == {"other"}
