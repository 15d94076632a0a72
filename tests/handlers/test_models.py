"""`/new` and `/models` in a chat."""

from dataclasses import replace
from pathlib import Path

from handlers import classify, models
from handlers.basics import press_cancel
from handlers.messages import Document
from handlers.model_names import model_key
from ml.jobs import TrainRequest
from ml.quotas import Quotas
from ml.registry import ModelEntry
from tests.handlers.conftest import (
    ANNA,
    BEN,
    Talk,
    data_of,
    labels_of,
    make_model,
    publish_model,
    teach_enough,
)

KEY = model_key("spam")


async def entry(talk: Talk, name: str = "spam") -> ModelEntry:
    found = await talk.services.registry.get(talk.owner, name)
    assert found is not None
    return found


async def test_new_makes_a_model_and_says_what_it_needs(talk: Talk) -> None:
    said = await talk.say(models.new, "spam junk fine")
    assert (await entry(talk)).labels == ("junk", "fine")
    assert (await entry(talk)).created_by == ANNA.id
    assert said.text.startswith("“spam” is ready to learn: junk, fine.")
    assert "at least 8 examples" in said.text
    assert labels_of(said) == ["Teach", "With a CSV"]


async def test_new_alone_asks_and_takes_the_answer(talk: Talk) -> None:
    said = await talk.say(models.new)
    assert "for example:\nspam junk fine" in said.text
    await talk.say(models.answer_new, "mood happy sad")
    assert (await entry(talk, "mood")).labels == ("happy", "sad")
    assert talk.session.question is None


async def test_new_with_a_name_alone_asks_for_the_labels(talk: Talk) -> None:
    said = await talk.say(models.new, "mood")
    assert said.text.startswith("Which labels shall “mood” tell apart?")
    await talk.say(models.answer_new, "happy, sad")
    assert (await entry(talk, "mood")).labels == ("happy", "sad")


async def test_a_refused_answer_leaves_the_question_open(talk: Talk) -> None:
    await talk.say(models.new, "mood")
    said = await talk.say(models.answer_new, "happy")
    assert said.text.startswith("One label alone")
    await talk.say(models.answer_new, "happy sad")
    assert (await entry(talk, "mood")).labels == ("happy", "sad")


async def test_a_taken_name_is_offered_to_be_taught_or_changed(talk: Talk) -> None:
    await make_model(talk)
    said = await talk.say(models.new, "Spam good bad")
    assert said.text.startswith("There is a model “spam” here already, with the labels junk, fine.")
    assert data_of(said, "Teach spam") == f"teach:{KEY}"
    asked = await talk.press_labelled(models.press_new, "Another name")
    assert asked.text == "What shall the model for good, bad be called? Send one word."
    await talk.say(models.answer_new, "taste")
    assert (await entry(talk, "taste")).labels == ("good", "bad")


async def test_the_question_of_new_can_be_closed(talk: Talk) -> None:
    await talk.say(models.new)
    said = await talk.press_labelled(press_cancel, "Cancel")
    assert said.text == "Cancelled."
    assert talk.session.question is None


async def test_two_chats_have_models_of_one_name(talk: Talk, group: Talk) -> None:
    await talk.say(models.new, "spam junk fine")
    said = await group.say(models.new, "spam good bad")
    assert said.text == "“spam” is ready to learn: good, bad."  # short in a group
    assert (await entry(talk)).labels == ("junk", "fine")


async def test_an_empty_list_says_how_to_make_a_model(talk: Talk) -> None:
    said = await talk.say(models.models)
    assert "/new spam junk fine" in said.text
    assert labels_of(said) == ["sentiment", "New model"]


async def test_the_list_tells_examples_and_live_versions(talk: Talk, tmp_path: Path) -> None:
    await publish_model(talk, tmp_path / "model", "taste")
    await make_model(talk)
    await teach_enough(talk)
    said = await talk.say(models.models)
    assert "· taste – 0 examples, live: v1 · used here" in said.text
    assert "· spam – 16 examples, not trained yet" in said.text
    assert said.text.endswith("· sentiment – came with me")


