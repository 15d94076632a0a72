"""`/forget` in a chat: counts, a question, and nothing left of what was deleted."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
import redis.asyncio

from handlers.forget import forget, press
from handlers.messages import Reply
from handlers.models import press as press_model
from handlers.privacy import privacy
from handlers.sentiment import sentiment
from ml import keys
from ml.job_state import JobAddress, JobState
from ml.jobs import Job, Jobs, Progress, TrainRequest
from ml.samples import Sample
from tests.handlers.conftest import ANNA, BEN, Talk, labels_of, make_model, publish_model, teach_enough


async def teach(talk: Talk, label: str, count: int, by: int) -> None:
    samples = [Sample(f"{label} by {by} number {n}", label) for n in range(count)]
    await talk.services.examples.add(talk.owner, "spam", samples, by)


async def test_a_person_is_asked_with_counts_and_forgotten_in_every_chat(talk: Talk, group: Talk) -> None:
    await make_model(group)
    await teach_enough(group)
    await teach(group, "junk", 3, BEN.id)
    await talk.say(sentiment, "a text that I sent")
    asked = await talk.say(forget, "me")
    assert asked.text.startswith(
        "Delete what is stored of you: 16 examples in 1 model, 1 text of the last 24 hours, "
    )
    assert asked.text.endswith(
        "Your sessions and pools in other chats go by themselves, within 24 hours of their last use."
    )
    assert labels_of(asked) == ["Delete it", "Keep it"]
    said = await talk.press_labelled(press, "Delete it")
    assert said.text == (
        "Deleted: 16 examples, 1 text of the last 24 hours, 0 pseudonyms and labels, your settings and "
        "your session here."
    )
    assert await group.services.examples.counts(group.owner, "spam") == {"junk": 3}
    assert await talk.services.examples.taught_by(ANNA.id) == {}
    assert await talk.services.texts.of(ANNA.id) == []
    assert talk.session.result is None


async def test_which_chats_a_person_rules_is_told_and_forgotten(talk: Talk) -> None:
    await talk.services.ruled.note(-100, [ANNA.id, BEN.id])
    assert "an admin of 1 chat, for /chats" in (await talk.say(privacy)).text
    await talk.say(forget, "me")
    await talk.press_labelled(press, "Delete it")
    assert await talk.services.ruled.of(ANNA.id) == []
    assert await talk.services.ruled.of(BEN.id) == [-100]


async def test_pools_of_a_person_go_where_they_asked_and_where_they_taught(talk: Talk, group: Talk) -> None:
    await make_model(group)
    await teach_enough(group)
    pools = talk.services.pools
    for owner in (talk.owner, group.owner):
        await pools.put(owner, ANNA.id, "spam", ["a text"])
    await pools.put(group.owner, BEN.id, "spam", ["a text"])
    await talk.say(forget, "me")
    await talk.press_labelled(press, "Delete it")
    assert await pools.read(talk.owner, ANNA.id, "spam") is None
    assert await pools.read(group.owner, ANNA.id, "spam") is None
    assert await pools.read(group.owner, BEN.id, "spam") is not None


async def test_nothing_goes_without_the_answer(talk: Talk) -> None:
    await make_model(talk)
    await teach_enough(talk)
    await talk.say(forget, "me")
    assert (await talk.press_labelled(press, "Keep it")).text == "Nothing was deleted."
    assert len(await talk.services.examples.read(talk.owner, "spam")) == 16


async def test_a_person_is_forgotten_in_private_only(talk: Talk, group: Talk) -> None:
    await make_model(group)
    await teach_enough(group)
    said = await group.say(forget, "me")
    assert said.text == "Write /forget me to me in private: nobody else should read what I have of you."
    await group.press(press, f"forget:me:{ANNA.id}")
    assert len(await group.services.examples.read(group.owner, "spam")) == 16


async def test_nobody_answers_for_somebody_else(talk: Talk) -> None:
    await make_model(talk)
    await teach_enough(talk)
    await talk.say(forget, "me")
    await talk.press_labelled(press, "Delete it", by=BEN)
    assert talk.notice == "Only the person who asked can answer this."
    assert len(await talk.services.examples.read(talk.owner, "spam")) == 16


async def test_a_group_s_model_is_trained_anew_in_its_group(talk: Talk, group: Talk, tmp_path: Path) -> None:
    await publish_model(group, tmp_path / "model")
    for label in ("bad", "meh", "good"):
        await teach(group, label, 9, BEN.id)
    await teach(group, "bad", 2, ANNA.id)
    await talk.say(forget, "me")
    await talk.press_labelled(press, "Delete it")
    (job,) = await group.services.jobs.list(group.owner)
    assert (job.request.chat, job.request.topic) == (group.chat.id, None)


async def test_a_model_that_learned_from_it_is_trained_anew(talk: Talk, tmp_path: Path) -> None:
    await publish_model(talk, tmp_path / "model")
    for label in ("bad", "meh", "good"):
        await teach(talk, label, 9, BEN.id)
    await teach(talk, "bad", 2, ANNA.id)
    await talk.say(forget, "me")
    said = await talk.press_labelled(press, "Delete it")
    assert said.text.endswith("\n1 model is trained anew.")
    (job,) = await talk.services.jobs.list(talk.owner)
    assert job.request.forget


async def test_a_second_try_trains_what_the_first_left_untrained(
    talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> Job:
        raise ConnectionError

    await publish_model(talk, tmp_path / "model")
    for label in ("bad", "meh", "good"):
        await teach(talk, label, 9, BEN.id)
    await teach(talk, "bad", 2, ANNA.id)
    await talk.say(forget, "me")
    with monkeypatch.context() as patch:
        patch.setattr(Jobs, "submit", fail)
        with pytest.raises(ConnectionError):
            await talk.press_labelled(press, "Delete it")
    assert await talk.services.examples.taught_by(ANNA.id) == {}
    said = await talk.press_labelled(press, "Delete it")
    assert said.text.endswith("\n1 model is trained anew.")
    assert await talk.services.examples.places(ANNA.id) == []


@pytest.fixture
async def trained(talk: Talk, tmp_path: Path) -> Talk:
    """A chat with a model that answers, and enough examples beside Anna's two."""
    await publish_model(talk, tmp_path / "model")
    for label in ("bad", "meh", "good"):
        await teach(talk, label, 9, BEN.id)
    await teach(talk, "bad", 2, ANNA.id)
    return talk


