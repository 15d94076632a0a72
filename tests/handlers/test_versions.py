"""Every version of a model can be made live again, by its maker, and is served at once."""

import json
from pathlib import Path

import pytest

from handlers.classify import classify
from handlers.models import models
from handlers.texts import Texts
from handlers.train_card import result_card
from handlers.versions import press
from tests.handlers.conftest import BEN, Talk, data_of, labels_of, metrics, publish_model

GOOD = "What a lovely surprise, thank you!"


@pytest.fixture
async def spam(talk: Talk, tmp_path: Path) -> Talk:
    """A chat whose model has two versions, the second of which calls everything by another name."""
    await two_versions(talk, tmp_path / "model")
    await talk.services.predictor.start()
    return talk


async def two_versions(talk: Talk, folder: Path) -> None:
    await publish_model(talk, folder)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    (folder / "manifest.json").write_text(json.dumps(manifest | {"labels": ["good", "meh", "bad"]}))
    version = talk.services.store.publish(talk.owner, "spam", folder)
    await talk.services.registry.promote(talk.owner, "spam", version)


async def test_a_version_before_is_live_again_at_once(spam: Talk) -> None:
    assert (await spam.say(classify, f"spam {GOOD}")).text.startswith("bad, ")
    await spam.say(models, "spam")
    listed = await spam.press_labelled(press, "Roll back")
    lines = listed.text.split("\n")
    assert lines[0] == "Versions of “spam”:"
    assert lines[1].startswith("· v2 · ")
    assert lines[1].endswith("· F1 90 % · live")
    assert lines[2].endswith("· F1 90 %")
    said = await spam.press_labelled(press, "Use v1")
    assert said.text == "“spam” v1 is live now."
    assert (await spam.say(classify, f"spam {GOOD}")).text.startswith("good, ")
    assert "by spam v1" in spam.outbox.last.text
    await spam.press(press, data_of(said, "Back to v2"))
    assert (await spam.say(classify, f"spam {GOOD}")).text.startswith("bad, ")


async def test_in_a_group_only_the_maker_chooses(group: Talk, tmp_path: Path) -> None:
    await two_versions(group, tmp_path / "model")
    await group.say(models, "spam")
    await group.press_labelled(press, "Roll back", by=BEN)
    await group.press_labelled(press, "Use v1", by=BEN)
    assert group.notice == "Only the person who made this model can choose its version."
    entry = await group.services.registry.get(group.owner, "spam")
    assert entry is not None
    assert entry.version == "v2"


async def test_a_version_that_is_gone_is_refused(spam: Talk) -> None:
    await spam.say(models, "spam")
    data = data_of(spam.outbox.last, "Roll back").replace("list", "v9")
    assert (await spam.press(press, data)).text == "This version is not there any more."


def outcome(verdict: str, difference: float, *, chance: bool = False) -> dict[str, object]:
    against = {
        "difference": difference,
        "low": difference - 0.05,
        "high": difference + 0.05,
        "verdict": verdict,
    }
    return {
        "version": "v2",
        "promoted": verdict != "worse",
        "metrics": metrics(("a", "b")),
        "live": metrics(("a", "b"), 0.8),
        "live_version": "v1",
        "against": against | {"chance": chance},
    }


def test_the_card_of_a_better_version_offers_the_old_one() -> None:
    card = result_card(outcome("better", 0.1), "spam", Texts(), private=False)
    assert card.text.startswith("✓ “spam” v2 is live.\n")
    assert card.text.endswith("Difference in F1: +10 points (95 %: +5 to +15).")
    assert labels_of(card) == ["Keep old", "Try it", "Models"]
    assert data_of(card, "Keep old").endswith(":v1")


def test_the_card_of_a_worse_version_offers_it_all_the_same() -> None:
    card = result_card(outcome("worse", -0.02, chance=True), "spam", Texts(), private=False)
    assert "the version before stays live: it is better." in card.text
    assert card.text.endswith("−2 points (95 %: −7 to +3). So few examples cannot tell; it may be chance.")
    assert labels_of(card) == ["Use new", "Try it", "Models"]
    assert data_of(card, "Use new").endswith(":v2")


def test_equal_is_said() -> None:
    card = result_card(outcome("equal", 0.0, chance=True), "spam", Texts(), private=False)
    assert card.text.startswith("✓ “spam” v2 is live. It does as well as the version before.")
    assert "Difference in F1: 0 points" in card.text