async def test_the_card_tells_labels_counts_version_and_figures(talk: Talk, tmp_path: Path) -> None:
    await publish_model(talk, tmp_path / "model")
    said = await talk.say(models.models, "SPAM")
    assert said.text.startswith(
        "spam: bad, meh, good\nExamples: bad 0 · meh 0 · good 0 – 0 in all\nLive version: v1 of "
    )
    assert "accuracy 90 %, precision 90 %, recall 90 %, F1 90 %" in said.text
    assert " MB" in said.text
    assert labels_of(said) == [
        "✓ Used here",
        "Try it",
        "Probe",
        "Teach",
        "Train",
        "Share",
        "Export",
        "Roll back",
        "Delete",
    ]


async def test_the_card_of_a_new_model_offers_no_use_of_it(talk: Talk) -> None:
    await make_model(talk)
    said = await talk.say(models.models, "spam")
    assert "Not trained yet." in said.text
    assert labels_of(said) == ["Teach", "Train", "Export", "Delete"]


async def test_the_card_of_the_shipped_model_cannot_be_deleted(talk: Talk) -> None:
    said = await talk.say(models.models, "sentiment")
    assert said.text.startswith("sentiment: negative, neutral, positive")
    assert labels_of(said) == ["✓ Used here", "Try it", "Picture", "Probe"]
    assert (await talk.press_labelled(models.press, "Picture")).photo is not None


async def test_the_tones_of_the_shipped_model_are_told_in_the_readers_language(talk: Talk) -> None:
    talk.language = "zh"
    lines = (await talk.say(models.models, "sentiment")).text.split("\n")
    assert lines[0] == "sentiment：消极、中性、积极"
    assert next(line for line in lines if line.startswith("最常混淆")).startswith(
        "最常混淆：“中性”被判为“消极”"
    )


async def test_a_group_gets_a_shorter_card(group: Talk, talk: Talk, tmp_path: Path) -> None:
    await publish_model(group, tmp_path / "one")
    await publish_model(talk, tmp_path / "two")
    short, long = await group.say(models.models, "spam"), await talk.say(models.models, "spam")
    assert len(short.text.split("\n")) < len(long.text.split("\n"))


async def test_an_unknown_name_gets_the_nearest_as_buttons(talk: Talk) -> None:
    for name in ("spam", "mood", "taste", "topic"):
        await make_model(talk, name)
    said = await talk.say(models.models, "spma")
    assert said.text == "There is no model “spma” here. Did you mean one of these?"
    assert labels_of(said)[0] == "spam"
    assert len(labels_of(said)) == 3
    card = await talk.press_labelled(models.press, "spam")
    assert card.text.startswith("spam: junk, fine")


async def test_use_here_lasts_in_private(talk: Talk, tmp_path: Path) -> None:
    await publish_model(talk, tmp_path / "model")
    await publish_model(talk, tmp_path / "other", "other")
    await talk.say(models.models, "spam")
    await talk.press_labelled(models.press_use, "Use here")
    assert talk.settings.model == "spam"
    assert talk.notice == "/classify without a name now uses “spam” here."
    said = await talk.say(classify.classify, "what a lovely day")
    assert "by spam v1" in said.text


async def test_use_here_of_the_shipped_model_goes_before_the_only_one_trained(
    talk: Talk, tmp_path: Path
) -> None:
    await publish_model(talk, tmp_path / "model")
    await talk.say(models.models, "sentiment")
    await talk.press_labelled(models.press_use, "Use here")
    said = await talk.say(classify.classify, "what a lovely day")
    assert "by sentiment" in said.text
    assert labels_of(await talk.say(models.models, "sentiment"))[0] == "✓ Used here"


