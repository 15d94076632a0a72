"""What is wrong with the examples is said before a training, and a button mends it."""

import pytest

from handlers.model_names import model_key
from handlers.train import press, press_quality, train
from ml.samples import Sample
from tests.handlers.conftest import ANNA, BEN, Talk, data_of, labels_of, make_model, teach_enough


@pytest.fixture
async def ready(talk: Talk) -> Talk:
    """A chat with a model that has enough good examples."""
    await make_model(talk)
    await teach_enough(talk)
    return talk


async def teach(talk: Talk, *rows: tuple[str, str], by: int = ANNA.id) -> None:
    await talk.services.examples.add(talk.owner, "spam", [Sample(*row) for row in rows], by)


async def jobs(talk: Talk) -> list[dict[str, object]]:
    return [job.request.options for job in await talk.services.jobs.list(talk.owner)]


async def test_good_examples_bring_nothing_but_the_queue(ready: Talk) -> None:
    await ready.say(train, "spam")
    assert await jobs(ready) == [{}]
    assert len(ready.outbox.order) == 1


async def test_before_texts_with_two_labels_are_learned_from_it_is_asked(ready: Talk) -> None:
    await teach(ready, ("You won!", "fine"))
    await teach(ready, ("you won", "junk"))
    said = await ready.say(train, "spam epochs=3")
    assert said.text.split("\n") == [
        "The examples of “spam” could be better:",
        "· 1 text has several labels:",
        "  “you won” – fine, junk",
        "Nothing is trained yet. Mend it, or train with the examples as they are?",
    ]
    assert labels_of(said) == ["Keep the latest label", "Train as they are"]
    assert await jobs(ready) == []
    mended = await ready.press_labelled(press_quality, "Keep the latest label")
    assert mended.text == "1 example taken out."
    assert labels_of(mended) == ["Train now"]
    assert await ready.services.examples.counts(ready.owner, "spam") == {"fine": 8, "junk": 9}
    await ready.press_labelled(press_quality, "Train now")
    assert await jobs(ready) == [{"epochs": 3}]


async def test_the_examples_may_be_trained_with_as_they_are(ready: Talk) -> None:
    await teach(ready, ("you won", "fine"), ("you won", "junk"))
    await ready.say(train, "spam arch=cnn")
    said = await ready.press_labelled(press_quality, "Train as they are")
    assert said.text.startswith("“spam” is in the queue at place 1.")
    assert await jobs(ready) == [{"arch": "cnn"}]
    assert await ready.services.examples.counts(ready.owner, "spam") == {"fine": 9, "junk": 9}


async def test_a_card_whose_options_are_forgotten_trains_nothing(ready: Talk) -> None:
    said = await ready.press(press_quality, f"quality:{model_key('spam')}:train:ABCDEF", on=1)
    assert said.text == "This question is closed. Please send the command again."
    assert await jobs(ready) == []


async def test_repeats_are_said_before_a_training_that_nobody_waits_for(ready: Talk) -> None:
    await teach(ready, ("Junk, number 1!", "junk"), ("junk number 1.", "junk"))
    queued = await ready.say(train, "spam epochs=3")
    (first, second) = [number for _, number in ready.outbox.order]
    said = ready.outbox.messages[first]
    assert "· 2 texts nearly repeat another of their label." in said.text
    assert ready.outbox.messages[second] == queued
    assert queued.text.startswith("“spam” is in the queue")
    assert await jobs(ready) == [{"epochs": 3}]
    mended = await ready.press(press_quality, data_of(said, "Take repeats out"), on=first)
    assert mended.text == "2 examples taken out."
    assert labels_of(mended) == ["Train now"]
    assert await ready.services.examples.counts(ready.owner, "spam") == {"fine": 8, "junk": 8}


async def test_what_is_left_is_said_after_a_repair(ready: Talk) -> None:
    await teach(ready, ("Junk, number 1!", "junk"), ("you won", "fine"), ("you won", "junk"))
    await ready.say(train, "spam")
    said = await ready.press_labelled(press_quality, "Take repeats out")
    assert said.text.startswith("1 example taken out.\nThe examples of “spam” could be better:\n· 1 text has")
    assert labels_of(said) == ["Keep the latest label", "Train as they are"]


async def test_a_rare_label_may_weigh_more(ready: Talk) -> None:
    await teach(ready, *((f"another {n}", "fine") for n in range(80)))
    said = await ready.say(train, "spam l2=0.001")
    assert "· “fine” has more than ten times as many examples as “junk”." in said.text
    assert await jobs(ready) == []
    await ready.press_labelled(press_quality, "Let rare labels weigh more")
    assert await jobs(ready) == [{"balance": True, "l2": 0.001}]


async def test_with_balance_on_nothing_is_said_of_it(ready: Talk) -> None:
    await teach(ready, *((f"another {n}", "fine") for n in range(80)))
    await ready.say(train, "spam balance=on")
    assert len(ready.outbox.order) == 1


async def test_a_label_of_one_person_alone_is_named_where_several_teach(group: Talk) -> None:
    await make_model(group)
    await teach_enough(group)
    await teach(group, ("see you", "fine"), by=BEN.id)
    await group.say(train, "spam")
    said = group.outbox.messages[group.outbox.order[0][1]]
    assert said.text.endswith("· One person alone taught “junk”: it may be one person's view.")
    assert labels_of(said) == ["Ask others for examples"]
    assert await jobs(group) == [{}]


async def test_who_taught_everything_alone_is_told_so_in_a_group(group: Talk, talk: Talk) -> None:
    for chat in (group, talk):
        await make_model(chat)
        await teach_enough(chat)
        await chat.say(train, "spam")
    said = group.outbox.messages[group.outbox.order[0][1]]
    assert said.text.endswith("· One person alone taught “junk”, “fine”: it may be one person's view.")
    assert len(talk.outbox.order) == 1


async def test_a_pressed_train_button_looks_at_the_examples_too(ready: Talk) -> None:
    await teach(ready, ("you won", "fine"), ("you won", "junk"))
    said = await ready.press(press, f"train:{model_key('spam')}", on=1)
    assert labels_of(said) == ["Keep the latest label", "Train as they are"]


async def test_in_chinese(ready: Talk) -> None:
    ready.language = "zh"
    await teach(ready, ("you won", "fine"), ("you won", "junk"))
    assert labels_of(await ready.say(train, "spam")) == ["保留最新的标签", "就这样训练"]


async def test_in_a_group_only_the_maker_takes_examples_out(group: Talk) -> None:
    await make_model(group)
    await teach_enough(group)
    await teach(group, ("you won", "fine"), ("you won", "junk"))
    await group.say(train, "spam")
    await group.press_labelled(press_quality, "Keep the latest label", by=BEN)
    assert group.notice == "Only the person who made this model can do that."
    assert len(await group.services.examples.read(group.owner, "spam")) == 18
