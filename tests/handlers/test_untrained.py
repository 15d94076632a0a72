"""A model that cannot answer yet says why: nobody trained it, or its training runs right now."""

import pytest

from handlers.classify import classify
from handlers.context import Handler
from handlers.evaluate import evaluate
from handlers.models import models
from handlers.places import use
from handlers.probe import probe
from handlers.tagging import tagging
from handlers.train import train
from tests.handlers.conftest import ANNA, Talk, labels_of, make_model, rulers, teach_enough

ASKED = [
    (classify, "spam Win now"),
    (evaluate, "spam"),
    (probe, "spam"),
    (use, "spam"),
    (tagging, "model=spam"),
]


@pytest.fixture
async def team(group: Talk) -> Talk:
    """A group with an untrained model that has enough examples."""
    rulers(group).add(ANNA.id)
    await make_model(group)
    await teach_enough(group)
    return group


@pytest.mark.parametrize(("handler", "args"), ASKED)
async def test_while_nothing_trains_it_the_next_step_is_said(team: Talk, handler: Handler, args: str) -> None:
    said = await team.say(handler, args)
    assert said.text == "“spam” is not trained yet. Teach it some examples and train it."
    assert labels_of(said) == ["Teach", "Train"]
    assert (team.settings.model, team.settings.tagging_model) == (None, None)


@pytest.mark.parametrize(("handler", "args"), ASKED)
async def test_while_it_is_trained_the_stage_is_said_and_where_to_watch(
    team: Talk, handler: Handler, args: str
) -> None:
    await team.say(train, "spam")
    (job,) = await team.services.jobs.list(team.owner)
    said = await team.say(handler, args)
    lines = said.text.split("\n")
    assert lines[0] == "“spam” is being trained, and answers once that is done:"
    assert lines[1].startswith(f"· {job.id} spam – waiting for a worker, place 1")
    assert lines[2] == "/jobs shows how it goes."


async def test_the_list_and_the_card_of_models_tell_of_a_training(team: Talk) -> None:
    await team.say(train, "spam")
    listed = await team.say(models)
    assert "· spam – 16 examples, in training: waiting for a worker, place 1" in listed.text
    assert listed.text.endswith("\n/jobs shows how it goes.")
    card = await team.say(models, "spam")
    assert "\nNot trained yet.\nIn training: waiting for a worker, place 1" in card.text
    (job,) = await team.services.jobs.list(team.owner)
    await team.services.jobs.cancel(job.id)
    assert "training" not in (await team.say(models)).text
    assert (await team.say(models, "spam")).text.endswith("Not trained yet.")


async def test_in_chinese(team: Talk) -> None:
    team.language = "zh"
    await team.say(train, "spam")
    assert (await team.say(classify, "spam 你好")).text.startswith("“spam”正在训练")
