"""[Share]: who has the link gets a copy that answers, and no example."""

from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import pytest

from handlers.basics import start
from handlers.classify import classify
from handlers.models import models
from handlers.share import press
from ml.samples import Sample
from tests.handlers.conftest import ANNA, BEN, Talk, make_model, publish_model

GOOD = "What a lovely surprise, thank you!"


class TomorrowsClock(datetime):
    """The clock of the registry, a day on."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) + timedelta(days=1)


@pytest.fixture
async def shared(group: Talk, tmp_path: Path) -> str:
    """The payload of a link to a trained model of a group."""
    await publish_model(group, tmp_path / "model")
    await group.services.examples.add(group.owner, "spam", [Sample("a secret", "bad")], ANNA.id)
    await group.say(models, "spam")
    said = await group.press_labelled(press, "Share")
    link = said.buttons[0][0].copy
    assert link is not None
    assert link.startswith("https://t.me/tonefit_bot?start=model_")
    assert link in said.text
    return link.partition("start=")[2]


async def test_a_link_brings_a_copy_that_answers_without_examples(talk: Talk, shared: str) -> None:
    said = await talk.say(start, shared)
    assert said.text == "“spam” is yours now: bad, meh, good."
    assert (await talk.say(classify, f"spam {GOOD}")).text.startswith("good, ")
    assert await talk.services.examples.read(talk.owner, "spam") == []


async def test_a_name_that_is_taken_gets_another(talk: Talk, shared: str) -> None:
    await make_model(talk)
    said = await talk.say(start, shared)
    assert said.text.startswith("“spam-")


async def test_a_link_brings_no_model_beyond_those_that_a_chat_may_have(talk: Talk, shared: str) -> None:
    await make_model(talk, "other")
    talk.services = replace(talk.services, quotas=replace(talk.services.quotas, models=1))
    said = await talk.say(start, shared)
    assert said.text.startswith("A chat has up to 1 models, and this one has them.")
    assert [entry.name for entry in await talk.services.registry.list(talk.owner)] == ["other"]


async def test_a_link_that_ended_says_so(talk: Talk) -> None:
    for payload in ("model_nosuch", "model_", "model_../x"):
        assert (await talk.say(start, payload)).text == "This link has ended. Ask for a new one."


async def test_a_deleted_model_is_shared_no_more(talk: Talk, group: Talk, shared: str) -> None:
    await group.services.registry.delete(group.owner, "spam")
    assert (await talk.say(start, shared)).text == "This link has ended. Ask for a new one."


async def test_a_link_gives_away_no_model_that_was_made_later_under_the_name(
    talk: Talk, group: Talk, shared: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await group.services.registry.delete(group.owner, "spam")
    monkeypatch.setattr("ml.registry.datetime", TomorrowsClock)
    await publish_model(group, tmp_path / "other")
    assert (await talk.say(start, shared)).text == "This link has ended. Ask for a new one."
    assert await talk.services.registry.list(talk.owner) == []


async def test_only_the_maker_shares(group: Talk, shared: str) -> None:
    await group.say(models, "spam")
    said = await group.press_labelled(press, "Share", by=BEN)
    assert said.text == "Only the person who made this model can do that."
