"""A chat's own classifier: from a handful of samples to a folder that is served."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from ml.predictor import Model
from ml.samples import Sample

pytestmark = pytest.mark.timeout(300)  # TensorFlow's import takes a minute on a busy machine

LATE = [
    "the train is late again",
    "still waiting for the bus",
    "my flight was delayed",
    "stuck in a traffic jam",
]
FOOD = ["the soup was hot and tasty", "we ate noodles for lunch", "this cake is delicious", "dinner is ready"]
SAMPLES = [
    *(Sample(f"{text} {extra}", "traffic") for text in LATE for extra in ("today", "now", "", "!")),
    *(Sample(f"{text} {extra}", "food") for text in FOOD for extra in ("today", "now", "", "!")),
]


def test_a_few_samples_a_label_make_a_model_that_is_served(tmp_path: Path) -> None:
    from ml.train import Epoch, TrainConfig, train

    epochs: list[Epoch] = []
    report = train(SAMPLES, TrainConfig(epochs=6), tmp_path / "model", epochs.append)
    assert (report.n_train, report.n_held_out) == (26, 6)
    assert [epoch.epoch for epoch in epochs] == [1, 2, 3, 4, 5, 6]
    assert epochs[0].seconds_left is None  # it compiles the graph
    assert all(epoch.seconds_left is not None for epoch in epochs[1:])
    assert epochs[-1].seconds_left == 0
    assert epochs[-1].loss < epochs[0].loss
    model = Model.load(tmp_path / "model")
    answers = model.classify(["the train was delayed", "lunch was delicious"])
    assert [answer.label for answer in answers] == ["traffic", "food"]
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text("utf-8"))
    assert manifest["labels"] == ["food", "traffic"]
    assert manifest["counts"] == {"food": 16, "traffic": 16}
    assert manifest["metrics"]["accuracy"] == report.accuracy
    assert manifest["metrics"]["confusion"] == [list(row) for row in report.metrics.confusion]


def test_the_articles_network_trains_too(tmp_path: Path) -> None:
    from ml.train import TrainConfig, train

    report = train(SAMPLES, TrainConfig(arch="article", epochs=1), tmp_path / "model")
    assert sum(report.metrics.support) == 6
    assert json.loads((tmp_path / "model" / "manifest.json").read_text("utf-8"))["arch"] == "article"


def test_the_same_seed_trains_the_same_model(tmp_path: Path) -> None:
    from ml.train import TrainConfig, train

    for name in ("one", "other"):
        train(SAMPLES, TrainConfig(epochs=1, seed=5), tmp_path / name)
    texts = [sample.text for sample in SAMPLES]
    np.testing.assert_allclose(
        Model.load(tmp_path / "one").probabilities(texts),
        Model.load(tmp_path / "other").probabilities(texts),
        atol=1e-3,
    )


def test_a_cancelled_training_stops_within_an_epoch_and_writes_nothing(tmp_path: Path) -> None:
    from ml.train import Cancelled, Epoch, TrainConfig, train

    epochs: list[Epoch] = []
    with pytest.raises(Cancelled):
        train(SAMPLES, TrainConfig(), tmp_path / "model", epochs.append, cancelled=lambda: len(epochs) == 1)
    assert len(epochs) == 1
    assert not (tmp_path / "model").exists()


def test_what_is_missing_is_said_before_anything_starts() -> None:
    from ml.train import OneClass, TooFewSamples, check

    with pytest.raises(OneClass) as one:
        check(SAMPLES[:16])
    assert one.value.label == "traffic"
    with pytest.raises(TooFewSamples) as few:
        check(SAMPLES[:20])
    assert (few.value.counts, few.value.needed) == ({"traffic": 16, "food": 4}, 8)
    with pytest.raises(TooFewSamples):
        check([])


@pytest.mark.parametrize("n", [16, 100, 2000])
def test_each_part_of_the_split_has_its_share_of_each_label(n: int) -> None:
    from ml.train import split

    truth = np.array([0] * (3 * n // 4) + [1] * (n // 4))
    parts = split(truth, seed=1)
    joined = np.concatenate([parts.train, parts.watched, parts.held_out])
    assert sorted(joined) == list(range(n))
    counts = Counter(truth[parts.held_out].tolist())
    assert counts[0] / len(parts.held_out) == pytest.approx(0.75, abs=0.1)
    assert len(parts.held_out) == pytest.approx(0.2 * n, abs=1)
    assert np.array_equal(split(truth, seed=1).held_out, parts.held_out)
    assert not np.array_equal(split(truth, seed=2).held_out, parts.held_out)


def test_rare_labels_weigh_more_when_asked(tmp_path: Path) -> None:
    from ml.train import TrainConfig, train

    rare = SAMPLES[:16] + SAMPLES[16:24]
    report = train(rare, TrainConfig(epochs=2, balance=True), tmp_path / "model")
    assert report.metrics.labels == ("food", "traffic")
