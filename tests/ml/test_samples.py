import pytest

from ml.samples import Sample, read_samples
from ml.tables import TableError

TWO = [Sample("good, very", "positive"), Sample("bad", "negative")]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ('label,text\npositive,"good, very"\nnegative,bad\n', "a.csv"),
        ('text,label\n"good, very",positive\nbad,negative\n', "a.csv"),
        ('positive,"good, very"\nnegative,bad\n', "a.csv"),
        ("positive,good, very\nnegative,bad", "a.csv"),
        ('id,sentiment,text\n1,positive,"good, very"\n2,negative,bad\n', "a.csv"),
        ("positive\tgood, very\nnegative\tbad\n", "a.tsv"),
        ("positive\tgood, very\r\n\r\nnegative\tbad\r\n", "a.txt"),
        ("label\ttext\npositive\tgood, very\nnegative\tbad\n", "a.tsv"),
        ("positive;good, very\nnegative;bad\n", "a.csv"),
    ],
)
def test_labels_and_texts_are_found_in_any_layout(content: str, name: str) -> None:
    assert read_samples(content.encode(), name) == TWO


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_chinese_is_read_in_the_encodings_of_spreadsheets(encoding: str) -> None:
    content = "标签,文本\n差评,这家店太差了，再也不来了\n好评,味道很好，下次还来\n".encode(encoding)
    assert read_samples(content) == [
        Sample("这家店太差了，再也不来了", "差评"),
        Sample("味道很好，下次还来", "好评"),
    ]


def test_the_label_is_the_column_with_fewer_values() -> None:
    rows = "".join(f"text number {n},{'ab'[n % 2]}\n" for n in range(6))
    assert {sample.label for sample in read_samples(rows.encode())} == {"a", "b"}


def test_a_quote_means_nothing_in_tsv() -> None:
    content = b'ham\t"so he said\nspam\t5" screen, 50" off\n'
    assert read_samples(content, "a.tsv") == [
        Sample('"so he said', "ham"),
        Sample('5" screen, 50" off', "spam"),
    ]


def test_a_tab_in_a_text_belongs_to_it() -> None:
    assert read_samples(b"ham\tone\ttwo\nspam\tx\n", "a.tsv")[0] == Sample("one\ttwo", "ham")


@pytest.mark.parametrize(
    ("content", "kind", "row"),
    [
        (b"", "nothing", None),
        (b"\n\n", "nothing", None),
        (b"label,text\n", "nothing", None),
        (b"a,one\nb\n", "cells", 2),
        (b"a,one\n,two\n", "label", 2),
        (b"a,one\nb,\n", "text", 2),
        (b"a=b,one\nc,two\n", "label", 1),
        (b"a,one\n" + b"x" * 25 + b",two\n", "label", 2),
        (b"\x00\x01\x02\x03binary", "binary", None),
    ],
)
def test_what_is_wrong_is_said_with_its_row(content: bytes, kind: str, row: int | None) -> None:
    with pytest.raises(TableError) as refused:
        read_samples(content)
    assert (refused.value.kind, refused.value.row) == (kind, row)
