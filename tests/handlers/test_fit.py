"""`/fit` and `/predict` as people meet them: captions, buttons, pictures, sentences."""

import asyncio
import dataclasses
import json
from typing import Any

import pytest

from handlers.basics import plain, try_example
from handlers.context import Services
from handlers.fit import fit, predict, press
from handlers.fit_options import Options
from handlers.fit_pictures import fit_picture
from handlers.kept_fit import Source, fit_points
from handlers.messages import Document, Quoted, Reply
from handlers.points import parse_fit
from handlers.texts import Texts
from ml import drawings
from ml.plots import Plotter
from tests.handlers.conftest import Talk, data_of, labels_of

LINE = "1,2.1 2,3.9 3,6.2 4,7.8 5,10.1"
PNG = b"\x89PNG\r\n\x1a\n"


class NearPlotter(Plotter):
    """Draws the same pictures without the second that a process takes to start; it has its own tests."""

    async def draw(self, name: str, payload: dict[str, Any]) -> bytes:
        return await asyncio.to_thread(drawings.draw, name, json.loads(json.dumps(payload)))


@pytest.fixture
def talk(services: Services) -> Talk:
    return Talk(dataclasses.replace(services, plotter=NearPlotter()))


def buttons_of(reply: Reply) -> dict[str, str]:
    return {button.text: button.data or "" for row in reply.buttons for button in row}


async def test_points_become_a_photo_with_its_caption_and_buttons(talk: Talk) -> None:
    reply = await talk.say(fit, LINE)
    assert reply.photo is not None
    assert reply.photo.startswith(PNG)
    assert reply.text == "y = 1.99x + 0.05 · n = 5 · slope 1.99 [1.80, 2.18] 95 % · R² 0.997"
    assert labels_of(reply)[:2] == ["Predict", "Degree 2"]
    assert labels_of(reply)[2:] == ["Residuals", "Copy equation", "CSV"]
    copied = next(button.copy for row in reply.buttons for button in row if button.copy)
    assert copied == "y = 1.99x + 0.05"


async def test_the_article_s_points_give_y_equals_2x(talk: Talk) -> None:
    reply = await talk.say(fit, "(1, 2) (2, 4) (3, 6) (4, 8)")
    assert reply.text == "y = 2x + 0 · n = 4 · slope 2 [2, 2] 95 % · R² 1"


async def test_fit_alone_shows_an_example_and_buttons(talk: Talk) -> None:
    reply = await talk.say(fit)
    assert "/fit 1,2 2,4.1" in reply.text
    assert labels_of(reply) == ["Try this example", "Try a curve"]
    assert (await talk.press(try_example, "try:fit")).text.startswith("y = ")
    assert (await talk.press(press, "fit:try:poly2")).text.startswith("y = 0.9")


async def test_plain_number_pairs_are_fitted(talk: Talk) -> None:
    assert (await talk.say(plain, LINE)).text.startswith("y = 1.99x")


async def test_a_reply_to_a_table_fits_that_table(talk: Talk) -> None:
    reply = await talk.say(fit, "through0", quoted=Quoted(5, "1,2\n2,4\n3,6\n4,8.5"))
    assert reply.text.startswith("y = 2.0")
    assert "slope" in reply.text
    reply = await talk.say(fit, "poly2", quoted=Quoted(5, "/fit deg=3 1,1 2,4 3,9 4,16.5 5,25"))
    assert reply.text.startswith("y = 0.9643x² + 0.264x - 0.3 · n = 5")
    assert "x³" not in reply.text


async def test_a_reply_to_no_points_says_so(talk: Talk) -> None:
    reply = await talk.say(fit, quoted=Quoted(5, ""))
    assert "holds no points" in reply.text


