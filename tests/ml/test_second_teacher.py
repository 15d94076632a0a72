"""What n-grams say beside the larger network, and what is added in each domain."""

import numpy as np

from ml.ngrams import FEWEST, out_of_fold
from ml.offsets import FEWEST as FEWEST_JUDGED
from ml.offsets import offsets
from ml.samples import Sample
from ml.sentiment import Recipe, _taught
from ml.sources import DOMAINS, LABELS, SOURCES, mix

CALM = np.zeros((len(DOMAINS), len(LABELS)))
SST2 = next(source for source in SOURCES if source.name == "sst2")
THAI = next(source for source in SOURCES if source.name == "wisesight_th")


def reviews(count: int) -> list[Sample]:
    """Return reviews whose one telling word says their label, every tenth with the wrong one."""
    words = {"positive": "splendid", "negative": "dreadful"}
    labels = [("positive", "negative")[number % 2] for number in range(count)]
    told = [
        LABELS[2 * (number // 2 % 2)] if number % 10 == 0 else label for number, label in enumerate(labels)
    ]
    return [
        Sample(f"a {words[label]} film number {number}", said)
        for number, (label, said) in enumerate(zip(labels, told, strict=True))
    ]


def test_each_row_is_judged_by_those_that_it_is_not_among() -> None:
    rows = reviews(400)
    said = out_of_fold(rows, "en", seed=0)
    assert said is not None
    np.testing.assert_allclose(said.sum(axis=1), 1, atol=1e-5)
    assert not said[:, LABELS.index("neutral")].any()
    # Of a row with the wrong label the word is believed, since the row itself was not learned from.
    by_word = np.array([2 if "splendid" in row.text else 0 for row in rows])
    assert (said.argmax(axis=1) == by_word).mean() > 0.98


def test_texts_without_spaces_are_read_by_their_signs() -> None:
    rows = [
        Sample(f"这部电影{('很好看', '太难看了')[n % 2]}{n}", ("positive", "negative")[n % 2])
        for n in range(200)
    ]
    said = out_of_fold(rows, "zh", seed=0)
    assert said is not None
    truth = np.array([LABELS.index(row.label) for row in rows])
    assert (said.argmax(axis=1) == truth).mean() > 0.98


def test_a_set_with_too_few_rows_of_a_label_is_not_asked() -> None:
    rows = [Sample(f"text {n}", "positive") for n in range(FEWEST)]
    assert out_of_fold(rows, "en", seed=0) is None
    assert out_of_fold([*rows, Sample("bad", "negative")], "en", seed=0) is None


def test_n_grams_count_where_they_spoke_and_nowhere_else() -> None:
    spoken = [Sample("never seen before, one", "positive"), Sample("never seen before, two", "negative")]
    mixture = mix([spoken, [Sample("never seen before, three", "neutral")]], [SST2, THAI])
    by_ngrams = np.array([[0.5, 0.0, 0.5], [1.0, 0.0, 0.0]], np.float32)
    plain, _ = _taught(mixture, [None, None], Recipe(smoothing=0.0))
    mixed, _ = _taught(mixture, [by_ngrams, None], Recipe(smoothing=0.0, counted=0.4))
    np.testing.assert_allclose(mixed.targets[:2], 0.6 * plain.targets[:2] + 0.4 * by_ngrams, atol=1e-6)
    np.testing.assert_allclose(mixed.targets[2], plain.targets[2])


def test_a_domain_whose_rare_label_is_missed_is_moved_towards_it_and_no_other() -> None:
    rng = np.random.default_rng(0)
    truth = rng.choice(len(LABELS), FEWEST_JUDGED, p=[0.1, 0.8, 0.1])
    # Certain of what is frequent, and half a unit short of what is rare.
    logits = rng.normal(0, 0.3, (len(truth), 3)) + 0.6 * np.eye(3)[truth] + [0.0, 0.9, 0.0]
    held = [Sample("x", LABELS[column]) for column in truth]
    shares = np.zeros((len(truth), len(DOMAINS)))
    shares[:, DOMAINS.index(THAI.domain)] = 1
    found = offsets(logits, shares, [held], [THAI])
    moved = found[DOMAINS.index(THAI.domain)]
    assert moved[0] > 0.2 and moved[2] > 0.2 and moved[1] == 0
    assert not np.delete(found, DOMAINS.index(THAI.domain), axis=0).any()


def test_a_domain_with_few_rows_or_nothing_to_gain_stays_as_it_is() -> None:
    rng = np.random.default_rng(0)
    truth = rng.choice(len(LABELS), FEWEST_JUDGED - 1)
    held = [Sample("x", LABELS[column]) for column in truth]
    shares = np.ones((len(truth), len(DOMAINS)))
    assert (offsets(rng.normal(size=(len(truth), 3)), shares, [held], [THAI]) == CALM).all()
    truth = rng.choice(len(LABELS), FEWEST_JUDGED)
    held = [Sample("x", LABELS[column]) for column in truth]
    right = 9.0 * np.eye(3)[truth]
    assert (offsets(right, np.ones((len(truth), len(DOMAINS))), [held], [THAI]) == CALM).all()