async def begin(talk: Talk, client: redis.asyncio.Redis) -> Job:
    """Queue a training, and begin it as a worker does."""
    job = await talk.services.jobs.submit(TrainRequest(talk.owner, "spam", BEN.id, int(talk.owner)))
    await JobState(client).start(job.id, "run", "leases")
    return job


async def end_when_asked(client: redis.asyncio.Redis, job: Job) -> None:
    """Stop as a worker does, once somebody wishes it."""
    async with asyncio.timeout(30):
        while not await client.hexists(keys.job(job.id), "cancel"):
            await asyncio.sleep(0.01)
    await JobState(client).finish(JobAddress(job.id, job.request.owner), Progress(job.id, "cancelled"))


async def forget_me(talk: Talk) -> Reply:
    await talk.say(forget, "me")
    return await talk.press_labelled(press, "Delete it")


async def test_a_training_that_waits_goes_on_and_forgets(trained: Talk) -> None:
    jobs = trained.services.jobs
    waiting = await jobs.submit(TrainRequest(trained.owner, "spam", BEN.id, 8, options={"epochs": 3}))
    said = await forget_me(trained)
    assert said.text.endswith("\n1 model is trained anew.")
    (job,) = await jobs.list(trained.owner)
    assert (job.id, job.state) == (waiting.id, "queued")
    assert job.request == replace(waiting.request, forget=True)
    entry = await trained.services.registry.get(trained.owner, "spam")
    assert entry is not None
    assert entry.version == "v1"


async def test_a_training_that_runs_is_stopped_and_another_takes_its_place(
    trained: Talk, redis_client: redis.asyncio.Redis
) -> None:
    running = await begin(trained, redis_client)
    stopping = asyncio.create_task(end_when_asked(redis_client, running))
    said = await forget_me(trained)
    await stopping
    assert said.text.endswith("\n1 model is trained anew.")
    jobs = {job.id: job for job in await trained.services.jobs.list(trained.owner)}
    assert jobs.pop(running.id).state == "cancelled"
    assert [(job.state, job.request.forget) for job in jobs.values()] == [("queued", True)]


