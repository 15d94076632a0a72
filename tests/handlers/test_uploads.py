"""A file that comes without a command."""

import csv
import json
import tracemalloc
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from handlers import classify, models, teach, teach_lines
from handlers.classify_table import read_text_table
from handlers.messages import Document, Quoted
from handlers.uploads import Preview, is_table, offer, press, preview
from tests.handlers.conftest import Talk, labels_of, make_model, publish_model

CSV = b"label,text\njunk,win now\nfine,see you\njunk,click here\n"
POINTS = b"x,y\n1,2\n2,4.1\n3,5.9\n4,8.2\n5,9.8\n"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (Document("f", "a.csv"), True),
        (Document("f", "A.TSV"), True),
        (Document("f", "a.txt"), True),
        (Document("f", "", 0, "text/csv"), True),
        (Document("f", "a.pdf", 0, "application/pdf"), False),
        (Document("f", "a.xlsx"), False),
    ],
)
def test_a_table_is_told_by_its_name_or_kind(document: Document, expected: bool) -> None:
    assert is_table(document) is expected


def test_the_first_rows_and_the_size_are_read() -> None:
    rows = "\n".join(f"{n},{n * n}" for n in range(50))
    assert preview(rows.encode(), "a.csv") == Preview((("0", "0"), ("1", "1"), ("2", "4")), 50, 2)


async def test_a_file_is_shown_with_what_can_be_done(talk: Talk) -> None:
    said = await talk.say(offer, document=talk.upload(CSV, "x.csv"))
    assert said.text == (
        "x.csv: 4 rows, 2 columns. It begins:\n"
        "label | text\njunk | win now\nfine | see you\n"
        "What shall I do with it?"
    )
    assert labels_of(said) == ["Fit a curve", "Teach a model", "Label all rows", "Judge a model"]


async def test_another_kind_of_file_is_answered_in_one_sentence(talk: Talk) -> None:
    said = await talk.say(offer, document=talk.upload(b"%PDF", "x.pdf"))
    assert (
        said.text
        == "I read tables and text: CSV, TSV, JSONL or TXT. Save it as one of these and send it again."
    )


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\x00\x01", b"", b"\x00\x00\x00\x00"])
async def test_a_file_that_is_no_table_after_all_says_so(talk: Talk, content: bytes) -> None:
    said = await talk.say(offer, document=talk.upload(content, "x.csv"))
    assert said.text.startswith("This file ")
    assert said.buttons == ()


async def test_teach_makes_the_first_model_from_the_file(talk: Talk) -> None:
    await talk.say(offer, document=talk.upload(CSV, "x.csv"))
    asked = await talk.press_labelled(press, "Teach a model")
    assert asked.text == "What shall the model for junk, fine be called? Send one word."
    said = await talk.say(models.answer_new, "spam")
    assert said.text.startswith("Taken in: 3 new examples.\nspam: junk 2 · fine 1 – 3 in all")


async def test_teach_asks_which_model_learns(talk: Talk) -> None:
    await make_model(talk)
    await talk.say(offer, document=talk.upload(CSV, "x.csv"))
    asked = await talk.press_labelled(press, "Teach a model")
    assert labels_of(asked) == ["spam", "A new model from this file"]
    await talk.press_labelled(teach.press, "spam")
    assert await talk.services.examples.counts(talk.owner, "spam") == {"fine": 1, "junk": 2}


async def test_teach_can_still_make_a_new_model(talk: Talk) -> None:
    await make_model(talk, "mood", ("happy", "sad"))
    await talk.say(offer, document=talk.upload(CSV, "x.csv"))
    await talk.press_labelled(press, "Teach a model")
    await talk.press_labelled(press, "A new model from this file")
    await talk.say(models.answer_new, "mood")
    asked = await talk.press_labelled(models.press_new, "Another name")
    assert "junk, fine" in asked.text
    await talk.say(models.answer_new, "spam")
    assert await talk.services.examples.counts(talk.owner, "spam") == {"fine": 1, "junk": 2}


async def test_a_file_without_labels_makes_no_model(talk: Talk) -> None:
    await talk.say(offer, document=talk.upload(b"\n".join(b"text %d" % n for n in range(40)), "x.csv"))
    said = await talk.press_labelled(press, "Teach a model")
    assert said.text.startswith("I find no column with 2 to 12 different labels in this file.")


async def test_label_all_rows_uses_the_shipped_model_where_there_is_no_other(talk: Talk) -> None:
    await talk.say(offer, document=talk.upload(b"What a lovely surprise, thank you!\n", "x.txt"))
    said = await talk.press_labelled(press, "Label all rows")
    assert said.document is not None
    table = list(csv.reader(StringIO(said.document.content.decode("utf-8-sig"))))
    assert table[0][:2] == ["What a lovely surprise, thank you!", "positive"]