async def test_a_file_is_fitted_by_caption_and_by_reply(talk: Talk) -> None:
    document = talk.upload("身高,体重\n160,55\n170,63.5\n180,72\n190,79\n".encode("gb18030"), "a.csv")
    reply = await talk.say(fit, "ci=90", document=document)
    assert reply.text.startswith("体重 = 0.80")
    assert "90 %" in reply.text
    again = await talk.say(fit, "", quoted=Quoted(4, "", document=document))
    assert again.text.startswith("体重 = 0.80")


async def test_a_file_over_20_mb_is_refused_before_it_is_fetched(talk: Talk) -> None:
    reply = await talk.say(fit, document=Document("nowhere", "big.csv", 30_000_000))
    assert reply.text == "This file is too large. I read files of up to 20 MB."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("abc\nx1", "Row 1, column 1, holds “abc”, which is no number. Correct or empty the cell."),
        ("abc", "There is no number in “abc”. Send points, for example:\n/fit 1,2 2,4.1 3,5.9"),
        (
            "1,2 2,4 3",
            "Row 3 has another number of cells than the others (1, not 2). It holds: 3. Correct",
        ),
        ("1,2 2,b", "Row 2, column y holds “b”, which is no number. Correct or empty the cell."),
        ("5,1;5,2;5,3", "Every x is 5. A slope needs at least two different values."),
        ("1,2", "This fit needs at least 3 points, and I read 1. Add points or choose a simpler curve."),
        ("log\n-1,2\n2,3\n3,4", "Row 1: x is -1. This curve needs every x above 0."),
        ("ridge lasso 1,2;2,3;3,5", "ridge and lasso do not go together. Leave one of them out."),
        ("exp deg=2 1,2;2,3;3,5;4,8", "exp/log/power and degree do not go together. Leave one of them out."),
        ("1\t2\t4\n2\t4\t5\n3\t6\t7\n4\t8\t8", "The columns before x2 already say what it says."),
        ("1,2\n2,inf\n3,4", "Row 2, column y holds “inf”. A fit needs finite numbers. Correct or empty"),
        ("deg=3 1,2;1,3;2,4;2,5;3,1", "This fit needs 4 different values of x, and there are 3."),
    ],
)
async def test_points_that_cannot_be_fitted_get_a_sentence(talk: Talk, text: str, said: str) -> None:
    assert said in (await talk.say(fit, text)).text


async def test_two_points_with_commas_may_be_decimals(talk: Talk) -> None:
    reply = await talk.say(fit, "1,5 2,7")
    assert "read as 2 points: (1, 5) (2, 7)" in reply.text
    assert labels_of(reply) == ["These are decimal commas"]
    reply = await talk.say(fit, "1,5 2,7\n2,5 4,1\n3,5 6,2")
    assert "read as 6 points" in reply.text
    reply = await talk.press_labelled(press, "These are decimal commas")
    assert "n = 3" in reply.text
    assert talk.outbox.order[-1][0] == "edit"


async def test_buttons_change_the_answer_in_place(talk: Talk) -> None:
    await talk.say(fit, "1,1 2,4.2 3,8.8 4,16.1 5,24.9 6,36.2")
    sent = talk.outbox.order[-1][1]
    reply = await talk.press_labelled(press, "Degree 2")
    assert "x²" in reply.text
    assert talk.outbox.order[-1] == ("edit", sent)
    reply = await talk.press_labelled(press, "Residuals")
    assert labels_of(reply) == ["Back to the curve"]
    assert "x²" in (await talk.press_labelled(press, "Back to the curve")).text
    assert "slope" in (await talk.press_labelled(press, "Line")).text


async def test_an_outlier_is_named_and_can_be_left_out(talk: Talk) -> None:
    points = "; ".join(f"{x},{2 * x + (x % 3) / 10 + (30 if x == 8 else 0):.1f}" for x in range(1, 13))
    reply = await talk.say(fit, points)
    assert "⚠ Row 8 lies far off the curve" in reply.text
    reply = await talk.press_labelled(press, "Without outlier")
    assert "n = 11" in reply.text
    assert "without 1 outlier" in reply.text
    assert "n = 12" in (await talk.press_labelled(press, "With all points")).text


