"""Tables of texts as people write them."""

import pytest

from handlers.text_columns import Grid
from handlers.text_columns import grid as grid_of
from ml.tables import TableError
from ml.text_files import open_text


def grid(content: str, name: str, known: set[str] = frozenset()) -> Grid:  # type: ignore[assignment]
    return grid_of(open_text(content.encode()), name, known)


def rows_of(found: Grid) -> list[list[str]]:
    return [row for _, row in found.rows()]


@pytest.mark.parametrize(
    ("content", "name", "rows"),
    [
        ("Well, well\nNo\n", "a.txt", [["Well, well"], ["No"]]),
        ('"Well" she said\n', "a.txt", [['"Well" she said']]),
        ("1\tWell, well\n2\tNo\n", "a.txt", [["1", "Well, well"], ["2", "No"]]),
        ("id,text\n1,No\n", "a.txt", [["1", "No"]]),
        ("Oh well, well\nNo no, thank you, sir\n", "a.csv", [["Oh well, well"], ["No no, thank you, sir"]]),
        ("text\nWell, well\nNo\n", "a.csv", [["Well, well"], ["No"]]),
        ("id,text\n1,Well, well\n2,No\n", "a.csv", [["1", "Well, well"], ["2", "No"]]),
        (
            "junk,Well, well\nfine,No, no, no\njunk,Yes\n",
            "a.csv",
            [["junk", "Well, well"], ["fine", "No, no, no"], ["junk", "Yes"]],
        ),
        (
            "1,2,3\n4,5,6\n7\n8,9,1\n2,3,4\n",
            "a.csv",
            [["1", "2", "3"], ["4", "5", "6"], ["7"], ["8", "9", "1"], ["2", "3", "4"]],
        ),
        ('a,"b, c"\nd,e\n', "a.csv", [["a", "b, c"], ["d", "e"]]),
    ],
)
def test_a_comma_within_a_text_parts_nothing(content: str, name: str, rows: list[list[str]]) -> None:
    found = grid(content, name)
    assert rows_of(found) == rows == rows_of(found)  # as often as one likes
    assert (found.num_rows, [row for _, row in found.first]) == (len(rows), rows)


def test_a_label_of_two_words_is_no_sentence() -> None:
    found = grid("very fine,Oh, well\nvery fine,No\n", "a.csv", {"very fine"})
    assert rows_of(found) == [["very fine", "Oh, well"], ["very fine", "No"]]


def test_columns_are_named_or_found_by_their_length() -> None:
    found = grid("when,Said\n2024,a long text here\n", "a.csv")
    assert (found.header, found.longest(), found.longest(leave_out=1)) == (None, 1, 0)
    assert grid("Text,x\none,two\n", "a.csv").named({"text"}) == 0


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_an_empty_file_says_so(content: str) -> None:
    for name in ("a.txt", "a.csv"):
        with pytest.raises(TableError) as error:
            grid(content, name)
        assert error.value.kind == "nothing"
