"""A chat's own classifier: from a handful of samples to a folder that is served."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml.checkpoint import NoCheckpoint, State
from ml.held_out import divide
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


class Kept(NoCheckpoint):
    """A checkpoint in memory."""

    state: State | None = None

    def load(self) -> State | None:
        return self.state

    def save(self, state: Callable[[], State]) -> None:
        self.state = {name: np.array(value) for name, value in state().items()}


def test_a_training_that_died_goes_on_after_its_last_epoch_as_if_nothing_had_been(tmp_path: Path) -> None:
    from ml.train import Epoch, TrainConfig, train

    config = TrainConfig(epochs=4, seed=3)
    whole: list[Epoch] = []
    train(SAMPLES, config, tmp_path / "whole", whole.append)
    kept, first, second = Kept(), [], []

    def die(epoch: Epoch) -> None:
        first.append(epoch)
        if epoch.epoch == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(SAMPLES, config, tmp_path / "killed", die, checkpoint=kept)
    train(SAMPLES, config, tmp_path / "resumed", second.append, checkpoint=kept)
    assert [epoch.epoch for epoch in second] == [3, 4]
    losses = [epoch.loss for epoch in whole]
    assert [epoch.loss for epoch in first[:2] + second] == pytest.approx(losses, rel=1e-3)


def test_a_cancelled_training_stops_within_an_epoch_and_writes_nothing(tmp_path: Path) -> None:
    from ml.train import Cancelled, Epoch, TrainConfig, train

    epochs: list[Epoch] = []
    with pytest.raises(Cancelled):
        config = TrainConfig(epochs=3)
        train(SAMPLES, config, tmp_path / "model", epochs.append, cancelled=lambda: len(epochs) == 1)
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
    samples = [Sample(f"text {place}", "ab"[label]) for place, label in enumerate(truth)]
    parts = split(samples, truth, seed=1)
    joined = np.concatenate([parts.train, parts.watched, parts.held_out])
    assert sorted(joined) == list(range(n))
    counts = Counter(truth[parts.held_out].tolist())
    assert counts[0] / len(parts.held_out) == pytest.approx(0.75, abs=0.1)
    assert len(parts.held_out) == pytest.approx(0.2 * n, abs=1)
    assert np.array_equal(split(samples, truth, seed=2).held_out, parts.held_out)


def test_what_was_decided_to_be_held_out_is_not_learned_from(tmp_path: Path) -> None:
    from ml.train import split

    samples = [Sample(f"text {n}", "ab"[n % 2], held_out=n < 6) for n in range(40)]
    assert split(samples, np.arange(40) % 2, seed=0).held_out.tolist() == [0, 1, 2, 3, 4, 5]


def test_rare_labels_weigh_more_when_asked(tmp_path: Path) -> None:
    from ml.train import TrainConfig, train

    rare = SAMPLES[:16] + SAMPLES[16:24]
    report = train(rare, TrainConfig(epochs=2, balance=True), tmp_path / "model")
    assert report.metrics.labels == ("food", "traffic")


@pytest.mark.parametrize("arch", ["gru", "cnn", "transformer"])
def test_every_architecture_trains_and_is_served(tmp_path: Path, arch: str) -> None:
    from ml.train import TrainConfig, train

    train(SAMPLES, TrainConfig(arch=arch, epochs=2, l2=1e-5, dropout=0.3), tmp_path / "model")
    model = Model.load(tmp_path / "model")
    assert model.manifest["arch"] == arch
    assert [answer.label for answer in model.classify(["the train was delayed", "lunch was delicious"])] == [
        "traffic",
        "food",
    ]


@pytest.mark.parametrize("ensemble", ["bag5", "boost5"])
def test_several_networks_are_one_graph(tmp_path: Path, ensemble: str) -> None:
    from ml.train import Epoch, TrainConfig, train

    epochs: list[Epoch] = []
    config = TrainConfig(arch="cnn", epochs=1, ensemble=ensemble)
    train(SAMPLES, config, tmp_path / "model", epochs.append)
    assert [(epoch.epoch, epoch.epochs) for epoch in epochs] == [(n, 5) for n in range(1, 6)]
    model = Model.load(tmp_path / "model")
    assert model.classify(["the train was delayed"])[0].label == "traffic"
    assert not (tmp_path / "model" / "weights.npz").exists()


def test_a_version_goes_on_from_the_live_one_and_is_compared_with_it(tmp_path: Path) -> None:
    from ml.train import TrainConfig, train

    divided = divide(SAMPLES)
    train(divided, TrainConfig(arch="cnn", epochs=1), tmp_path / "one")
    manifest = json.loads((tmp_path / "one" / "manifest.json").read_text("utf-8"))
    (tmp_path / "one" / "manifest.json").write_text(json.dumps(manifest | {"version": "v1"}), "utf-8")
    more = [*divided, Sample("a new bus at noon", "traffic", held_out=False)]
    live = str(tmp_path / "one")
    train(more, TrainConfig(arch="cnn", epochs=1, live=live), tmp_path / "two")
    after = json.loads((tmp_path / "two" / "manifest.json").read_text("utf-8"))
    assert after["began_from"] == "v1"
    assert after["against"]["version"] == "v1"
    assert after["against"]["metrics"]["support"] == after["metrics"]["support"]
    assert "live" not in after["config"]
    known = next(sample for sample in more if sample.held_out)  # let the live version have learned from it
    more = [replace(sample, seen=sample == known) for sample in more]
    train(more, TrainConfig(arch="gru", epochs=1, live=live), tmp_path / "three")
    other = json.loads((tmp_path / "three" / "manifest.json").read_text("utf-8"))
    assert (other["began_from"], other["against"]["version"]) == ("", "v1")
    assert other["metrics"]["samples"] == after["metrics"]["samples"]
    assert other["against"]["metrics"]["samples"] == after["metrics"]["samples"] - 1


def test_a_network_that_cannot_go_on_from_the_live_one_takes_all_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ml import network_training
    from ml.train import Epoch, TrainConfig, train

    monkeypatch.setattr(network_training, "PLANS", {100: (4, 8)})
    divided = divide(SAMPLES)
    train(divided, TrainConfig(arch="cnn", epochs=1), tmp_path / "one")
    again = TrainConfig(arch="cnn", live=str(tmp_path / "one"))
    epochs: list[Epoch] = []
    train(divided, again, tmp_path / "two", epochs.append)
    assert [epoch.epochs for epoch in epochs] == [2, 2]
    with np.load(tmp_path / "one" / "weights.npz") as held:
        other = dict(held) | {str(len(held.files)): np.zeros(1)}  # as where the vectors were learned too
    np.savez(tmp_path / "one" / "weights.npz", **other)
    epochs.clear()
    train(divided, again, tmp_path / "three", epochs.append)
    assert [epoch.epochs for epoch in epochs] == [4, 4, 4, 4]


def test_tuning_searches_within_its_budget_and_trains_with_what_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("optuna")
    from ml import tune
    from ml.train import Epoch, TrainConfig, train

    monkeypatch.setattr(tune, "TRIALS", 2)
    epochs: list[Epoch] = []
    train(SAMPLES, TrainConfig(arch="cnn", epochs=1, tune=True), tmp_path / "model", epochs.append)
    assert [epoch.epoch for epoch in epochs] == [1, 2, 1]  # two trials, one pass
    assert Model.load(tmp_path / "model").classify(["lunch was delicious"])[0].label == "food"


def test_a_handful_leaves_the_shipped_network_as_it_is_and_learns_in_one_step(tmp_path: Path) -> None:
    from ml.train import Epoch, TrainConfig, train

    epochs: list[Epoch] = []
    report = train(SAMPLES, TrainConfig(), tmp_path / "model", epochs.append)
    (only,) = epochs
    assert (only.epoch, only.epochs, only.seconds_left) == (1, 1, 0)
    assert only.accuracy == 1
    assert only.held_out_accuracy == report.accuracy
    model = Model.load(tmp_path / "model")
    assert (model.manifest["arch"], model.manifest["networks_share"]) == ("lstm", 0)
    assert [answer.label for answer in model.classify(["the train was delayed", "lunch was delicious"])] == [
        "traffic",
        "food",
    ]


def test_a_network_that_was_named_learns_and_answers_of_however_few_samples(tmp_path: Path) -> None:
    from ml.train import Epoch, TrainConfig, train

    epochs: list[Epoch] = []
    train(SAMPLES, TrainConfig(arch="lstm"), tmp_path / "model", epochs.append)
    assert len(epochs) == 12
    assert Model.load(tmp_path / "model").manifest["networks_share"] > 0


@pytest.mark.parametrize("asked", [False, True])
def test_only_a_network_that_was_asked_for_answers_where_the_linear_layer_does_better(asked: bool) -> None:
    from ml.composition import SHARES, _best_share

    truth = np.array([0, 1, 0, 1])
    bad, good = np.array([[0.4, 0.6], [0.6, 0.4]] * 2), np.array([[0.9, 0.1], [0.1, 0.9]] * 2)
    assert _best_share([bad, good], truth, SHARES[asked:]) == (0.25 if asked else 0)


def test_learning_with_the_pieces_that_occur_comes_to_the_same_as_with_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from ml import network_training
    from ml.networks import Shape, shipped_start
    from ml.predictor import SHIPPED
    from ml.tokenizer import Pieces
    from ml.train import TrainConfig
    from ml.train_records import Parts, Task

    monkeypatch.setattr(network_training, "ENOUGH", 0)  # so that the vectors learn
    pieces = Pieces.load(SHIPPED / "tokenizer.json")
    tokens = pieces.encode([sample.text for sample in SAMPLES[::4]])
    truth, rows = np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.arange(8)
    config = TrainConfig(arch="lstm", epochs=2, dropout=0.0)
    task = Task(
        tokens,
        truth,
        Parts(rows, rows[:0], rows),
        len(pieces),
        2,
        config,
        lambda _: None,
        lambda: False,
        NoCheckpoint(),
    )
    learned = [
        network_training._one(each, rows, np.ones(8, np.float32), Shape(dropout=0.0), None).model
        for each in (task, network_training._narrowed(task))
    ]
    for one, other in zip(*(model.trainable_variables for model in learned), strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), atol=2e-5)
    vectors = np.asarray(learned[1].get_layer("embedding").embeddings)
    moved = np.flatnonzero(np.abs(vectors - shipped_start()["embedding"]).max(axis=1))
    assert set(moved) == set(np.concatenate(tokens))


def test_the_articles_network_begins_with_the_shipped_vectors_main_directions() -> None:
    from ml.networks import Shape, build, shipped_start

    vectors = shipped_start()["embedding"]
    model = build("article", len(vectors), 2, Shape(), seed=0)
    begun = np.asarray(model.get_layer("embedding").embeddings)
    assert begun.shape == (len(vectors), 64)
    centred = vectors - vectors.mean(axis=0)
    kept = np.square(begun).sum() / np.square(centred).sum()
    assert 0.5 < kept < 1  # half of the directions hold more than half of what there is
    assert np.array_equal(np.argsort(-begun.std(axis=0)), np.arange(64))


def test_an_lstm_of_another_width_starts_from_the_vectors_alone(tmp_path: Path) -> None:
    from ml.networks import Shape, build, shipped_start, write

    shipped = shipped_start()
    model = build("lstm", len(shipped["embedding"]), 2, Shape(width=64), seed=0)
    assert np.array_equal(np.asarray(model.get_layer("embedding").embeddings), shipped["embedding"])
    assert write("lstm", model).graph.output[0].name == "probabilities"


class Died(BaseException):
    """What `kill -9` would do."""


@pytest.mark.parametrize("ensemble", ["bag5", "boost5"])
def test_several_networks_go_on_after_those_that_were_finished(tmp_path: Path, ensemble: str) -> None:
    from ml.train import Epoch, TrainConfig, train

    config = TrainConfig(arch="cnn", epochs=2, ensemble=ensemble)
    train(SAMPLES, config, tmp_path / "whole")
    kept, second = Kept(), []

    def die(epoch: Epoch) -> None:
        if epoch.epoch == 6:  # the last pass of the third network
            raise Died

    with pytest.raises(Died):
        train(SAMPLES, config, tmp_path / "killed", die, checkpoint=kept)
    train(SAMPLES, config, tmp_path / "resumed", second.append, checkpoint=kept)
    assert [epoch.epoch for epoch in second] == [6, 7, 8, 9, 10]
    texts = [sample.text for sample in SAMPLES]
    np.testing.assert_allclose(
        Model.load(tmp_path / "whole").probabilities(texts),
        Model.load(tmp_path / "resumed").probabilities(texts),
        atol=1e-2,
    )


def test_tuning_goes_on_after_the_trials_that_were_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ml import tune
    from ml.train import Epoch, TrainConfig, train

    monkeypatch.setattr(tune, "TRIALS", 3)
    config, kept, second = TrainConfig(arch="cnn", epochs=1, tune=True), Kept(), []

    def die(epoch: Epoch) -> None:
        if epoch.epoch == 2:
            raise Died

    with pytest.raises(Died):
        train(SAMPLES, config, tmp_path / "killed", die, checkpoint=kept)
    train(SAMPLES, config, tmp_path / "resumed", second.append, checkpoint=kept)
    assert [epoch.epoch for epoch in second] == [3, 1]  # one trial that was left, then the training


def test_tuning_begins_with_our_own_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ml import network_training, tune
    from ml.networks import Shape
    from ml.train import TrainConfig, train

    monkeypatch.setattr(tune, "TRIALS", 1)
    tried: list[tuple[int | None, float]] = []

    def score(task: object, rows: object, judged: object, shape: Shape, rate: float) -> float:
        tried.append((shape.width, rate))
        return 0.0

    monkeypatch.setattr(network_training, "_score", score)
    train(SAMPLES, TrainConfig(epochs=1, tune=True), tmp_path / "model")
    assert tried == [(128, 3e-4)]


def test_a_trial_that_takes_longer_than_there_is_time_is_ended(tmp_path: Path) -> None:
    from dataclasses import replace

    from ml.checkpoint import Steps
    from ml.networks import Shape
    from ml.train import TrainConfig
    from ml.train_records import Cancelled, Epoch, Parts, Task
    from ml.tune import tune

    rows = np.arange(16)
    told: list[Epoch] = []
    config = TrainConfig(tune=True)
    parts = Parts(rows, rows[:0], rows)
    task = Task([[1]] * 16, rows % 2, parts, 2, 2, config, told.append, lambda: False, NoCheckpoint())

    def endless(task: Task, *_: object) -> float:
        while not task.cancelled():
            pass
        raise Cancelled

    shape = Shape(dropout=0.2)
    assert tune(task, endless, shape, Steps(NoCheckpoint()), budget=0.2) == (shape, None)
    assert told == []
    with pytest.raises(Cancelled):  # by a person
        tune(replace(task, cancelled=lambda: True), endless, shape, Steps(NoCheckpoint()), budget=9)
