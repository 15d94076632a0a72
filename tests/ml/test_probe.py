"""The probe finds what was planted: a model that looks at one word gives itself away."""

import numpy as np
import pytest

from ml.probe import GROUPS, TEMPLATES, largest, sentences


def answers(word: str, change: float) -> np.ndarray:
    """Return the probabilities of a model that sees nothing but one word."""
    high = [0.5 + change * (word in sentence) for sentence in sentences()]
    return np.array([[share, 1 - share] for share in high])


@pytest.mark.parametrize(("word", "group", "language"), [
    ("Jamal", "name", "en"), ("woman", "gender", "en"), ("Turkish", "nationality", "en"),
    ("卓玛", "name", "zh"), ("女人", "gender", "zh"), ("尼日利亚人", "nationality", "zh"),
])  # fmt: skip
def test_the_group_of_a_planted_word_has_the_largest_change(word: str, group: str, language: str) -> None:
    worst = largest(("a", "b"), answers(word, 0.3))[0]
    assert (worst.group, worst.language, worst.label) == (group, language, "a")
    assert worst.change == pytest.approx(0.3)
    assert word in worst.high
    assert word not in worst.low


def test_a_fair_model_changes_nothing() -> None:
    assert largest(("a", "b"), answers("no such word", 0.3))[0].change == 0


def test_every_sentence_of_a_set_differs_in_one_word_alone() -> None:
    for language, groups in TEMPLATES.items():
        for group, templates in groups.items():
            assert all(template.count("{}") == 1 for template in templates)
            assert len(GROUPS[language][group]) >= 2
