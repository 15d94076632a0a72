"""`/op say`: nothing is sent before it was shown and confirmed by its code."""

from __future__ import annotations

import re

import pytest

from bot.known import Known
from handlers import op
from handlers.op_say import progress_card
from handlers.operating import Announcement
from handlers.texts import Texts
from tests.handlers.conftest import ANNA, BEN, Talk, labels_of


@pytest.fixture
def known(talk: Talk) -> Known:
    held = talk.services.operating.known
    assert isinstance(held, Known)
    held.note(5)
    held.note(-100)
    return held


async def draft(talk: Talk, text: str = "hello\nall of you") -> str:
    shown = await talk.say(op.op, f"say all {text}")
    assert shown.text == text  # as people will read it
    card = talk.outbox.messages[talk.outbox.order[-2][1]]
    assert "to 1 person and 1 group, in 1 second" in card.text
    found = re.search(r"/op say (\w{6}) ", card.text)
    assert found is not None
    return found[1]


async def test_a_draft_is_shown_and_its_code_begins_it(talk: Talk, known: Known) -> None:
    code = await draft(talk)
    assert (await talk.say(op.op, "say")).text == "Nothing is being sent."
    begun = await talk.say(op.op, f"say {code.lower()}")
    assert "0 of 2 have it" in begun.text
    assert labels_of(begun) == ["Stop", "Refresh"]
    assert "goes on where it was" in (await talk.press_labelled(op.press, "Stop")).text
    assert "Being sent to all" in (await talk.press_labelled(op.press, "Resume")).text
    assert "Something else is being sent" in (await talk.say(op.op, f"say {await draft(talk)}")).text
    assert "Sent." in (await talk.say(op.op, "say cancel")).text
    assert (await talk.say(op.op, "say stop")).text == "Nothing is being sent."


@pytest.mark.parametrize("data", ["op:say:{code}", "op:say:go:{code}", "op:say:all hello"])
async def test_a_forged_press_of_the_confirmation_begins_nothing(talk: Talk, known: Known, data: str) -> None:
    code = await draft(talk)
    await talk.press(op.press, data.format(code=code))
    assert await talk.services.operating.announcements.state() is None


async def test_no_press_ends_what_is_being_sent_for_good(talk: Talk, known: Known) -> None:
    await talk.say(op.op, f"say {await draft(talk)}")
    await talk.press(op.press, "op:say:cancel")
    now = await talk.services.operating.announcements.state()
    assert now is not None
    assert now.state == "running"


async def test_a_code_of_another_operator_begins_nothing(talk: Talk, known: Known) -> None:
    code = await draft(talk)
    assert "no draft with this code" in (await talk.say(op.op, f"say {code}", by=BEN)).text
    assert await talk.services.operating.announcements.state() is None


@pytest.mark.parametrize("rest", ["say all", "say hello everybody", "say stop now", "say ABCDEF and more"])
async def test_what_says_nothing_or_to_nobody_is_refused(talk: Talk, rest: str) -> None:
    assert "Write to whom and what" in (await talk.say(op.op, rest)).text


async def test_what_is_longer_than_a_message_is_refused(talk: Talk) -> None:
    assert "Telegram takes 4,096" in (await talk.say(op.op, "say all " + "😀" * 2049)).text


def test_a_chinese_operator_reads_the_end_in_chinese() -> None:
    now = Announcement(ANNA.id, 0, "hello", "all", "zh", 3, 2, 1, "done")
    assert progress_card(now, Texts("zh")).text == "已发送。\n3 个中已有 2 个收到，1 个无法送达。"
