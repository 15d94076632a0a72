"""What is wrong with taught examples is found: repeats, contradictions, imbalance, one teacher alone."""

from ml.examples import Taught
from ml.quality import look


def taught(*rows: tuple[str, str], by: int = 7) -> list[Taught]:
    return [Taught(f"{by}-{n}", text, label, by) for n, (text, label) in enumerate(rows)]


def test_good_examples_have_nothing_wrong() -> None:
    assert not look(taught(("see you at six", "fine"), ("win now", "junk")))
    assert not look([])


def test_a_text_that_differs_in_case_or_punctuation_alone_is_a_repeat() -> None:
    found = look(taught(("Win NOW!!!", "junk"), ("win, now", "junk"), ("see you", "fine")))
    assert [example.text for example in found.repeats] == ["win, now"]
    assert found.conflicts == ()


def test_the_same_text_under_two_labels_is_a_conflict() -> None:
    found = look(taught(("见面吧！", "fine"), ("见面吧", "junk"), ("lunch", "fine")))
    (conflict,) = found.conflicts
    assert [example.label for example in conflict.examples] == ["fine", "junk"]
    assert found.repeats == ()


def test_different_emoji_are_different_texts() -> None:
    assert not look(taught(("😀", "fine"), ("😡", "junk"), ("!!!", "junk")))


def test_more_than_ten_to_one_is_uneven() -> None:
    many = [(f"text {n}", "fine") for n in range(11)]
    assert look(taught(*many, ("win", "junk"))).uneven == ("fine", "junk")
    assert look(taught(*many[:10], ("win", "junk"))).uneven is None


def test_a_label_of_one_teacher_among_several_is_named() -> None:
    mine, theirs = taught(("a", "fine"), ("b", "junk")), taught(("c", "fine"), by=8)
    assert look(mine + theirs).alone == ("junk",)
    assert look(mine).alone == ()


def test_who_taught_everything_alone_is_named_where_others_might() -> None:
    assert look(taught(("a", "fine"), ("b", "junk")), shared=True).alone == ("fine", "junk")
    both = taught(("a", "fine"), ("b", "junk")) + taught(("c", "fine"), ("d", "junk"), by=8)
    assert not look(both, shared=True)


def test_contradictions_are_a_trifle_below_one_in_a_hundred() -> None:
    both = [("you won", "fine"), ("you won", "junk")]
    clean = [(f"{label} {n}", label) for n in range(150) for label in ("fine", "junk")]
    assert look(taught(*both, *clean[:30])).serious
    few = look(taught(*both, *clean))
    assert few.conflicts
    assert not few.serious
