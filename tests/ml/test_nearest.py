"""The taught example that is most like a text, out of what is taught now."""

import pytest
import redis.asyncio

from ml import nearest
from ml.examples import Examples
from ml.nearest import Index, NearestExamples
from ml.samples import Sample

JUNK, FINE = Sample("win a free cruise", "junk"), Sample("we are free at six", "fine")
LATER = Sample("六点见", "fine")
TEXTS = [JUNK.text, FINE.text, LATER.text]


@pytest.mark.parametrize(
    ("text", "place"),
    [("a cruise, and it is free", 0), ("明天六点见", 2), ("FREE at seven", 1), ("zzz", None), ("", None)],
)
def test_the_nearest_text_shares_the_rarest_words(text: str, place: int | None) -> None:
    assert Index(TEXTS).nearest(text) == place


@pytest.mark.parametrize("text", ["", "x", "😀", "\x00", "\ud83d", "a\n" * 3000])
def test_any_text_can_be_asked_about_and_among_any_texts(text: str) -> None:
    assert Index([]).nearest(text) is None
    Index([text, "", *TEXTS]).nearest(text)
    Index([text]).nearest("a free cruise")


async def test_what_is_taught_or_deleted_later_counts_at_once(redis_client: redis.asyncio.Redis) -> None:
    examples = Examples(redis_client)
    found = NearestExamples(examples)
    assert await found.find("1", "spam", "a cruise, and it is free") is None
    await examples.add("1", "spam", [FINE], by=7)
    first = await found.find("1", "spam", "at six we are free")
    assert first is not None
    assert (first.text, first.label) == (FINE.text, "fine")
    added = await examples.add("1", "spam", [JUNK, LATER], by=8)
    second = await found.find("1", "spam", "a cruise, and it is free")
    assert second is not None
    assert (second.text, second.by) == (JUNK.text, 8)
    await examples.undo("1", "spam", added.batch)
    # As many as before, so that only their absence tells that two are others.
    await examples.add("1", "spam", [LATER, Sample("xyz", "junk")], by=7)
    assert await found.find("1", "spam", "win a cruise") is None


async def test_of_many_models_the_latest_stay_in_memory(
    redis_client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest, "KEPT", 2)
    examples = Examples(redis_client)
    found = NearestExamples(examples)
    for owner in "123":
        await examples.add(owner, "spam", [JUNK], by=7)
        assert await found.find(owner, "spam", "a cruise") is not None
    assert len(found._held) == 2
