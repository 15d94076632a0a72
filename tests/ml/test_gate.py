"""Two versions are judged on the same samples, and the interval says what chance could do."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from ml.evaluate import judge
from ml.gate import _resampled, compare, macro_f1
from ml.predictor import SHIPPED, Model
from ml.samples import Sample

GOOD = (
    "what a lovely surprise",
    "thank you so much",
    "this is wonderful",
    "I love it",
    "great work, everybody",
)
BAD = ("this is terrible", "I hate it", "what an awful day", "the worst service ever", "I am so angry")
SAMPLES = [*(Sample(text, "positive") for text in GOOD), *(Sample(text, "negative") for text in BAD)]


def version(folder: Path, name: str, labels: tuple[str, ...]) -> Model:
    """Return the shipped network under labels of one's own."""
    shutil.copytree(SHIPPED, folder / name)
    manifest = json.loads((folder / name / "manifest.json").read_text("utf-8"))
    (folder / name / "manifest.json").write_text(json.dumps(manifest | {"labels": labels, "version": name}))
    return Model.load(folder / name)


RIGHT = ("negative", "neutral", "positive")
CROSSED = ("positive", "neutral", "negative")


def test_a_clearly_better_version_is_better_and_not_by_chance(tmp_path: Path) -> None:
    found = compare(version(tmp_path, "v2", RIGHT), version(tmp_path, "v1", CROSSED), SAMPLES)
    assert (found.version, found.verdict, found.chance) == ("v1", "better", False)
    assert found.low > 0.3
    assert found.low <= found.difference <= found.high


def test_a_worse_version_is_worse_by_as_much(tmp_path: Path) -> None:
    one, other = version(tmp_path, "one", RIGHT), version(tmp_path, "other", CROSSED)
    found, mirrored = compare(other, one, SAMPLES), compare(one, other, SAMPLES)
    assert found.verdict == "worse"
    assert found.difference == pytest.approx(-mirrored.difference)
    assert found.high < 0


def test_the_same_version_is_equal(tmp_path: Path) -> None:
    found = compare(version(tmp_path, "v2", RIGHT), version(tmp_path, "v1", RIGHT), SAMPLES)
    assert (found.verdict, found.difference, found.low, found.high, found.chance) == ("equal", 0, 0, 0, True)


def test_a_difference_of_one_sample_may_be_chance(tmp_path: Path) -> None:
    right, crossed = version(tmp_path, "v2", RIGHT), version(tmp_path, "v1", CROSSED)
    mixed = [*SAMPLES[:3], *(Sample(sample.text, "negative") for sample in SAMPLES[3:5]), *SAMPLES[8:]]
    assert compare(right, crossed, mixed).chance


def test_a_live_version_that_lacks_a_label_is_judged_all_the_same(tmp_path: Path) -> None:
    live = version(tmp_path, "v1", ("negative", "meh", "positive"))
    found = compare(version(tmp_path, "v2", RIGHT), live, SAMPLES)
    assert found.live.labels == RIGHT


def test_the_score_of_a_draw_is_the_macro_f1_of_the_measures() -> None:
    rng = np.random.default_rng(0)
    truth, predicted = rng.integers(0, 3, 50), rng.integers(0, 3, 50)
    metrics = judge(
        "abcd", ["abcd"[n] for n in truth], ["abcd"[n] for n in predicted], rng.dirichlet(np.ones(4), 50)
    )
    assert macro_f1(np.array([metrics.confusion], float)) == pytest.approx([metrics.macro_f1])


def test_the_interval_is_that_of_a_bootstrap_sample_by_sample() -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, 60)
    one, other = (np.where(rng.uniform(size=60) < share, truth, 1 - truth) for share in (0.9, 0.7))
    quick = _resampled(truth, [one, other], 2, np.random.default_rng(2))
    draws = rng.integers(0, 60, (1500, 60))

    def score(said: np.ndarray, draw: np.ndarray) -> float:
        matrix = np.bincount(2 * truth[draw] + said[draw], minlength=4).reshape(1, 2, 2)
        return float(macro_f1(matrix.astype(float))[0])

    slow = np.array([score(one, draw) - score(other, draw) for draw in draws])
    ends = [0.025, 0.5, 0.975]
    np.testing.assert_allclose(np.quantile(quick[0] - quick[1], ends), np.quantile(slow, ends), atol=0.03)