async def test_use_here_in_a_group_is_for_the_person_alone(group: Talk, tmp_path: Path) -> None:
    await publish_model(group, tmp_path / "model")
    await publish_model(group, tmp_path / "other", "other")
    await group.say(models.models, "spam")
    await group.press_labelled(models.press_use, "Use here")
    assert group.settings.model is None
    assert group.session.model == "spam"


async def test_try_asks_for_a_text_and_classifies_it(talk: Talk, tmp_path: Path) -> None:
    labels = await publish_model(talk, tmp_path / "model")
    await talk.say(models.models, "spam")
    asked = await talk.press_labelled(models.press, "Try it")
    assert asked.text == "Send me a text, and I say what “spam” makes of it."
    said = await talk.say(classify.answer, "What a lovely surprise, thank you!")
    assert said.text.startswith(labels[2])
    assert talk.session.question is None


async def test_delete_asks_first_and_takes_everything(talk: Talk, tmp_path: Path) -> None:
    await publish_model(talk, tmp_path / "model")
    await teach_enough(talk, "spam", ("bad", "good"))
    talk.settings.model = "spam"
    await talk.say(models.models, "spam")
    asked = await talk.press_labelled(models.press, "Delete")
    assert asked.text == "Delete “spam” with 16 examples and 1 trained version? This cannot be undone."
    assert await talk.services.registry.get(talk.owner, "spam") is not None
    said = await talk.press_labelled(models.press, "Delete it")
    assert said.text == "“spam” is deleted, with its examples and versions."
    assert await talk.services.registry.get(talk.owner, "spam") is None
    assert await talk.services.examples.counts(talk.owner, "spam") == {}
    assert talk.services.store.versions(talk.owner, "spam") == []
    assert talk.settings.model is None


async def test_keep_it_shows_the_card_again(talk: Talk) -> None:
    await make_model(talk)
    await talk.say(models.models, "spam")
    await talk.press_labelled(models.press, "Delete")
    said = await talk.press_labelled(models.press, "Keep it")
    assert said.text.startswith("spam: junk, fine")


async def test_in_a_group_only_its_maker_deletes_a_model(group: Talk) -> None:
    await make_model(group)
    said = await group.press(models.press, f"model:{KEY}:gone", on=1, by=BEN)
    assert said.text == "Only the person who made this model can delete it."
    assert await group.services.registry.get(group.owner, "spam") is not None


async def test_a_model_in_training_is_not_deleted(talk: Talk) -> None:
    await make_model(talk)
    await teach_enough(talk)
    await talk.services.jobs.submit(TrainRequest(talk.owner, "spam", ANNA.id, ANNA.id))
    said = await talk.press(models.press, f"model:{KEY}:gone", on=1)
    assert said.text.startswith("“spam” is being trained.")


async def test_a_new_command_forgets_the_file_of_an_open_question(talk: Talk) -> None:
    document = talk.upload(b"a,one\nb,two\n", "x.csv")
    talk.session.question = {"ask": "new", "labels": ["a", "b"], "document": {"file_id": document.file_id}}
    await talk.say(models.new, "other a b")
    assert await talk.services.examples.counts(talk.owner, "other") == {}


async def test_a_model_of_a_file_is_taught_from_it(talk: Talk) -> None:
    document = talk.upload(b"a,one\nb,two\n", "x.csv")
    talk.session.question = {"ask": "new", "labels": ["a", "b"], "document": vars_of(document)}
    said = await talk.say(models.answer_new, "letters")
    assert await talk.services.examples.counts(talk.owner, "letters") == {"a": 1, "b": 1}
    assert said.text.startswith("Taken in: 2 new examples.")


def vars_of(document: Document) -> dict[str, object]:
    return {"file_id": document.file_id, "name": document.name}


async def test_a_chat_has_no_more_models_than_it_may(talk: Talk) -> None:
    talk.services = replace(talk.services, quotas=Quotas(examples=99, models=1, minutes=9))
    await make_model(talk)
    said = await talk.say(models.new, "mood happy sad")
    assert said.text == "A chat has up to 1 models, and this one has them. Delete one with /forget first."
