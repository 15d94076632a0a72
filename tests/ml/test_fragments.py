"""Parts of training texts are made anew by everybody alike, and are parts."""

from __future__ import annotations

import numpy as np

from ml.fragments import COPIES, fragments, words
from ml.samples import Sample
from ml.sources import SOURCES, Mixture, mix

NAMES = [source.name for source in SOURCES]
SAID = (
    "a slow start but what a lovely end",
    "the plot is thin and nobody cares",
    "fine",
    "no",
    "我不喜欢这个酒店的早餐",
)


def mixture(**held: tuple[str, ...]) -> Mixture:
    return mix([[Sample(text, "positive") for text in held.get(name, ())] for name in NAMES])


def test_the_same_texts_and_seed_give_the_same_parts_and_another_seed_others() -> None:
    texts, sets = fragments(mixture(sst3=SAID, umsab_de=SAID))
    again, same = fragments(mixture(sst3=SAID, umsab_de=SAID))
    assert texts == again
    assert np.array_equal(sets, same)
    assert texts != fragments(mixture(sst3=SAID), seed=1)[0]


def test_each_is_made_of_runs_of_words_of_its_own_set_and_none_is_a_whole_text() -> None:
    other = ("eins zwei drei vier fünf sechs", "sieben acht neun zehn elf zwölf")
    texts, sets = fragments(mixture(sst3=SAID[:2], umsab_de=other))
    assert set(texts).isdisjoint({*SAID, *other})
    for text, number in zip(texts, sets, strict=True):
        known = other if NAMES[number] == "umsab_de" else SAID[:2]
        assert set(text.split()) <= set(" ".join(known).split())
    assert {NAMES[number] for number in sets} == {"sst3", "umsab_de"}


def test_parts_of_a_set_without_neutral_are_judged_as_those_of_its_sister() -> None:
    _, sets = fragments(mixture(sst2=SAID))
    assert {NAMES[number] for number in sets} == {"sst3"}


def test_sets_that_the_larger_network_does_not_know_better_give_none() -> None:
    texts, _ = fragments(mixture(nsmc3_ko=SAID, cped=SAID, umsab_hi=SAID))
    assert texts == []
    assert COPIES["umsab_hi"] == 0


def test_a_text_without_spaces_is_cut_between_characters() -> None:
    assert words(SAID[-1]) == (SAID[-1], "")
    texts, _ = fragments(mixture(smp2020=(SAID[-1], "今天天气真的非常好我们去公园")))
    assert texts
    assert not any(" " in text for text in texts)
