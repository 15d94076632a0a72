"""Pictures come from a process of their own, which may die, and never keep anybody waiting."""

import asyncio
import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from ml import drawings
from ml.date_axis import dated
from ml.plots import PlotError, Plotter

PNG = b"\x89PNG\r\n\x1a\n"
CURVE = {
    "x": [0, 1, 2, 3],
    "mean": [0, 1, 2, 3],
    "mean_low": [-1, 0.5, 1.5, 2],
    "mean_high": [1, 1.5, 2.5, 4],
    "low": [-2, -1, 0, 1],
    "high": [2, 3, 4, 5],
}
POINTS = {"x": [0, 1, 2, 3], "y": [0.1, 0.9, 2.2, 2.8]}
FIT = {
    "title": "y = x + 0",
    "subtitle": "R² 0.98",
    "x_label": "x",
    "y_label": "y",
    "points": POINTS,
    "curve": CURVE,
    "legend": {"mean": "95 % of the curve", "new": "95 % of new points"},
    "outliers": [{"x": 2, "y": 2.2, "label": "row 3"}],
    "prediction": {"x": 2.5, "y": 2.5, "low": 1, "high": 4, "label": "2.5"},
}
CHINESE = {
    **FIT,
    "title": "体重 = 0.8·身高 - 72",
    "subtitle": "R² 0.98 · n = 4 · 标准差 0.2",
    "x_label": "身高（厘米）、繁體、ひらがな、한국어",
    "y_label": "体重（公斤）",
    "legend": {"mean": "曲线的 95 % 区间", "new": "新数据点的 95 % 区间"},
    "outliers": [{"x": 2, "y": 2.2, "label": "第 3 行"}],
}
CORNERS = {"x": [0, 0.2, 1], "y": [0, 0.9, 1], "area": 0.85}
JUDGEMENT = {
    "title": "垃圾 v2",
    "subtitle": "accuracy 90 %",
    "names": ["好", "bad", "a label of some length"],
    "counts": [[5, 1, 0], [0, 9, 0], [0, 0, 0]],
    "roc": [CORNERS, CORNERS, None],
    "precision_recall": [CORNERS, CORNERS, None],
    "words": {
        "truth": "真实",
        "predicted": "预测",
        "roc": {"title": "ROC", "x": "x", "y": "y"},
        "precision_recall": {"title": "PR", "x": "x", "y": "y"},
    },
}
EVERY = {
    "fit": FIT,
    "observed": {**FIT, "x_label": "fitted"},
    "residuals": {**FIT, "spread": 0.2, "band": "± 2 σ"},
    "bars": {"title": "b", "names": ["好", "bad"], "values": [0.2, 0.9], "words": ["20 %", "90 %"]},
    "judgement": JUDGEMENT,
    "confusion": {"title": "c", "names": ["好", "bad"], "counts": [[5, 1], [0, 9]]},
}


@pytest.fixture
async def plotter():  # type: ignore[no-untyped-def]
    plotter = Plotter()
    await plotter.start()
    yield plotter
    await plotter.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", sorted(EVERY))
def test_every_picture_is_a_png_made_for_a_phone(name: str, theme: str) -> None:
    content = drawings.draw(name, {**EVERY[name], "theme": theme})
    assert content.startswith(PNG)
    width, height = (int.from_bytes(content[place : place + 4]) for place in (16, 20))
    assert (width, height) == (1280, 960)


