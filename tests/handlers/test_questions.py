"""Questions of the bot: who may answer them, how a group does, and what leaves them open."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from handlers import TABLE, again, basics, classify, fit, models, sentiment, teach
from handlers.context import Handler
from handlers.kept_fit import Source, fit_points
from handlers.messages import Message, Person, Press, Quoted
from handlers.points import parse_fit
from handlers.rights import as_asked
from handlers.routing import Route, route
from tests.handlers.conftest import ANNA, BEN, KnownChats, Talk, make_model, rulers

POINTS = "1,2 2,4.1 3,5.9 4,8.2"
REPLY = "\nReply to this message with your answer."


def a_fit() -> dict[str, Any]:
    """Return what a session keeps of a fit, without the second that its picture takes."""
    options, points = parse_fit(POINTS)
    assert points is not None
    return fit_points(points, options, Source()).to_dict()


@pytest.mark.parametrize(
    ("handler", "args"),
    [
        (models.new, ""),
        (models.new, "mood"),
        (models.new, "spam good bad"),
        (teach.teach, "spam"),
        (teach.teach, "spam junk"),
        (teach.teach, "spam what is this text"),
        (fit.predict, ""),
        (classify.classify, ""),
    ],
)
async def test_a_group_is_told_that_only_a_reply_is_an_answer(
    group: Talk, talk: Talk, handler: Handler, args: str
) -> None:
    for place in (group, talk):
        await make_model(place)
        place.session.fit = a_fit()
    assert (await group.say(handler, args)).text.endswith(REPLY)
    assert "Reply to this message" not in (await talk.say(handler, args)).text


async def test_a_group_is_told_in_chinese_too(group: Talk) -> None:
    group.language = "zh"
    assert (await group.say(models.new)).text.endswith("\n请回复这条消息来回答。")


async def test_in_a_group_a_questions_buttons_are_the_askeds(group: Talk, talk: Talk) -> None:
    for place in (group, talk):
        await make_model(place)
    in_group, in_private = await group.say(teach.teach, "spam"), await talk.say(teach.teach, "spam")
    assert all(str(b.data).endswith(f"@{ANNA.id}") for row in in_group.buttons for b in row)
    assert not any("@" in str(b.data) for row in in_private.buttons for b in row)


async def test_somebody_else_presses_in_vain_and_hears_whose_question_it_is(group: Talk) -> None:
    await make_model(group)
    asked = await group.say(teach.teach, "spam")
    data = str(asked.buttons[0][0].data)
    now = datetime.now(UTC)
    press = Message(1, "button", group.chat, 1000, now, BEN, press=Press("p", data))
    assert route(press, group.session, TABLE, "") == Route(basics.not_asked, str(ANNA.id))
    mine = route(replace(press, sender=ANNA), group.session, TABLE, "")
    assert mine == Route(teach.press, data.removeprefix("teach:").partition("@")[0])
    said = len(group.outbox.order)
    command = Quoted(1, "/teach spam", author=ANNA)
    await group.press(basics.not_asked, f"x:{ANNA.id}", by=BEN, quoted=command)
    assert group.notice == "This question is for Anna."
    await group.press(basics.not_asked, f"x:{ANNA.id}", by=BEN)
    assert group.notice == "This question is for somebody else."
    group.language = "zh"
    await group.press(basics.not_asked, f"x:{ANNA.id}", by=BEN, quoted=command)
    assert group.notice == "这个问题是问Anna的。"
    assert len(group.outbox.order) == said


async def test_a_command_that_asks_nothing_leaves_a_question_open(talk: Talk) -> None:
    await make_model(talk, "keep", ("a", "b"))
    talk.session.fit = a_fit()
    await talk.say(teach.teach, "keep")
    await talk.say(fit.predict, "x=10")
    await talk.say(sentiment.sentiment, "good")
    await talk.say(models.new, "spam junk fine")
    await talk.say(basics.show_help)
    said = await talk.say(teach.answer, "a: one more text")
    assert said.text.startswith("Taken in: 1 new example.")


async def test_a_newer_question_takes_the_place_of_an_older_one(talk: Talk) -> None:
    await make_model(talk)
    await talk.say(teach.teach, "spam")
    await talk.say(models.new)
    assert (talk.session.question or {})["ask"] == "new"


async def test_the_cancel_of_an_old_question_leaves_a_newer_one_open(talk: Talk) -> None:
    talk.session.fit = a_fit()
    await talk.say(fit.predict)
    card = talk.outbox.order[-1][1]
    await talk.say(models.new)
    said = await talk.press(basics.press_cancel, "ask:cancel", on=card)
    assert said.text == "Cancelled."
    assert (talk.session.question or {})["ask"] == "new"


async def test_the_questions_of_an_anonymous_admin_are_the_admins(group: Talk) -> None:
    await make_model(group)
    asked = await group.say(teach.teach, "spam", by=Person(group.chat.id, "Team"))
    data = str(asked.buttons[0][0].data)
    assert data.endswith("@admins")
    press = Message(1, "button", group.chat, 9, datetime.now(UTC), BEN, press=Press("p", data))
    assert route(press, group.session, TABLE, "") == Route(basics.not_asked, "admins")
    answered = await as_asked(press, KnownChats(rulers={BEN.id}))
    assert answered.sender == Person(group.chat.id, "Team", "en")
    found = route(answered, group.session, TABLE, "")
    assert found is not None
    assert found.handler is teach.press
    assert await as_asked(press, KnownChats(rulers={ANNA.id})) == press
    await group.press(basics.not_asked, "x:admins", by=BEN)
    assert group.notice == "Only admins of this chat can do that."


@pytest.mark.parametrize(
    "update",
    [
        {"message": {"from": {"id": 1087968824}, "sender_chat": {"id": -100}}},
        {"channel_post": {"sender_chat": {"id": -100}}},
    ],
)
async def test_an_anonymous_admins_old_command_is_the_admins_to_run_or_leave(
    group: Talk, update: dict[str, Any]
) -> None:
    kept = await group.services.results.keep(group.owner, {"kind": "again", "update": update})
    await group.press(again.press, f"again:yes-{kept}", on=9, by=BEN)
    assert group.notice == "Only the person who sent this command can answer."
    assert not group.outbox.order
    rulers(group).add(BEN.id)
    said = await group.press(again.press, f"again:no-{kept}", on=9, by=BEN)
    assert said.text.startswith("Left undone:")
