"""Each architecture's ONNX graph says what its Keras network says, whatever else is in the batch."""

from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.timeout(300)  # TensorFlow's import takes a minute on a busy machine
VOCABULARY, LABELS = 300, 3
OTHERS = ("gru", "cnn", "transformer")


def batch(lengths: list[int]) -> list[list[int]]:
    rng = np.random.default_rng(0)
    return [rng.integers(1, VOCABULARY, length).tolist() for length in lengths]


def network(name: str) -> Any:
    """Return a small network whose output is not the same for every text."""
    from ml.networks import OTHERS as BUILDERS

    model = BUILDERS[name][0]((VOCABULARY, 16), LABELS, width=12, dropout=0.2, l1=0.0, l2=0.0, seed=1)
    model.get_layer("embedding").embeddings.assign(np.random.default_rng(1).normal(size=(VOCABULARY, 16)))
    output = model.get_layer("output")
    output.kernel.assign(np.random.default_rng(2).normal(size=output.kernel.shape))
    return model


def keras_probabilities(model: Any, tokens: list[list[int]], padding: int = 0) -> np.ndarray:
    from ml.learning import pad

    logits = np.asarray(model(np.pad(pad(tokens), ((0, 0), (0, padding))), training=False))
    likely = np.exp(logits - logits.max(axis=1, keepdims=True))
    return likely / likely.sum(axis=1, keepdims=True)


def onnx_probabilities(model: Any, tokens: list[list[int]], padding: int = 0) -> np.ndarray:
    import onnxruntime

    from ml.learning import pad

    padded = np.pad(pad(tokens), ((0, 0), (0, padding)))
    lengths = np.array([len(ids) for ids in tokens], np.int32)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, {"tokens": np.ascontiguousarray(padded.T), "lengths": lengths})[0]


@pytest.mark.parametrize("name", OTHERS)
def test_the_graph_agrees_with_keras(name: str) -> None:
    from ml.networks import write

    model, texts = network(name), batch([1, 7, 3, 20])
    expected = keras_probabilities(model, texts)
    assert np.ptp(expected, axis=0).max() > 0.05
    np.testing.assert_allclose(onnx_probabilities(write(name, model), texts), expected, atol=0.03)


@pytest.mark.parametrize("name", OTHERS)
def test_padding_and_the_rest_of_a_batch_change_nothing(name: str) -> None:
    from ml.networks import write

    model, texts = network(name), batch([1, 7, 3, 20])
    graph = write(name, model)
    for say in (keras_probabilities, onnx_probabilities):
        asked: Any = model if say is keras_probabilities else graph
        together = say(asked, texts, padding=5)
        alone = np.concatenate([say(asked, [text]) for text in texts])
        np.testing.assert_allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize("name", [*OTHERS, "lstm"])
def test_every_network_starts_from_the_shipped_vectors(name: str) -> None:
    from ml.networks import Shape, build, shipped_start

    start = shipped_start()["embedding"]
    model = build(name, len(start), 2, Shape(l2=1e-4), seed=0)
    np.testing.assert_array_equal(np.asarray(model.get_layer("embedding").embeddings), start)
    assert model.losses


def test_the_articles_network_starts_from_chance_with_its_own_sizes() -> None:
    from ml.networks import Shape, build, shipped_start

    model = build("article", len(shipped_start()["embedding"]), 2, Shape(), seed=0)
    assert model.get_layer("embedding").output_dim == 64
    assert model.get_layer("lstm").units == 128


def test_a_mixture_is_the_weighed_geometric_mean() -> None:
    from ml.mixture import mix
    from ml.networks import write

    texts = batch([4, 9, 2])
    members = []
    for name in ("gru", "cnn"):
        model = network(name)
        kernel = model.get_layer("output").kernel
        kernel.assign(0.2 * np.asarray(kernel))  # far from the least probability that a member may say
        members.append(write(name, model))
    one, other = (onnx_probabilities(member, texts) for member in members)
    expected = one**0.25 * other**0.75
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(onnx_probabilities(mix(members, [0.25, 0.75]), texts), expected, atol=1e-4)
    flat = onnx_probabilities(mix(members, [0.25, 0.75], temperature=2.0), texts)
    np.testing.assert_allclose(
        flat, np.sqrt(expected) / np.sqrt(expected).sum(axis=1, keepdims=True), atol=1e-4
    )


def test_votes_count_by_their_weight_alone() -> None:
    from ml.mixture import mix
    from ml.networks import write

    texts = batch([4, 9, 2, 12, 6])
    members = [write(name, network(name)) for name in OTHERS]
    said = [onnx_probabilities(member, texts).argmax(axis=1) for member in members]
    assert len({tuple(labels) for labels in said}) > 1
    votes = sum(weight * np.eye(LABELS)[labels] for weight, labels in zip((3, 1, 1), said, strict=True))
    found = onnx_probabilities(mix(members, [3, 1, 1], votes=True), texts)
    np.testing.assert_array_equal(found.argmax(axis=1), said[0])
    np.testing.assert_allclose(found, np.exp(votes) / np.exp(votes).sum(axis=1, keepdims=True), atol=1e-5)
