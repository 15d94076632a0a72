"""What n-grams say beside the larger network."""

import numpy as np

from ml.ngrams import FEWEST, out_of_fold
from ml.samples import Sample
from ml.sentiment import Recipe, _taught
from ml.sources import LABELS, SOURCES, mix

SST2 = next(source for source in SOURCES if source.name == "sst2")
THAI = next(source for source in SOURCES if source.name == "wisesight_th")


def reviews(count: int) -> list[Sample]:
    """Return reviews whose one telling word says their label, one in twenty with the wrong one."""
    words = ("dreadful", "neither", "splendid")
    rng = np.random.default_rng(0)
    meant = rng.choice([0, 2], count)
    told = np.where(rng.random(count) < 0.05, 2 - meant, meant)
    return [
        Sample(f"a {words[column]} film number {number}", LABELS[said])
        for number, (column, said) in enumerate(zip(meant, told, strict=True))
    ]


def test_each_row_is_judged_by_those_that_it_is_not_among() -> None:
    rows = reviews(FEWEST)
    said = out_of_fold(rows, "en", seed=0)
    assert said is not None
    np.testing.assert_allclose(said.sum(axis=1), 1, atol=1e-5)
    assert not said[:, LABELS.index("neutral")].any()
    # Of a row with the wrong label the word is believed, since the row itself was not learned from.
    by_word = np.array([2 if "splendid" in row.text else 0 for row in rows])
    wrong = by_word != np.array([LABELS.index(row.label) for row in rows])
    assert (said.argmax(axis=1) == by_word)[wrong].mean() > 0.8


def test_texts_without_spaces_are_read_by_their_signs() -> None:
    rows = [
        Sample(f"这部电影{('很好看', '太难看了')[n % 2]}{n}", ("positive", "negative")[n % 2])
        for n in range(FEWEST)
    ]
    said = out_of_fold(rows, "zh", seed=0)
    assert said is not None
    truth = np.array([LABELS.index(row.label) for row in rows])
    assert (said.argmax(axis=1) == truth).mean() > 0.98


def test_a_small_set_and_one_with_a_single_label_are_not_asked() -> None:
    assert out_of_fold(reviews(FEWEST - 1), "en", seed=0) is None
    assert out_of_fold([Sample(f"text {n}", "positive") for n in range(FEWEST)], "en", seed=0) is None


def test_n_grams_count_where_they_spoke_and_nowhere_else() -> None:
    spoken = [Sample("never seen before, one", "positive"), Sample("never seen before, two", "negative")]
    mixture = mix([spoken, [Sample("never seen before, three", "neutral")]], [SST2, THAI])
    by_ngrams = np.array([[0.5, 0.0, 0.5], [1.0, 0.0, 0.0]], np.float32)
    silent: list[np.ndarray | None] = [None] * len(SOURCES)
    plain, _ = _taught(mixture, silent, Recipe(smoothing=0.0))
    mixed, _ = _taught(mixture, [by_ngrams, *silent[1:]], Recipe(smoothing=0.0))
    share = SOURCES[0].counted
    np.testing.assert_allclose(mixed.targets[:2], plain.targets[:2] + share * (by_ngrams - plain.targets[:2]))
    np.testing.assert_allclose(mixed.targets[2], plain.targets[2])