@pytest.mark.parametrize("payload", [FIT, CHINESE])
def test_no_letter_is_missing_from_a_picture(payload: dict[str, object]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of a glyph that no font has
        drawings.draw("fit", payload)


def test_a_letter_that_no_font_has_would_be_noticed() -> None:
    with pytest.warns(UserWarning, match="missing from font"):
        drawings.draw("fit", {**FIT, "title": "\U00012000"})


@pytest.mark.parametrize(
    ("days", "seen"),
    [
        ([0, 40, 250], ("2024", "07-01")),
        ([0, 0.3, 1.1], ("12:00", "01-02")),
        ([0, 2000, 8400], ("2000", "2016")),
    ],
)
def test_an_axis_of_dates_is_marked_where_years_months_or_hours_begin(
    days: list[float], seen: tuple[str, ...]
) -> None:
    figure = Figure()
    payload = {**FIT, "x_origin": "2024-01-01" if days[2] < 2000 else "2001-01-01", "outliers": []}
    payload |= {"prediction": None, "points": {"x": days, "y": [1, 2, 3]}}
    payload["curve"] = dict.fromkeys(CURVE, days)
    drawings.fit(figure, dated(payload), drawings.LIGHT)
    figure.canvas.draw()
    axis = figure.axes[0].xaxis
    words = [label.get_text() for label in axis.get_ticklabels()] + [axis.get_offset_text().get_text()]
    assert set(seen) <= set(words)


def test_a_name_with_dollar_signs_is_no_formula() -> None:
    assert drawings.draw("fit", {**FIT, "x_label": "$x_{$", "title": r"y = \frac{"}).startswith(PNG)


async def test_the_side_process_draws_dies_and_comes_back(plotter: Plotter) -> None:
    assert (await plotter.draw("fit", CHINESE)).startswith(PNG)
    first = plotter.pid
    assert first is not None
    assert (await plotter.draw("residuals", EVERY["residuals"])).startswith(PNG)
    assert plotter.pid == first
    os.kill(first, signal.SIGKILL)
    assert (await plotter.draw("fit", FIT)).startswith(PNG)
    assert plotter.pid != first


async def test_a_picture_that_fails_leaves_the_process_alive(plotter: Plotter) -> None:
    with pytest.raises(PlotError, match="KeyError"):
        await plotter.draw("nothing", {})
    first = plotter.pid
    with pytest.raises(PlotError, match="KeyError in fit"):
        await plotter.draw("fit", {"title": "secret of a user"})
    assert plotter.pid == first
    assert (await plotter.draw("fit", FIT)).startswith(PNG)


async def test_a_cancelled_picture_is_not_taken_for_the_next_one(plotter: Plotter) -> None:
    await plotter.draw("fit", FIT)
    task = asyncio.create_task(plotter.draw("fit", FIT))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    bars = await plotter.draw("bars", EVERY["bars"])
    assert bars == drawings.draw("bars", EVERY["bars"])


async def test_the_event_loop_stays_free_while_pictures_are_drawn(plotter: Plotter) -> None:
    await plotter.draw("fit", FIT)
    drawing = asyncio.gather(*(plotter.draw("fit", FIT) for _ in range(4)))
    turns = 0
    while not drawing.done():
        await asyncio.sleep(0.005)
        turns += 1
    assert all(picture.startswith(PNG) for picture in await drawing)
    assert turns > 8  # were they drawn here, there would be one for each picture


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_the_side_process_dies_with_a_bot_that_is_killed() -> None:
    program = (
        "import asyncio, os\n"
        "from ml.plots import Plotter\n"
        "async def main():\n"
        "    plotter = Plotter()\n"
        "    await plotter.draw('bars', {'names': [], 'values': [], 'words': []})\n"
        "    print(plotter.pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as bot:
        assert bot.stdout is not None
        child = int(bot.stdout.readline())
        bot.kill()
        bot.wait(10)
    for _ in range(100):
        if not _alive(child):
            return
        time.sleep(0.05)
    raise AssertionError("the drawing process outlived its bot")


def _alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] not in {"Z", "X"}


def test_the_side_process_loads_no_tensorflow() -> None:
    program = (
        "import sys, ml.drawing_process, ml.drawings; print([m for m in sys.modules if m in "
        + repr(["tensorflow", "keras", "torch", "sklearn"])
        + "])"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert said.stdout.strip() == "[]"


def test_the_bot_s_side_loads_no_matplotlib() -> None:
    program = "import sys, ml.plots; print('matplotlib' in sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert said.stdout.strip() == "False"
