"""`/train`, `/jobs` and `/cancel` in a chat, over the real queue."""

from dataclasses import replace

import pytest

from handlers.errors import Refusal
from handlers.model_names import model_key
from handlers.teach import teach
from handlers.texts import Texts
from handlers.train import Training, cancel, jobs, press, press_job, read_training, train
from ml.jobs import Job, TrainRequest
from ml.quotas import Quotas, note_training
from tests.handlers.conftest import ANNA, BEN, Talk, labels_of, make_model, teach_enough

KEY = model_key("spam")


@pytest.fixture
async def ready(talk: Talk) -> Talk:
    """A chat with a model that has enough examples."""
    await make_model(talk)
    await teach_enough(talk)
    return talk


async def the_job(talk: Talk) -> Job:
    (job,) = await talk.services.jobs.list(talk.owner)
    return job


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ("", Training()),
        ("spam", Training("spam")),
        ("spam epochs=5 arch=article", Training("spam", {"epochs": 5, "arch": "article"})),
        ("spam epochs＝５ balance=开", Training("spam", {"epochs": 5, "balance": True})),
        ("spam —epochs 5 --balance off", Training("spam", {"epochs": 5, "balance": False})),
        ("spam epochs：5", Training("spam", {"epochs": 5})),
        ("l1=0.001 l2=1e-4 spam", Training("spam", {"l1": 0.001, "l2": 0.0001})),
        ("spam arch=LSTM", Training("spam", {"arch": "lstm"})),
        ("spam arch=cnn dropout=.3", Training("spam", {"arch": "cnn", "dropout": 0.3})),
        ("spam tune=on ensemble=boost5", Training("spam", {"tune": True, "ensemble": "boost5"})),
    ],
)
def test_a_training_and_its_options_are_read(args: str, expected: Training) -> None:
    assert read_training(args) == expected


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ("spam epochs=many", "epochs= takes a number from 1 to 200, for example epochs=5."),
        ("spam epochs=0", "epochs= takes a number from 1 to 200, for example epochs=5."),
        ("spam epochs=201", "epochs= takes a number from 1 to 200, for example epochs=5."),
        ("spam arch=resnet", "There is no such arch=. There are lstm, gru, cnn, transformer, article."),
        ("spam ensemble=bag9", "ensemble= is bag5 or boost5, for example ensemble=bag5."),
        ("spam tune=maybe", "tune= is on or off, for example tune=on."),
        ("spam dropout=0.95", "dropout= takes a number from 0 to 0.9, for example dropout=0.4."),
        ("spam balance=maybe", "balance= is on or off, for example balance=on."),
        ("spam l2=2", "l2= takes a number from 0 to 1, for example l2=0.0001."),
        ("spam l1=nan", "l1= takes a number from 0 to 1, for example l1=0.0001."),
        ("spam now", "I cannot read “now”."),
        ("spam speed=fast", "I cannot read “speed=fast”."),
    ],
)
def test_an_option_that_cannot_be_is_refused_in_a_sentence(args: str, sentence: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read_training(args)
    assert refusal.value.words(Texts()).startswith(sentence)


async def test_a_training_is_queued_with_its_place_and_shows_in_this_message(ready: Talk) -> None:
    said = await ready.say(train, "spam epochs=3 balance=on")
    job = await the_job(ready)
    assert said.text.startswith("“spam” is in the queue at place 1. About ")
    assert "No worker is running at the moment" in said.text
    assert labels_of(said) == ["Cancel"]
    assert job.message == ready.outbox.order[-1][1]
    assert job.request.options == {"epochs": 3, "balance": True}
    assert (job.request.user, job.request.chat, job.request.language) == (7, 7, "en")


async def test_the_only_model_may_go_unnamed(ready: Talk) -> None:
    await ready.say(train)
    assert (await the_job(ready)).request.model == "spam"


async def test_with_several_models_they_are_buttons(ready: Talk) -> None:
    await make_model(ready, "mood", ("happy", "sad"))
    said = await ready.say(train)
    assert set(labels_of(said)) == {"spam", "mood"}
    await ready.press_labelled(press, "spam")
    assert (await the_job(ready)).request.model == "spam"


async def test_without_a_model_it_says_how_to_make_one(talk: Talk) -> None:
    assert labels_of(await talk.say(train, "spam")) == ["New model"]


async def test_an_unknown_model_gets_the_nearest_as_buttons(ready: Talk) -> None:
    said = await ready.say(train, "spma")
    assert said.text == "There is no model “spma” here. Did you mean one of these?"
    assert labels_of(said) == ["spam"]


async def test_too_few_examples_are_named_by_label(talk: Talk) -> None:
    await make_model(talk, "spam", ("junk", "fine", "other"))
    await teach_enough(talk, "spam", ("junk", "fine"))
    said = await talk.say(train, "spam")
    assert said.text == (
        "“spam” has too few examples for a training.\nIt needs 8 a label. Still missing: other 8"
    )
    assert await talk.services.jobs.list(talk.owner) == []


async def test_one_class_alone_is_refused(talk: Talk) -> None:
    await make_model(talk)
    await teach_enough(talk, "spam", ("junk",))
    said = await talk.say(train, "spam")
    assert said.text.startswith(
        "All examples of “spam” have the label “junk”, so there is nothing to tell apart."
    )
    assert labels_of(said) == ["Teach"]


async def test_a_model_is_not_trained_twice_at_once(ready: Talk) -> None:
    await ready.say(train, "spam")
    said = await ready.say(train, "spam")
    job = await the_job(ready)
    assert said.text.startswith(
        f"“spam” is being trained already.\n· {job.id} spam – waiting for a worker, place 1"
    )
    assert labels_of(said) == [f"Cancel {job.id} spam"]


async def test_jobs_are_listed_with_buttons_to_stop_them(ready: Talk) -> None:
    empty = await ready.say(jobs)
    assert empty.text == "No training waits or runs here. /train and a model's name begins one."
    await ready.say(train, "spam")
    said = await ready.say(jobs)
    job = await the_job(ready)
    assert f"· {job.id} spam – waiting for a worker, place 1, about " in said.text
    assert said.text.endswith("No worker is running at the moment: the training begins when one is there.")
    after = await ready.press_labelled(press_job, f"Cancel {job.id} spam")
    assert after.text == f"No training waits or runs here.\nLately:\n· {job.id} spam – cancelled"
    assert ready.notice == "The training of “spam” is cancelled."


async def test_cancel_stops_the_only_training(ready: Talk) -> None:
    await ready.say(train, "spam")
    said = await ready.say(cancel)
    assert said.text == "The training of “spam” is cancelled."
    assert (await the_job(ready)).state == "cancelled"


async def test_a_training_that_forgets_deleted_texts_cannot_be_stopped(ready: Talk) -> None:
    await ready.services.jobs.submit(
        TrainRequest(ready.owner, "spam", ANNA.id, int(ready.owner), forget=True)
    )
    said = await ready.say(cancel)
    assert said.text == "This training makes “spam” forget what was deleted and cannot be stopped."
    assert (await the_job(ready)).state == "queued"


async def test_cancel_closes_an_open_question_first(ready: Talk) -> None:
    await ready.say(train, "spam")
    ready.session.question = {"ask": "new"}
    said = await ready.say(cancel)
    assert said.text == "I ask no more. Your training goes on; stop it here:"
    assert said.buttons[0][0].data == f"job:cancel:{(await the_job(ready)).id}"
    assert ready.session.question is None
    assert (await the_job(ready)).state == "queued"


async def test_cancel_asks_which_of_several(ready: Talk) -> None:
    await make_model(ready, "mood", ("happy", "sad"))
    await teach_enough(ready, "mood", ("happy", "sad"))
    await ready.say(train, "spam")
    await ready.say(train, "mood")
    said = await ready.say(cancel)
    assert said.text == "Which training shall I stop?"
    assert len(labels_of(said)) == 2


async def test_cancel_by_id(ready: Talk) -> None:
    await ready.say(train, "spam")
    job = await the_job(ready)
    wrong = await ready.say(cancel, "zzzzzz")
    assert wrong.text == "No training of yours that waits or runs has this id. /jobs shows them."
    await ready.say(cancel, job.id.upper())
    assert (await the_job(ready)).state == "cancelled"


async def test_cancel_with_nothing_to_do_says_so(talk: Talk) -> None:
    said = await talk.say(cancel)
    assert said.text.startswith("There is nothing to cancel")


async def test_the_button_below_the_progress_leaves_the_message_to_the_job(ready: Talk) -> None:
    await ready.say(train, "spam")
    before = len(ready.outbox.order)
    await ready.press_labelled(press_job, "Cancel")
    assert ready.notice == "The training of “spam” is cancelled."
    assert len(ready.outbox.order) == before


async def test_in_a_group_only_who_began_a_training_stops_it(group: Talk) -> None:
    await make_model(group)
    await teach_enough(group)
    await group.say(train, "spam")
    await group.press_labelled(press_job, "Cancel", by=BEN)
    assert group.notice == "Only the person who began this training can stop it."
    said = await group.say(cancel, by=BEN)
    assert said.text.startswith("There is nothing to cancel")
    assert (await the_job(group)).state == "queued"


async def test_a_job_of_another_chat_cannot_be_stopped(ready: Talk, group: Talk) -> None:
    await ready.say(train, "spam")
    job = await the_job(ready)
    said = await group.press(press_job, f"job:cancel:{job.id}", on=1)
    assert said.text == "This training is over."
    assert (await the_job(ready)).state == "queued"


async def test_whose_trainings_ran_as_long_as_they_may_is_told_so(ready: Talk) -> None:
    ready.services = replace(ready.services, quotas=Quotas(examples=99, models=9, minutes=2))
    await note_training(ready.services.jobs._redis, ANNA.id, 121)
    said = await ready.say(train, "spam")
    assert said.text == "Your trainings ran 2 minutes today, as long as they may. Go on tomorrow."
    assert await ready.services.jobs.list(ready.owner) == []
    await note_training(ready.services.jobs._redis, BEN.id, 10)
    await ready.say(train, "spam", by=BEN)
    assert (await the_job(ready)).state == "queued"


@pytest.mark.parametrize(
    ("language", "begins"), [("en", "“sentiment” came with me"), ("zh", "“sentiment”是我自带的")]
)
async def test_the_shipped_model_learns_nothing_and_the_way_on_is_shown(
    talk: Talk, language: str, begins: str
) -> None:
    talk.language = language
    for chats_own in (None, "spam"):
        if chats_own is not None:
            await make_model(talk, chats_own)
        for handler, words in (
            (train, "sentiment"),
            (teach, "Sentiment"),
            (teach, "sentiment positive hi"),
        ):
            said = await talk.say(handler, words)
            assert said.text.startswith(begins)
            assert "/new " in said.text
            assert len(labels_of(said)) == 1