async def test_a_training_that_does_not_stop_leaves_no_version(
    trained: Talk, redis_client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ml.jobs.STOPS_WITHIN", 0.1)
    await begin(trained, redis_client)
    said = await forget_me(trained)
    assert said.text.endswith(
        "\n1 model answers no more: a training of it has to end first. Then write /train."
    )
    entry = await trained.services.registry.get(trained.owner, "spam")
    assert entry is not None
    assert entry.version is None
    assert trained.services.store.versions(trained.owner, "spam") == []


async def test_a_first_training_that_runs_begins_again_without_what_was_deleted(
    talk: Talk, redis_client: redis.asyncio.Redis
) -> None:
    await make_model(talk)
    for label in ("junk", "fine"):
        await teach(talk, label, 9, BEN.id)
    await teach(talk, "junk", 2, ANNA.id)
    running = await begin(talk, redis_client)
    stopping = asyncio.create_task(end_when_asked(redis_client, running))
    said = await forget_me(talk)
    await stopping
    assert said.text.endswith("\n1 model is trained anew.")
    jobs = {job.id: job for job in await talk.services.jobs.list(talk.owner)}
    assert jobs.pop(running.id).state == "cancelled"
    assert [(job.state, job.request.forget) for job in jobs.values()] == [("queued", True)]


async def test_a_training_that_runs_is_stopped_where_too_few_examples_are_left(
    talk: Talk, redis_client: redis.asyncio.Redis
) -> None:
    await make_model(talk)
    await teach_enough(talk)
    running = await begin(talk, redis_client)
    stopping = asyncio.create_task(end_when_asked(redis_client, running))
    said = await forget_me(talk)
    await stopping
    assert said.text.endswith("\n1 model has too few examples left and answers no more.")
    assert [job.state for job in await talk.services.jobs.list(talk.owner)] == ["cancelled"]


async def test_a_model_that_never_learned_is_not_trained(talk: Talk) -> None:
    await make_model(talk)
    for label in ("junk", "fine"):
        await teach(talk, label, 9, BEN.id)
    await teach(talk, "junk", 2, ANNA.id)
    said = await forget_me(talk)
    assert said.text == (
        "Deleted: 2 examples, 0 texts of the last 24 hours, 0 pseudonyms and labels, your settings and "
        "your session here."
    )
    assert await talk.services.jobs.list(talk.owner) == []


async def test_a_model_with_too_few_examples_left_answers_no_more(talk: Talk, tmp_path: Path) -> None:
    await publish_model(talk, tmp_path / "model")
    await teach(talk, "bad", 2, ANNA.id)
    await talk.say(forget, "me")
    said = await talk.press_labelled(press, "Delete it")
    assert said.text.endswith("\n1 model has too few examples left and answers no more.")
    entry = await talk.services.registry.get(talk.owner, "spam")
    assert entry is not None
    assert entry.version is None
    assert talk.services.store.versions(talk.owner, "spam") == []


async def test_a_model_is_forgotten_after_the_question(talk: Talk) -> None:
    await make_model(talk)
    await teach_enough(talk)
    asked = await talk.say(forget, "spam")
    assert asked.text == "Delete “spam” with 16 examples and 0 trained versions? This cannot be undone."
    said = await talk.press_labelled(press_model, "Delete it")
    assert said.text == "“spam” is deleted, with its examples and versions."


async def test_a_model_whose_training_forgets_deleted_texts_can_be_deleted(talk: Talk) -> None:
    await make_model(talk)
    await talk.services.jobs.submit(TrainRequest(talk.owner, "spam", ANNA.id, ANNA.id, forget=True))
    await talk.say(forget, "spam")
    await talk.press_labelled(press_model, "Delete it")
    assert await talk.services.registry.get(talk.owner, "spam") is None


async def test_in_a_group_only_the_maker_forgets_a_model(group: Talk) -> None:
    await make_model(group)
    assert (
        await group.say(forget, "spam", by=BEN)
    ).text == "Only the person who made this model can do that."


async def test_without_a_name_the_models_are_buttons(talk: Talk) -> None:
    await make_model(talk)
    asked = await talk.say(forget)
    assert labels_of(asked) == ["spam"]
    assert (await talk.press_labelled(press, "spam")).text.startswith("Delete “spam” with 0 examples")