async def test_an_outlier_behind_an_outlier_can_be_left_out_too(talk: Talk) -> None:
    far = {8: 300, 15: 20}
    points = "; ".join(f"{x},{2 * x + (x % 3) / 10 + far.get(x, 0):.1f}" for x in range(1, 21))
    await talk.say(fit, points)
    reply = await talk.press_labelled(press, "Without outlier")
    assert "⚠ Row 15 lies far off the curve" in reply.text
    reply = await talk.press_labelled(press, "Without outlier")
    assert "n = 18" in reply.text
    assert "without 2 outliers" in reply.text


async def test_a_dark_picture_is_asked_for_and_stays_dark(talk: Talk) -> None:
    light = (await talk.say(fit, LINE)).photo
    dark = (await talk.say(fit, f"theme=dark {LINE}")).photo
    assert light != dark
    again = (await talk.press_labelled(press, "Degree 2")).photo
    assert again is not None
    assert again != (await talk.say(fit, f"poly2 {LINE}")).photo
    assert "light or dark" in (await talk.say(fit, f"theme=pink {LINE}")).text


async def test_long_names_leave_the_title_of_the_picture_readable(talk: Talk) -> None:
    name = "the measured flow of the second pump in litres per minute"
    points = parse_fit(f"{name}\t{name} again\n1\t2\n2\t4.1\n3\t5.9")[1]
    assert points is not None
    kept = fit_points(points, Options(), Source())
    assert fit_picture(kept, points.data, Texts("en"))[1]["title"] == "y = 1.95x + 0.1"


async def test_the_table_comes_back_as_csv(talk: Talk) -> None:
    await talk.say(fit, LINE)
    reply = await talk.press_labelled(press, "CSV")
    assert reply.document is not None
    lines = reply.document.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "row,x,y,fitted,residual,mean_low,mean_high,low,high"
    assert lines[1].startswith("1,1.0,2.1,2.04,0.06,1.5744")
    assert len(lines) == 6


async def test_predict_knows_the_last_fit(talk: Talk) -> None:
    await talk.say(fit, LINE)
    assert (await talk.say(predict, "x=3")).text.startswith("x = 3: y = 6.02 [")
    reply = await talk.say(predict, "10")
    assert "⚠ Outside the data (x from 1 to 5)" in reply.text
    assert len((await talk.say(predict, "x=2, 3, 4")).text.splitlines()) == 3


async def test_predict_asks_where_no_value_stands(talk: Talk) -> None:
    await talk.say(fit, LINE)
    reply = await talk.press_labelled(press, "Predict")
    assert reply.text == "For which x? The data go from 1 to 5."
    assert talk.session.question == {"ask": "predict", "card": talk.outbox.order[-1][1]}
    assert labels_of(reply) == ["Cancel"]
    assert (await talk.say(predict, "4")).text.startswith("x = 4: y = 8.0")
    assert talk.session.question is None


async def test_predict_without_a_fit_says_so(talk: Talk) -> None:
    assert (await talk.say(predict, "x=10")).text.startswith(
        "There is no fit of yours here in the last 24 h."
    )


async def test_predict_after_points_without_a_curve_does_not_claim_that_none_were_sent(talk: Talk) -> None:
    await talk.say(fit, LINE)
    reply = await talk.say(fit, "1,2 1,3 1,4")
    assert labels_of(reply) == ["These are decimal commas"]
    assert (await talk.say(predict, "x=10")).text.startswith("No curve went through your last points")


async def test_predict_refuses_what_is_no_number(talk: Talk) -> None:
    await talk.say(fit, LINE)
    assert (await talk.say(predict, "soon")).text == "“soon” is no number. Write for example /predict x=10."


