import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.text import LONGEST, normalise


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Ｇｒｅａｔ！", "great!"),
        ("soooooooo good", "sooo good"),
        ("so good", "so good"),
        ("!!!!!!!!", "!!!"),
        ("哈哈哈哈哈哈", "哈哈哈"),
        ("look https://example.org/a?b=c now", "look http now"),
        ("看这里http://t.cn/abc真好", "看这里http真好"),
        ("@maria and @bob_2 agree", "@user and @user agree"),
        ("write to me@example.org", "write to me@example.org"),
        ("can’t", "canʼt"),
        ("a\x00b\ud800c", "abc"),
        ("👍🏽 ❤️", "👍 ❤"),
        ("\u200fمرحبا\u202b", "مرحبا"),
        ("  two\n\n lines\t", "two lines"),
        ("", ""),
        ("\x00", ""),
    ],
)
def test_what_people_mean_alike_is_read_alike(written: str, read: str) -> None:
    assert normalise(written) == read


def test_emoji_stay() -> None:
    assert normalise("😂😭😍") == "😂😭😍"


def test_of_a_long_text_both_ends_are_read() -> None:
    read = normalise("start " + "and " * 5000 + "end")
    assert len(read) <= LONGEST + 1
    assert read.startswith("start") and read.endswith("end")


@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_any_string_has_a_form_that_utf8_can_write(text: str) -> None:
    read = normalise(text)
    read.encode("utf-8")
    assert "\x00" not in read
    assert unicodedata.normalize("NFKC", text.replace("\x00", "")) or read == ""
