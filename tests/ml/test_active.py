"""The texts to be labelled next are uncertain ones, and unlike each other."""

import numpy as np

from ml.active import choose, vectors


def test_the_least_sure_text_comes_first() -> None:
    probabilities = np.array([[0.9, 0.1], [0.55, 0.45], [0.7, 0.3]])
    assert choose(np.eye(3), probabilities, [], 3) == [1, 2, 0]


def test_what_was_asked_is_not_asked_again_nor_its_twin() -> None:
    texts = ["win a free cruise now", "win a free cruise today", "see you at six", "完全不同的一句话"]
    order = choose(vectors(texts), None, asked=[0], count=3)
    assert order[-1] == 1
    assert 0 not in order


def test_among_equally_unsure_texts_the_most_different_come_first() -> None:
    texts = ["lunch at noon", "lunch at noon!", "lunch at noon?", "cheap pills online"]
    order = choose(vectors(texts), np.full((4, 2), 0.5), [], 4)
    assert 3 in order[:2]


def test_a_pool_that_is_exhausted_gives_less() -> None:
    assert choose(np.eye(2), None, [0], 5) == [1]
    assert choose(np.eye(2), None, [0, 1], 5) == []


def test_vectors_have_length_one_and_any_text_has_one() -> None:
    found = vectors(["a", "", "\x00", "好" * 100, "lunch at noon"])
    lengths = np.linalg.norm(found, axis=1)
    assert np.all((np.abs(lengths - 1) < 1e-5) | (lengths == 0))
