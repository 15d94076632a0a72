"""`/export` in a chat: what is stored, as a ZIP that can be read back."""

import csv
import io
import json
import zipfile
from pathlib import Path

from handlers.export import export, press
from handlers.messages import Reply
from handlers.models import models
from handlers.sentiment import sentiment
from ml.samples import Sample
from tests.handlers.conftest import ANNA, BEN, Talk, labels_of, make_model, publish_model, teach_enough


def opened(reply: Reply) -> dict[str, bytes]:
    assert reply.document is not None
    with zipfile.ZipFile(io.BytesIO(reply.document.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def test_a_model_is_exported_with_its_examples_and_files(talk: Talk, tmp_path: Path) -> None:
    await publish_model(talk, tmp_path / "model")
    samples = [Sample("=1+1", "bad"), Sample("好, 很好", "good")]
    await talk.services.examples.add(talk.owner, "spam", samples, ANNA.id)
    said = await talk.say(export, "spam")
    assert said.text == "spam: 2 examples, v1"
    found = opened(said)
    assert {"model.json", "examples.csv", "v1/model.onnx", "v1/manifest.json"} <= set(found)
    assert "v1/weights.npz" not in found
    rows = list(csv.reader(io.StringIO(found["examples.csv"].decode("utf-8-sig"), newline="")))
    assert rows == [["label", "text"], ["bad", "'=1+1"], ["good", "好, 很好"]]


async def test_the_button_on_the_card_exports_too(talk: Talk, tmp_path: Path) -> None:
    await publish_model(talk, tmp_path / "model")
    await talk.say(models, "spam")
    assert "model.json" in opened(await talk.press_labelled(press, "Export"))


async def test_an_untrained_model_has_its_examples(talk: Talk) -> None:
    await make_model(talk)
    await teach_enough(talk)
    said = await talk.say(export, "spam")
    assert said.text == "spam: 16 examples, not trained yet"
    assert set(opened(said)) == {"model.json", "examples.csv"}


async def test_in_a_group_only_the_maker_exports(group: Talk) -> None:
    await make_model(group)
    said = await group.say(export, "spam", by=BEN)
    assert said.text == "Only the person who made this model can do that."


async def test_a_person_gets_everything_stored_of_them_from_every_chat(talk: Talk, group: Talk) -> None:
    await make_model(group)
    await group.services.examples.add(group.owner, "spam", [Sample("mine", "junk")], ANNA.id)
    await group.services.examples.add(group.owner, "spam", [Sample("theirs", "junk")], BEN.id)
    await talk.say(sentiment, "a text that I sent")
    said = await talk.say(export, "me")
    assert said.text == "All that is stored of you: 1 example, 1 text of the last 24 hours, your settings."
    found = opened(said)
    assert "mine" in found["examples/-100/spam.csv"].decode()
    assert "theirs" not in found["examples/-100/spam.csv"].decode()
    assert json.loads(found["stored.json"])["texts_of_the_last_24_hours"] == ["a text that I sent"]


async def test_nobody_else_reads_it(group: Talk) -> None:
    said = await group.say(export, "me")
    assert said.text == "Write /export me to me in private: nobody else should read it."


async def test_without_a_name_the_models_are_buttons(talk: Talk) -> None:
    await make_model(talk)
    assert labels_of(await talk.say(export)) == ["spam"]
