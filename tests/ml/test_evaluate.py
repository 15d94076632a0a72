import numpy as np
import pytest

from ml import calibrate
from ml.evaluate import calibration_error, judge

TRUTH = ["a", "a", "a", "b", "b", "c"]
PREDICTED = ["a", "a", "b", "b", "c", "c"]
PROBABILITIES = np.eye(3)[[0, 0, 1, 1, 2, 2]] * 0.7 + 0.1


def test_the_measures_agree_with_a_count_by_hand() -> None:
    metrics = judge("abc", TRUTH, PREDICTED, PROBABILITIES)
    assert metrics.accuracy == pytest.approx(4 / 6)
    assert metrics.confusion == ((2, 1, 0), (0, 1, 1), (0, 0, 1))
    assert metrics.precision == pytest.approx((1, 1 / 2, 1 / 2))
    assert metrics.recall == pytest.approx((2 / 3, 1 / 2, 1))
    assert metrics.macro_f1 == pytest.approx(np.mean([0.8, 0.5, 2 / 3]))
    assert metrics.support == (3, 2, 1)
    assert metrics.calibration_error == pytest.approx(0.8 - 4 / 6)


def test_a_label_that_nobody_has_or_guesses_leaves_the_means_alone() -> None:
    with_it = judge("abcd", TRUTH, PREDICTED, np.pad(PROBABILITIES, ((0, 0), (0, 1))))
    without = judge("abc", TRUTH, PREDICTED, PROBABILITIES)
    assert (with_it.macro_f1, with_it.macro_recall, with_it.roc_auc) == (
        without.macro_f1,
        without.macro_recall,
        without.roc_auc,
    )


def test_one_class_has_no_roc() -> None:
    assert judge("ab", ["a", "a"], ["a", "b"], np.array([[0.9, 0.1], [0.2, 0.8]])).roc_auc is None


def test_true_probabilities_have_no_calibration_error() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 100_000)
    correct = rng.uniform(size=100_000) < confidence
    assert calibration_error(confidence, correct) < 0.01
    assert calibration_error(confidence, np.ones(100_000)) == pytest.approx(0.25, abs=0.01)


def test_the_temperature_takes_overconfidence_back() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(20_000, 3))
    drawn = np.array([rng.choice(3, p=row) for row in calibrate.probabilities(logits)])
    assert calibrate.temperature(2.5 * logits, drawn) == pytest.approx(2.5, rel=0.05)


def test_the_threshold_makes_four_of_five_answers_right() -> None:
    rng = np.random.default_rng(0)
    probabilities = calibrate.probabilities(2 * rng.normal(size=(20_000, 3)))
    truth = np.array([rng.choice(3, p=row) for row in probabilities])
    chosen = calibrate.threshold(probabilities, truth)
    sure = probabilities.max(axis=1) >= chosen
    assert np.mean(probabilities.argmax(axis=1)[sure] == truth[sure]) >= 0.8
    assert np.mean(sure) >= 0.7


def test_a_model_that_knows_nothing_still_answers_most_texts() -> None:
    rng = np.random.default_rng(0)
    probabilities = calibrate.probabilities(0.2 * rng.normal(size=(5000, 3)))
    chosen = calibrate.threshold(probabilities, rng.integers(0, 3, 5000))
    assert np.mean(probabilities.max(axis=1) >= chosen) >= 0.7


@pytest.mark.parametrize("seed", range(5))
def test_the_measures_agree_with_scikit_learn(seed: int) -> None:
    from sklearn import metrics

    rng = np.random.default_rng(seed)
    labels, n = ["a", "b", "c", "d"], 200
    truth = rng.choice(labels[:3], n).tolist()  # nobody has the fourth
    probabilities = rng.dirichlet(np.ones(4), n).round(2) + 0.001  # with ties
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    predicted = [labels[column] for column in probabilities.argmax(axis=1)]
    found = judge(labels, truth, predicted, probabilities)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, predicted, labels=labels, zero_division=0.0
    )
    assert found.precision == pytest.approx(precision)
    assert found.recall == pytest.approx(recall)
    assert found.f1 == pytest.approx(f1)
    assert found.support == tuple(support)
    assert np.array_equal(found.confusion, metrics.confusion_matrix(truth, predicted, labels=labels))
    for column, label in enumerate(labels[:3]):
        positive = np.array(truth) == label
        area = metrics.roc_auc_score(positive, probabilities[:, column])
        average = metrics.average_precision_score(positive, probabilities[:, column])
        roc, curve = found.roc[column], found.precision_recall[column]
        assert roc is not None
        assert curve is not None
        assert (roc.area, curve.area) == (pytest.approx(area, abs=1e-6), pytest.approx(average, abs=1e-6))
        assert (roc.x[0], roc.y[0], roc.x[-1], roc.y[-1]) == (0, 0, 1, 1)
        assert curve.x[-1] == 1
        assert len(roc.x) == len(roc.y) <= 64
    assert found.roc[3] is None
    assert found.precision_recall[3] is None
