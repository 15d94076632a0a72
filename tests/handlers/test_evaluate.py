"""`/evaluate` in a chat: a file with labels, judged by a real network."""

import csv
from io import StringIO
from pathlib import Path
from threading import Thread, current_thread
from typing import Any

import pytest

from handlers import evaluate as evaluate_module
from handlers.evaluate import evaluate, press
from handlers.messages import Quoted, Reply
from handlers.uploads import offer
from handlers.uploads import press as press_upload
from tests.handlers.conftest import Talk, labels_of, make_model, publish_model

GOOD = "What a lovely surprise, thank you!"
BAD = "This is terrible and I hate it."
FILE = f'label,text\ngood,"{GOOD}"\ngood,{BAD}\nbad,{BAD}\nbad,"I hate this, it is awful"\n'.encode()


@pytest.fixture
async def spam(talk: Talk, tmp_path: Path) -> Talk:
    """A chat with a trained model of the labels bad, meh, good."""
    await publish_model(talk, tmp_path / "model")
    return talk


def sent(talk: Talk) -> list[Reply]:
    return [talk.outbox.messages[message] for _, message in talk.outbox.order]


async def test_a_file_is_judged_with_a_picture_and_a_table(spam: Talk) -> None:
    await spam.say(evaluate, "spam", document=spam.upload(FILE, "x.csv"))
    answer, table = sent(spam)
    assert answer.photo is not None
    assert answer.photo.startswith(b"\x89PNG")
    lines = answer.text.split("\n")
    assert lines[0] == "spam v1 on 4 rows:"
    assert lines[1].startswith("accuracy 75 %, precision ")
    assert "· bad: precision 66.7 %, recall 100 %, F1 80 % (n = 2)" in lines
    assert "· good: precision 100 %, recall 50 %, F1 66.7 % (n = 2)" in lines
    assert table.document is not None
    assert table.document.name == "spam-v1-evaluation.csv"
    rows = list(csv.reader(StringIO(table.document.content.decode("utf-8-sig"), newline="")))
    assert rows[0][:6] == ["label", "precision", "recall", "f1", "n", "roc_auc"]
    assert rows[1][:5] == ["bad", "0.6667", "1.0000", "0.8000", "2"]
    assert rows[1][-3:] == ["2", "0", "0"]
    assert rows[-1] == ["accuracy", "0.7500"]


async def test_the_only_trained_model_may_go_unnamed_and_the_file_be_replied_to(spam: Talk) -> None:
    document = spam.upload(FILE, "x.csv")
    await spam.say(evaluate, quoted=Quoted(5, document=document))
    assert sent(spam)[0].text.startswith("spam v1 on 4 rows:")


async def test_the_shipped_model_is_judged_by_its_own_labels(talk: Talk) -> None:
    document = talk.upload(f"label,text\npositive,{BAD}\nnegative,{BAD}\n".encode(), "x.csv")
    await talk.say(evaluate, "sentiment", document=document)
    assert "accuracy 50 %" in sent(talk)[0].text


async def test_without_a_file_one_is_asked_for_and_taken(spam: Talk) -> None:
    asked = await spam.say(evaluate, "spam")
    assert asked.text.startswith("Send me a CSV with a label and a text a row")
    await spam.say(offer, document=spam.upload(FILE, "x.csv"))
    assert sent(spam)[1].text.startswith("spam v1 on 4 rows:")
    assert spam.session.question is None


async def test_the_question_can_be_closed(spam: Talk) -> None:
    await spam.say(evaluate, "spam")
    assert (await spam.press_labelled(press, "Cancel")).text == "Cancelled."
    assert spam.session.question is None


async def test_an_upload_offers_it_and_asks_for_the_model(spam: Talk) -> None:
    await spam.say(offer, document=spam.upload(FILE, "x.csv"))
    asked = await spam.press_labelled(press_upload, "Judge a model")
    assert labels_of(asked) == ["spam", "sentiment"]
    await spam.press_labelled(press, "spam")
    assert "spam v1 on 4 rows:" in sent(spam)[-2].text


