"""`/probe` in a chat: what swapping who a sentence is about does to a real network."""

from pathlib import Path

from handlers.models import models, press
from handlers.probe import press as press_probe
from handlers.probe import probe
from tests.handlers.conftest import Talk, labels_of, publish_model


async def test_the_largest_change_is_told_with_its_two_sentences(talk: Talk) -> None:
    said = (await talk.say(probe)).text.split("\n")
    assert said[0].startswith("sentiment: swapping ")
    assert said[1].startswith("“")
    assert said[2].startswith("than for “")
    assert sum(line.startswith("· ") for line in said) == 6  # three groups in two languages


async def test_a_model_of_the_chat_is_probed_from_its_card(talk: Talk, tmp_path: Path) -> None:
    await publish_model(talk, tmp_path / "model")
    assert (await talk.say(probe)).text.startswith("spam: swapping ")  # the only one here
    await publish_model(talk, tmp_path / "another", "another")
    assert set(labels_of(await talk.say(probe))) == {"spam", "another", "sentiment"}
    assert (await talk.press_labelled(press_probe, "spam")).text.startswith("spam: swapping ")
    await talk.say(models, "spam")
    said = await talk.press_labelled(press_probe, "Probe")
    assert said.text.startswith("spam: swapping ")
    assert (await talk.press_labelled(press, "The model")).text.startswith("spam: bad, meh, good")


async def test_a_group_gets_the_short_answer(group: Talk) -> None:
    assert len((await group.say(probe)).text.split("\n")) == 4


async def test_an_unknown_model_gets_the_nearest_as_buttons(talk: Talk) -> None:
    assert labels_of(await talk.say(probe, "sentimant")) == ["sentiment"]


async def test_in_chinese(talk: Talk) -> None:
    talk.language = "zh"
    assert (await talk.say(probe)).text.startswith("sentiment：")
