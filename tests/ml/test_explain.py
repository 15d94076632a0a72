"""An explanation names the words that were planted."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import redis.asyncio

from ml.explain import Explanation, explain, occluded, parts
from ml.predictor import Predictor
from ml.registry import Registry
from ml.store import Store

PLAIN = "the parcel arrived on monday and lies on the table in the kitchen"


@pytest.fixture
async def predictor(redis_client: redis.asyncio.Redis, tmp_path: Path) -> AsyncIterator[Predictor]:
    """The shipped model."""
    predictor = Predictor(Store(tmp_path / "store"), Registry(redis_client))
    yield predictor
    await predictor.close()


@pytest.mark.parametrize("place", [0, 4, 12])
@pytest.mark.parametrize(("word", "label"), [("wonderful", "positive"), ("terrible", "negative")])
async def test_the_planted_word_is_the_strongest_wherever_it_stands(
    predictor: Predictor, word: str, label: str, place: int
) -> None:
    words = PLAIN.split()
    found = await explain(predictor, " ".join([*words[:place], word, *words[place:]]), label=label)
    assert (found.label, found.effects[0].word) == (label, word)
    assert found.effects[0].change > 0
    assert len(found.effects) <= 3


async def test_a_word_against_the_label_has_a_negative_effect(predictor: Predictor) -> None:
    found = await explain(predictor, f"wonderful {PLAIN}", label="negative")
    assert found.effects[0].word == "wonderful"
    assert found.effects[0].change < 0


async def test_chinese_is_explained_by_characters(predictor: Predictor) -> None:
    found = await explain(predictor, "包裹星期一到了，质量很差", label="negative")
    assert found.effects[0].word == "差"


async def test_the_likeliest_label_is_explained_where_none_is_named(predictor: Predictor) -> None:
    prediction = await predictor.predict("what a lovely surprise")
    found = await explain(predictor, "what a lovely surprise")
    assert found.label == prediction.label
    assert found.probability == pytest.approx(prediction.probability, abs=1e-6)
    assert found.version == prediction.version


async def test_an_effect_is_the_difference_that_the_word_makes(predictor: Predictor) -> None:
    text = f"{PLAIN} and it is terrible"
    found = await explain(predictor, text, label="negative")
    without = await predictor.predict(text.replace("terrible", ""))
    expected = found.probability - without.probabilities["negative"]
    assert found.effects[0].change == pytest.approx(expected, abs=1e-6)  # a batch rounds in its own order


@pytest.mark.parametrize("text", ["", "   ", "!!!", "\x00", "😍", "好", "x" * 2000, "好坏" * 1000])
async def test_any_text_has_an_explanation(predictor: Predictor, text: str) -> None:
    assert isinstance(await explain(predictor, text), Explanation)


def test_a_word_that_stands_twice_is_one_part() -> None:
    text = "No, no, I said no!"
    found = dict(parts(text))
    assert list(found) == ["No", "I", "said"]
    assert occluded(text, found["No"]).split() == ["I", "said"]


def test_a_long_text_has_parts_of_several_words() -> None:
    found = parts(" ".join(f"word{n}" for n in range(1000)))
    assert len(found) <= 120
    assert sum(len(spans) for _, spans in found) == 1000