async def test_label_all_rows_asks_which_model(talk: Talk, tmp_path: Path) -> None:
    await publish_model(talk, tmp_path / "model")
    await talk.say(offer, document=talk.upload(CSV, "x.csv"))
    asked = await talk.press_labelled(press, "Label all rows")
    assert labels_of(asked) == ["spam", "sentiment"]
    said = await talk.press_labelled(classify.press, "spam")
    assert said.text.startswith("3 rows by spam: ")


async def test_fit_a_curve_answers_with_its_picture(talk: Talk) -> None:
    await talk.say(offer, document=talk.upload(POINTS, "x.csv"))
    said = await talk.press_labelled(press, "Fit a curve")
    assert said.photo is not None
    assert said.photo.startswith(b"\x89PNG")


async def test_an_older_card_is_about_its_own_file(talk: Talk) -> None:
    first = talk.upload(b"What a lovely surprise!\n", "first.txt")
    await talk.say(offer, document=first)
    card = talk.outbox.order[-1][1]
    await talk.say(offer, document=talk.upload(CSV, "second.csv"))
    said = await talk.press(press, "upload:classify", on=card, quoted=Quoted(1, document=first))
    assert said.document is not None
    assert said.document.name == "first-labels.csv"


async def test_a_card_whose_file_is_forgotten_says_so(talk: Talk) -> None:
    said = await talk.press(press, "upload:classify", on=1)
    assert said.text == "This question is closed. Please send the command again."


async def test_a_file_is_the_answer_to_an_open_question_of_teach(talk: Talk) -> None:
    await make_model(talk)
    await talk.say(teach.teach, "spam")
    said = await talk.say(offer, document=talk.upload(CSV, "x.csv"))
    assert said.text.startswith("Taken in: 3 new examples.")


async def test_a_file_is_the_answer_to_an_open_question_of_classify(talk: Talk) -> None:
    await talk.say(classify.classify)
    said = await talk.say(offer, document=talk.upload(CSV, "x.csv"))
    assert said.text.startswith("3 rows by sentiment: ")


async def test_a_file_of_json_lines_is_a_table_too(talk: Talk) -> None:
    await make_model(talk)
    lines = [{"text": "win, now", "label": "junk"}, {"label": "fine", "text": "六点见", "n": 1}]
    content = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
    said = await talk.say(offer, document=talk.upload(content, "x.jsonl"))
    assert said.text.startswith(
        "x.jsonl: 3 rows, 3 columns. It begins:\ntext | label | n\nwin, now | junk | "
    )
    await talk.say(teach.teach, "spam", document=talk.upload(content, "x.jsonl"))
    assert await talk.services.examples.counts(talk.owner, "spam") == {"fine": 1, "junk": 1}


async def test_a_broken_json_line_is_named(talk: Talk) -> None:
    said = await talk.say(offer, document=talk.upload(b'{"text": "a"}\n{"text"\n', "x.jsonl"))
    assert said.text == 'Row 2 of this file is no JSON object. It holds: {"text"'


async def test_a_model_is_made_from_json_lines_too(talk: Talk) -> None:
    lines = b'{"text": "win now", "label": "junk"}\n{"text": "see you", "label": "fine"}\n'
    await talk.say(offer, document=talk.upload(lines, "x.jsonl"))
    asked = await talk.press_labelled(press, "Teach a model")
    assert asked.text == "What shall the model for junk, fine be called? Send one word."


async def test_objects_with_ever_other_fields_are_refused(talk: Talk) -> None:
    content = b"".join(b'{"f%d": 1}\n' % n for n in range(300))
    said = await talk.say(offer, document=talk.upload(content, "x.jsonl"))
    assert said.text.startswith("The objects of this file have more than 200 different fields.")


LARGE = 60_000  # rows
WAYS: dict[str, Callable[[bytes, str], object]] = {
    "shown": preview,
    "labels": teach_lines.labels_of,
    "classified": lambda content, name: sum(1 for _ in read_text_table(content, name).rows()),
}


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl"])
@pytest.mark.parametrize("way", WAYS)
def test_a_large_file_is_read_row_by_row_and_never_held_as_a_whole(way: str, kind: str) -> None:
    label, text = "junk", "a text of some words, “quoted” 好的"
    row = {"csv": f'{label},"{text}"\n', "tsv": f"{label}\t{text}\n"}.get(
        kind, json.dumps({"label": label, "text": text}) + "\n"
    )
    other = row.replace(label, "fine")
    content = ("" if kind == "jsonl" else row.replace(label, "label").replace(text, "text")).encode()
    content += (row + other).encode() * (LARGE // 2)
    tracemalloc.start()
    try:
        WAYS[way](content, f"x.{kind}")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000 < len(content)