async def test_several_columns_are_predicted_by_name(talk: Talk) -> None:
    table = "a\tb\tout\n1\t2\t5\n2\t1\t4\n3\t5\t13\n4\t2\t8\n5\t7\t19"
    reply = await talk.say(fit, table)
    assert "out from a, b" in reply.text
    assert (await talk.say(predict, "a=2 b=3")).text.startswith("a = 2, b = 3: out = ")
    assert (await talk.say(predict, "2, 3")).text.startswith("a = 2, b = 3: out = ")
    assert "a=1 b=1" in (await talk.say(predict, "2")).text


async def test_dates_can_be_predicted(talk: Talk) -> None:
    await talk.say(fit, "2024-01-01\t5\n2024-01-02\t6\n2024-01-03\t7.5\n2024-01-04\t8")
    reply = await talk.say(predict, "x=2024-01-05")
    assert reply.text.startswith("x = 2024-01-05: y = 9.")
    assert "Outside the data (x from 2024-01-01 to 2024-01-04)" in reply.text
    question = await talk.say(predict)
    assert question.text == "For which x? The data go from 2024-01-01 to 2024-01-04."


async def test_the_session_outlives_a_restart_as_json(talk: Talk) -> None:
    await talk.say(fit, LINE)
    talk.session.fit = json.loads(json.dumps(talk.session.fit))
    assert "x²" in (await talk.press_labelled(press, "Degree 2")).text


async def test_a_kept_fit_predicts_with_every_digit(talk: Talk) -> None:
    """Here the terms are so much larger than their sum that doubles hold no digit of it."""

    def curve(x: int) -> int:
        return x * (x - 1001) * (x - 1003) * (x - 1006) * (x - 1007) * (x - 1008) * (x - 1011)

    points = " ".join(f"{x},{curve(x)}" for x in range(1000, 1012))
    await talk.say(fit, f"poly10 through0 {points}")
    talk.session.fit = json.loads(json.dumps(talk.session.fit))
    assert (await talk.say(predict, "1004")).text.startswith(f"x = 1004: y = {curve(1004)}")


async def test_a_button_of_an_older_fit_says_that_only_the_last_is_kept(talk: Talk) -> None:
    first = await talk.say(fit, LINE)
    await talk.say(fit, "1,1;2,2;3,4")
    reply = await talk.press(press, data_of(first, "Degree 2"))
    assert "I keep only the last one" in reply.text


async def test_another_model_of_the_same_points_needs_no_points(talk: Talk) -> None:
    await talk.say(fit, "1,1 2,4.2 3,8.8 4,16.1 5,24.9")
    assert "x²" in (await talk.say(fit, "poly2")).text


async def test_rows_with_an_empty_cell_are_counted(talk: Talk) -> None:
    reply = await talk.say(fit, "x\ty\n1\t2\n2\t\n3\t5\n4\t8\n5\t9")
    assert "1 row with an empty cell left out" in reply.text
    assert "n = 4" in reply.text


async def test_a_large_file_keeps_its_summary_only(talk: Talk) -> None:
    rows = "\n".join(f"{n},{2 * n + n % 7}" for n in range(5000))
    reply = await talk.say(fit, document=talk.upload(f"x,y\n{rows}\n".encode(), "big.csv"))
    assert labels_of(reply) == ["Predict", "Copy equation"]
    assert talk.session.fit is not None
    assert len(json.dumps(talk.session.fit)) < 5000
    assert (await talk.say(predict, "x=10")).text.startswith("x = 10: y = 2")


async def test_predict_as_an_option_is_answered_at_once(talk: Talk) -> None:
    reply = await talk.say(fit, f"predict=6 {LINE}")
    assert "x = 6: y = 11.99 [11.12, 12.86] 95 %" in reply.text
    assert reply.photo is not None


async def test_the_equation_never_breaks_the_caption(talk: Talk) -> None:
    points = "; ".join(f"{x / 3:.3f},{(x * 37 % 11) / 7:.3f}" for x in range(30))
    reply = await talk.say(fit, f"deg=10 {points}")
    assert len(reply.text) <= 1024
    copied = next(button.copy for row in reply.buttons for button in row if button.copy)
    assert len(copied) <= 256
    assert "+ -" not in reply.text
