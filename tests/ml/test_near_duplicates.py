"""Long texts that differ in one word are nearly the same; in short ones a word may be all the difference."""

import pytest

from ml.near_duplicates import alike

LONG = "Dear winner, you have been chosen out of all our customers to get a prize today: call us at once"
CHINESE = "尊敬的用户您好您已被选中参加我们的年度抽奖活动请立即点击下面的链接领取奖品名额有限先到先得"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (LONG, LONG.replace("prize", "car"), True),
        (LONG, LONG.replace("today", ""), True),
        (LONG, f"{LONG} now", True),
        (LONG, LONG.replace("prize", "new car"), False),  # two words
        (LONG, LONG.replace("prize", "car").replace("today", "tomorrow"), False),
        ("a good film that I will watch again", "a bad film that I will watch again", False),
        (CHINESE, CHINESE.replace("户", "人"), True),
        (CHINESE[:20], CHINESE[:20].replace("户", "人"), False),
        ("WIN: now!", "win now", True),
        ("😀", "😡", False),
    ],
)
def test_texts_are_nearly_the_same_but_for_one_word_in_sixteen(one: str, other: str, same: bool) -> None:
    assert (alike([one, "something else", other]) == [[0, 2], [1]]) is same


def test_a_chain_of_small_changes_is_one_group_in_the_order_of_the_texts() -> None:
    changed = [LONG, LONG.replace("prize", "car"), LONG.replace("prize", "house")]
    assert alike(["x", *changed[::-1], "X!", LONG.upper()]) == [[0, 4], [1, 2, 3, 5]]


def test_there_may_be_no_text_at_all() -> None:
    assert alike([]) == []
    assert alike(["", "!"]) == [[0], [1]]