async def test_a_label_is_no_formula_in_the_table(spam: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    from handlers.judgement import table
    from handlers.texts import Texts
    from ml.evaluate import judge

    figures = judge(["=1+1", "b"], ["b"], ["b"], [[0.1, 0.9]]).to_dict()
    assert "'=1+1" in table(figures, "spam", Texts()).decode("utf-8-sig")


async def test_an_unknown_model_gets_the_nearest_as_buttons(spam: Talk) -> None:
    said = await spam.say(evaluate, "spma", document=spam.upload(FILE, "x.csv"))
    assert labels_of(said)[0] == "spam"


async def test_rows_that_cannot_be_read_are_counted(spam: Talk) -> None:
    await spam.say(evaluate, "spam", document=spam.upload(FILE + b"nosuch,text\n", "x.csv"))
    assert sent(spam)[0].text.endswith("1 row could not be read.")


async def test_a_file_without_the_models_labels_is_refused(spam: Talk) -> None:
    said = await spam.say(evaluate, "spam", document=spam.upload(b"label,text\nx,one\ny,two\n", "x.csv"))
    assert said.text.startswith("No column of this file holds a label of the model (bad, meh, good).")


async def test_a_file_without_a_row_that_can_be_read_is_refused(spam: Talk) -> None:
    said = await spam.say(evaluate, "spam", document=spam.upload(b"label,text\nfoo,bar\ngood,\n", "x.csv"))
    assert said.text == "Row 2 of this file cannot be read. It holds: foo"


async def test_where_there_is_no_model_the_shipped_one_is_judged(talk: Talk) -> None:
    assert "how well “sentiment” does" in (await talk.say(evaluate)).text
    await talk.say(offer, document=talk.upload(f"label,text\nnegative,{BAD}\n".encode(), "x.csv"))
    assert "accuracy 100 %" in sent(talk)[1].text


async def test_a_model_that_is_not_trained_says_so_instead_of_asking_for_a_file(talk: Talk) -> None:
    await make_model(talk)
    untrained = "“spam” is not trained yet. Teach it some examples and train it."
    for args in ("spam", ""):
        said = await talk.say(evaluate, args)
        assert (said.text, labels_of(said)) == (untrained, ["Teach", "Train"])
    assert talk.session.question is None
    await make_model(talk, "mood", ("bad", "good"))
    said = await talk.say(evaluate)
    assert said.text.startswith("No model of yours is trained yet: /train does that.")
    assert labels_of(said) == ["sentiment"]


async def test_a_model_that_was_withdrawn_since_its_file_was_asked_for_is_to_be_trained(talk: Talk) -> None:
    await make_model(talk, "spam", ("bad", "good"))  # no version answers
    talk.session.question = {"ask": "evaluate", "model": "spam"}
    said = await talk.say(offer, document=talk.upload(FILE, "x.csv"))
    assert said.text == "“spam” is not trained yet. Teach it some examples and train it."


async def test_too_many_rows_are_refused(spam: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate_module, "MOST_ROWS", 2)
    said = await spam.say(evaluate, "spam", document=spam.upload(FILE, "x.csv"))
    assert said.text == "This file has 4 rows, and I judge by up to 2 at once. Send it in parts."


async def test_the_comparison_keeps_nobody_else_waiting(spam: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[Thread] = []
    compare = evaluate_module._compared

    def noted(*args: Any) -> Any:
        threads.append(current_thread())
        return compare(*args)

    monkeypatch.setattr(evaluate_module, "_compared", noted)
    await spam.say(evaluate, "spam", document=spam.upload(FILE, "x.csv"))
    assert threads
    assert current_thread() not in threads


async def test_in_chinese(spam: Talk) -> None:
    spam.language = "zh"
    await spam.say(evaluate, "spam", document=spam.upload(FILE, "x.csv"))
    assert sent(spam)[0].text.startswith("spam v1，4 行：")
