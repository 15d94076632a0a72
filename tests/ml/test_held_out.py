"""What is held out stays so, and what was learned from is never held out."""

from collections import Counter

import pytest
import redis.asyncio

from ml.examples import Examples
from ml.held_out import Known, digest, divide
from ml.samples import Sample


def samples(label: str, count: int, start: int = 0) -> list[Sample]:
    return [Sample(f"{label} text number {n}", label) for n in range(start, start + count)]


def held(divided: list[Sample]) -> set[str]:
    return {sample.text for sample in divided if sample.held_out}


def decided(divided: list[Sample]) -> Known:
    """Return what a training that divided its samples so leaves for the next."""
    return Known(
        {digest(sample.text) for sample in divided if sample.held_out and not sample.seen},
        {digest(sample.text) for sample in divided if not sample.held_out},
        {digest(sample.text) for sample in divided if sample.seen},
    )


@pytest.mark.parametrize("counts", [(8, 8), (8, 500), (100, 37), (1, 1)])
def test_a_fifth_of_each_label_is_held_out(counts: tuple[int, int]) -> None:
    divided = divide(samples("a", counts[0]) + samples("b", counts[1]))
    found = Counter(sample.label for sample in divided if sample.held_out)
    assert found == {label: max(1, round(0.2 * count)) for label, count in zip("ab", counts, strict=True)}


def test_the_order_of_the_samples_does_not_matter() -> None:
    given = samples("a", 50) + samples("b", 50)
    assert held(divide(given)) == held(divide(given[::-1]))


def test_what_was_held_out_stays_so_and_what_was_learned_never_is() -> None:
    first = divide(samples("a", 40) + samples("b", 40))
    known = decided(first)
    later = divide(samples("a", 200) + samples("b", 60), known)
    by_text = {sample.text: sample.held_out for sample in later}
    assert all(by_text[sample.text] == sample.held_out for sample in first)
    assert Counter(sample.label for sample in later if sample.held_out) == {"a": 40, "b": 12}


def test_a_label_of_which_nothing_held_out_is_left_is_divided_anew() -> None:
    given = samples("a", 40) + samples("b", 40)
    first = divide(given)
    known = decided(first)
    left = [s for s, was in zip(given, first, strict=True) if s.label == "b" or not was.held_out]
    found = divide(left, known)
    assert Counter(sample.label for sample in found if sample.held_out) == {"a": 6, "b": 8}
    assert held(found) & held(first) == {sample.text for sample in first if sample.held_out} - {
        sample.text for sample in first if sample.label == "a"
    }


def test_what_an_earlier_version_learned_from_compares_none_with_it_until_others_are_taught() -> None:
    given = samples("a", 40) + samples("b", 40)
    first = divide(given)
    known = decided(first)
    left = [s for s, was in zip(given, first, strict=True) if s.label == "b" or not was.held_out]
    second = divide(left, known)
    assert {sample.label for sample in second if sample.seen} == {"a"}
    assert all(sample.held_out for sample in second if sample.seen)
    known = decided(second)
    third = divide(left + samples("a", 18, start=40), known)
    assert {digest(sample.text) for sample in third if sample.seen} == known.seen
    unseen = Counter(sample.label for sample in third if sample.held_out and not sample.seen)
    assert unseen == {"a": 10, "b": 8}  # a fifth of all


def test_a_label_of_which_nothing_is_left_to_learn_from_is_divided_anew() -> None:
    given = samples("a", 40) + samples("b", 40)
    first = divide(given)
    known = Known({digest(sample.text) for sample in first if sample.held_out})
    left = [s for s, was in zip(given, first, strict=True) if s.label == "b" or was.held_out]
    found = divide(left, known)
    assert Counter(sample.label for sample in found if sample.held_out) == {"a": 2, "b": 8}


def test_a_text_goes_one_way_whatever_its_label_or_case() -> None:
    twice = [Sample("Ｓame  TEXT", "a"), Sample("same text", "b"), *samples("a", 20), *samples("b", 20)]
    divided = divide(twice)
    assert divided[0].held_out == divided[1].held_out


async def test_the_examples_of_a_model_remember_their_part(redis_client: redis.asyncio.Redis) -> None:
    examples = Examples(redis_client)
    await examples.add("1", "spam", samples("a", 30) + samples("b", 30), by=7)
    first = held(await examples.divided("1", "spam"))
    assert len(first) == 12
    await examples.add("1", "spam", samples("a", 70, start=30), by=7)
    second = held(await examples.divided("1", "spam"))
    assert first < second
    assert len(second) == 26
    learned = {sample.text for sample in samples("a", 30)} - first
    assert not learned & second
    await examples.delete("1", "spam")
    assert await examples.divided("1", "spam") == []


async def test_what_is_divided_anew_is_remembered_so(redis_client: redis.asyncio.Redis) -> None:
    examples = Examples(redis_client)
    await examples.add("1", "spam", samples("a", 30) + samples("b", 30), by=7)
    first = await examples.divided("1", "spam")
    taught = await examples.taught("1", "spam")
    gone = [each.digest for each in taught if each.text in held(first) and each.label == "a"]
    await examples.remove("1", "spam", gone)
    divided = await examples.divided("1", "spam")
    second = held(divided)
    assert Counter(text[0] for text in second) == {"a": 5, "b": 6}
    seen = {sample.text for sample in divided if sample.seen}
    assert {text[0] for text in seen} == {"a"}
    assert {sample.text for sample in await examples.divided("1", "spam") if sample.seen} == seen
    await examples.add("1", "spam", samples("a", 30, start=30), by=7)
    assert second < held(await examples.divided("1", "spam"))


async def test_all_that_is_left_may_be_divided_anew(redis_client: redis.asyncio.Redis) -> None:
    examples = Examples(redis_client)
    await examples.add("1", "spam", samples("a", 30) + samples("b", 30), by=7)
    first = held(await examples.divided("1", "spam"))
    taught = await examples.taught("1", "spam")
    gone = [each.digest for each in taught if each.text in first]
    await examples.remove("1", "spam", gone[1:])
    await examples.divided("1", "spam")
    anew = held(await examples.divided("1", "spam", anew=True))
    assert anew == held(divide(await examples.read("1", "spam")))
    assert Counter(text[0] for text in anew) == {"a": 5, "b": 5}
