"""How sentences are put together in each language: lists, colons, blanks, examples, figures."""

from dataclasses import replace

import pytest

from handlers import COMMANDS
from handlers.basics import help_card, show_help
from handlers.errors import Refusal
from handlers.fit import fit
from handlers.model_cards import ModelFacts, model_card
from handlers.point_files import read_table
from handlers.points import parse_fit
from handlers.teach import teach
from handlers.texts import Texts
from handlers.train_card import progress_card, queued_card
from ml.job_records import Job, Progress, TrainRequest
from tests.handlers.conftest import Talk, make_model, metrics

EN, ZH = Texts("en"), Texts("zh")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("abc", "“abc”里没有数字。请发送一些点，例如：\n/fit 1,2 2,4.1 3,5.9"),
        ("abc\nx1", "第 1 行、第 1 列的内容是“abc”，不是数字。请改正或清空这个单元格。"),
        ("1,2 2,nan 3,4", "第 2 行、y 列的内容是“nan”。拟合需要有限的数字。请改正或清空这个单元格。"),
        (
            "1,2 2,4 3",
            "第 3 行的单元格数和其他行不同（1 个，不是 2 个）。它的内容是：3。请改正或去掉这一行。",
        ),
    ],
)
def test_a_table_is_refused_in_chinese_with_the_place_and_what_to_do(text: str, said: str) -> None:
    with pytest.raises(Refusal) as refusal:
        parse_fit(text)
    assert refusal.value.words(ZH) == said


def test_a_file_of_too_many_rows_hears_how_many_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.point_files.MOST_ROWS", 3)
    with pytest.raises(Refusal) as refusal:
        read_table("1,2\n" * 5, parse_fit("deg=1")[0])
    assert refusal.value.words(EN) == (
        "This file has 5 lines, and I read up to 3 rows. Send fewer, for example every second."
    )
    assert refusal.value.words(ZH) == "这个文件有 5 行，我最多读 3 行。请少发一些，比如每两行取一行。"


async def test_a_file_without_labels_is_shown_the_layout(talk: Talk) -> None:
    await make_model(talk, "垃圾", ("广告", "正常"))
    talk.language = "zh"
    said = await talk.say(teach, "垃圾", document=talk.upload(b"a,b\nc,d\n", "x.csv"))
    assert said.text == (
        "这个文件没有哪一列是这个模型的标签（广告、正常）。第 1 行是：a b。"
        "请每行写一个标签和一段文字，例如：\n广告,六点见"
    )


async def test_the_examples_of_a_lesson_are_shown_as_chinese_people_type_them(talk: Talk) -> None:
    await make_model(talk, "垃圾", ("广告", "正常"))
    talk.language = "zh"
    assert "\n广告：一段示例文字\n正常：" in (await talk.say(teach, "垃圾")).text
    said = await talk.say(teach, "垃圾\n广告：一段例子\n正常：六点见")
    assert said.text.startswith("已收下 2 个新例子。")


async def test_a_word_after_fit_is_shown_an_example(talk: Talk) -> None:
    assert (await talk.say(fit, "hello there")).text.startswith("There is no number in “hello there”.")


async def test_help_of_nothing_lists_what_a_private_chat_offers(talk: Talk) -> None:
    talk.services = replace(talk.services, commands=COMMANDS)
    whole = (await talk.say(show_help)).text
    assert "/fit – " in whole
    assert "/tagging – " not in whole
    assert (await talk.say(show_help, "nonsense")).text == whole
    assert (await talk.say(show_help, "/tagging")).text.startswith("/tagging, 标记")


def test_help_lists_the_options_and_in_chinese_the_chinese_word() -> None:
    page = help_card(COMMANDS, "fit", EN, private=True).text
    for option in ("poly2", "ci=", "x=", "weights=", "through0", "robust", "ridge", "lasso", "predict="):
        assert f"\n{option}" in page or f" {option}" in page
    chinese = help_card(COMMANDS, "拟合", ZH, private=True).text
    assert "\n拟合 1,2 2,4.1 3,5.9\n拟合 poly2" in chinese
    assert "\n选项：\n" in chinese
    assert "epochs=" in help_card(COMMANDS, "train", EN, private=True).text


def test_chinese_has_wide_signs_and_no_stray_blanks() -> None:
    request = TrainRequest("7", "垃圾", 7, 7)
    job = Job("abc234", request, "queued", 1, 8.0, 5, "queued", 0.0)
    assert queued_card(job, ZH, workers=1).text == "“垃圾”已进入队列，排第 1 位。大约 8 秒后训练完成。"
    assert progress_card(Progress("abc234", "judging"), "垃圾", ZH).text.startswith("垃圾：")
    assert model_card(ModelFacts("垃圾", ("广告", "正常")), ZH, private=True).text.startswith(
        "垃圾：广告、正常\n"
    )


def test_a_card_tells_both_parts_of_the_examples_and_dates_a_version_once() -> None:
    measured = metrics(("a", "b")) | {"n_train": 1040, "n_held_out": 10}
    manifest = {"version": "v1", "created": "2026-11-24T05:06:56+00:00", "samples": 1050, "metrics": measured}
    card = model_card(ModelFacts("spam", ("a", "b"), manifest=manifest), EN, private=True).text
    assert "Trained on 1,040 of 1,050 examples, judged on the other 10" in card
    assert "Live version: v1 of 2026-11-24" in card
    card = model_card(ModelFacts("spam", ("a", "b"), manifest=manifest), ZH, private=True).text
    assert "共 1,050 个例子：用 1,040 个训练，用另外 10 个评测" in card
    shipped = {"version": "2026.11.24", "created": "2026-11-24T05:06:56+00:00", "samples": 356090}
    card = model_card(ModelFacts("sentiment", ("a", "b"), manifest=shipped), EN, private=True).text
    assert "Live version: 2026.11.24\n" in card
    assert "356,090 examples" in card
