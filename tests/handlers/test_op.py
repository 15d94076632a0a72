"""What operators see and order, with the real records behind it."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from handlers import TABLE, basics, op, op_status
from handlers.context import Session
from handlers.errors import Refusal
from handlers.messages import Chat, Document, Message, Person, Press
from handlers.op_people import read_quota
from handlers.op_words import BlockWish, read_block, read_id
from handlers.operating import Block, Standing
from handlers.routing import Route, orders, route
from handlers.texts import Texts
from tests.handlers.conftest import ANNA, BEN, Talk

PRIVATE = Chat(ANNA.id, "private")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROOT = frozenset({ANNA.id})


def message(text: str = "/op", chat: Chat = PRIVATE, sender: Person | None = ANNA, **more: object) -> Message:
    return Message(1, "text", chat, 1, NOW, sender, text, **more)  # type: ignore[arg-type]


def routed(asked: Message) -> Route | None:
    return route(asked, Session(), TABLE, "tonefit_bot", operator=orders(asked, ROOT))


def test_an_operator_in_private_reaches_the_handler() -> None:
    assert routed(message("/op block 8 1d")) == Route(op.op, "block 8 1d")
    assert routed(message("/OP@tonefit_bot")) == Route(op.op, "")
    assert routed(message(press=Press("1", "op:status"))) == Route(op.press, "status")


@pytest.mark.parametrize(
    "asked",
    [
        message(sender=BEN, chat=Chat(BEN.id, "private")),  # somebody else
        message(sender=Person(ANNA.id, "Anna", is_bot=True)),
        message(forwarded=True),  # an operator passes on what somebody wrote
        message(captioned=True, document=Document("f", "a.csv")),
    ],
)
def test_whoever_else_writes_it_gets_what_an_unknown_command_gets(asked: Message) -> None:
    where = routed(asked)
    assert where == Route(basics.unknown)
    assert where.command is None  # counted as "other", and not offered again when it is old


@pytest.mark.parametrize(
    "asked",
    [
        message(chat=Chat(-100, "supergroup")),  # an operator, but others read along
        message(chat=Chat(-100, "supergroup"), sender=Person(-100, "Team")),  # an anonymous admin
        message(chat=Chat(-100, "channel"), sender=None),
        message(edited=True),
    ],
)
def test_where_an_unknown_command_is_left_alone_so_is_this_one(asked: Message) -> None:
    assert routed(asked) is None


@pytest.mark.parametrize("data", ["op:status", "op:say:go:ABCDEF", "op:queue:pause"])
def test_a_forged_button_of_an_operator_is_one_that_does_not_exist(data: str) -> None:
    forged = message(chat=Chat(BEN.id, "private"), sender=BEN, press=Press("1", data))
    assert routed(forged) is None
    anonymous = message(chat=Chat(-100, "supergroup"), sender=Person(-100), press=Press("1", data))
    assert routed(anonymous) is None


def test_ids_below_zero_and_nobody_are_no_operators() -> None:
    assert not orders(message(sender=Person(-100), chat=Chat(-100, "private")), {-100})
    assert not orders(message(sender=None), ROOT)


def test_nothing_lists_the_command() -> None:
    assert "op" not in TABLE.by_name
    assert "op" not in {command.name for command in TABLE.commands}


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("7", BlockWish(7)),
        ("−100 2h", BlockWish(-100, 7200)),
        ("7 7d sends\nspam", BlockWish(7, 604_800, "sends spam")),
        ("7 spam", BlockWish(7, None, "spam")),
        ("７ ７d", BlockWish(7, 604_800)),
    ],
)
def test_a_block_is_read(rest: str, expected: BlockWish) -> None:
    assert read_block(rest) == expected


@pytest.mark.parametrize("word", ["", "anna", "0", "7.5", "1e9", "٣", "99999999999999999999999"])
def test_what_is_no_id_is_refused(word: str) -> None:
    with pytest.raises(Refusal):
        read_id(word)


@pytest.mark.parametrize("rest", ["models", "models 0", "models x", "rooms 5", "models 99999999999"])
def test_what_is_no_quota_is_refused(rest: str) -> None:
    name, _, figure = rest.partition(" ")
    with pytest.raises(Refusal):
        read_quota(name, figure)


@pytest.mark.parametrize(
    ("block", "shut"),
    [
        (Block(BEN.id, 0, 7), True),
        (Block(-100, 0, 7), True),  # the chat
        (Block(BEN.id, 0, 7, until=99.0), False),  # it is over
        (Block(BEN.id, 0, 7, until=101.0), True),
        (Block(9, 0, 7), False),
    ],
)
def test_a_block_shuts_out_a_person_and_a_chat_while_it_lasts(block: Block, shut: bool) -> None:
    asked = message(chat=Chat(-100, "supergroup"), sender=BEN)
    assert Standing(blocks={block.id: block}).shut_out(asked, 100.0) is shut


async def test_the_screen_shows_how_everything_is(talk: Talk) -> None:
    await talk.services.feedback.judge("7", "R1", "sentiment", "v1", "positive", "right", 8)
    await talk.services.feedback.judge("7", "R2", "sentiment", "v1", "positive", "right", 8)
    await talk.services.feedback.judge("7", "R2", "sentiment", "v1", "positive", "wrong", 8)
    await talk.services.feedback.judge("7", "R3", "spam", "v1", "junk", "right", 8)
    said = await talk.say(op.op)
    assert "Tonefit 0." in said.text
    assert "Updates: none waits" in said.text
    assert "Trainings: 0 running, 0 waiting, 0 workers" in said.text
    assert "Right, sentiment v1: 50 % of 2 verdicts" in said.text
    assert "Right, 7/spam/v1: 100 % of 1 verdict\n" in said.text
    assert "Redis: " in said.text
    assert (await talk.press_labelled(op.press, "Refresh")).text.startswith("Tonefit")
    assert len(await talk.services.operating.audit.last(9)) == 1  # looking again is no command


async def test_a_block_is_known_at_once_and_is_taken_back(talk: Talk) -> None:
    assert "8 gets no answers until" in (await talk.say(op.op, "block 8 7d sends spam")).text
    block = (await talk.services.operating.orders.now()).blocks[8]
    assert (block.reason, block.by) == ("sends spam", ANNA.id)
    assert block.until is not None
    assert 6.9 * 86_400 < block.until - time.time() <= 7 * 86_400
    assert "sends spam" in (await talk.say(op.op, "chats 8")).text
    assert (await talk.say(op.op, "unblock 8")).text == "8 gets answers again."
    assert (await talk.services.operating.orders.now()).blocks == {}
    assert (await talk.say(op.op, "unblock 8")).text == "8 is not blocked."


async def test_an_operator_cannot_be_blocked(talk: Talk) -> None:
    assert (await talk.say(op.op, f"block {ANNA.id}")).text == "Operators cannot be blocked."


async def test_where_an_id_is_missing_it_is_asked_for(talk: Talk) -> None:
    for order in ("block", "unblock"):
        assert (await talk.say(op.op, order)).text.startswith("Write the id of a person or a chat behind it")


@pytest.mark.parametrize(("waiting", "left", "oldest"), [(0, 0, None), (1, 0, None), (3, 2, 0.5)])
async def test_the_command_that_asks_does_not_wait(
    talk: Talk, waiting: int, left: int, oldest: float | None
) -> None:
    now = (await talk.services.operating.overview.status()).now
    shown = op_status.without_this(replace(now, waiting=waiting, oldest=0.5))
    assert (shown.waiting, shown.oldest) == (left, oldest)


async def test_one_update_waits_and_two_wait(talk: Talk) -> None:
    status = await talk.services.operating.overview.status()
    for waiting, said in ((1, "1 waits, for 0.5 s"), (2, "2 wait, the oldest for 0.5 s")):
        now = replace(status.now, waiting=waiting, oldest=0.5)
        shown = op_status.status_card(replace(status, now=now), Texts("en"))
        assert said in shown.text


async def test_every_command_is_written_down_with_how_it_ended(talk: Talk) -> None:
    await talk.say(op.op, "flood 40")
    await talk.say(op.op, "block anna")
    await talk.say(op.op, "nonsense")
    entries = await talk.services.operating.audit.last(9)
    assert [(entry.by, entry.command, entry.outcome) for entry in reversed(entries)] == [
        (ANNA.id, "flood 40", ""),
        (ANNA.id, "block anna", ""),
        (ANNA.id, "block anna", "refused"),
        (ANNA.id, "nonsense", ""),
        (ANNA.id, "nonsense", "refused"),
    ]
    await talk.say(op.op)
    lines = (await talk.say(op.op, "audit")).text.splitlines()
    assert lines[2].endswith(" · /op")
    told = [line for line in lines if "/op block anna" in line]
    assert len(told) == 1 and told[0].endswith("/op block anna → refused")


async def test_the_audit_list_says_what_was_done_by_a_button_or_on_the_page(talk: Talk) -> None:
    await talk.say(op.op, "queue")
    await talk.press(op.press, "op:queue:pause")
    await talk.services.operating.audit.note(0, f"{op.REPLAYED}17-0")
    lines = (await talk.say(op.op, "audit")).text.splitlines()
    assert lines[2].endswith(" · who has a link to the page · on the page: dead letter 17-0 put back")
    assert lines[3].endswith(f" · {ANNA.id} · /op queue pause, by a button")


async def test_the_flood_guards_figure_is_shown_and_set(talk: Talk) -> None:
    assert "30 commands a minute" in (await talk.say(op.op, "flood")).text
    assert "40 commands a minute" in (await talk.say(op.op, "flood 40")).text
    assert await talk.services.operating.floods.limit() == 40
    assert "whole number" in (await talk.say(op.op, "flood 0")).text


async def test_a_quota_is_changed_and_goes_back_to_what_the_settings_say(talk: Talk) -> None:
    operating = talk.services.operating
    assert "models a chat" in (await talk.say(op.op, "quota")).text
    assert "7 models a chat" in (await talk.say(op.op, "quota models 7")).text
    assert (await operating.orders.now()).over(operating.quotas).models == 7
    assert "50 models a chat" in (await talk.say(op.op, "quota models default")).text


async def test_chats_are_counted_and_a_person_can_be_forgotten_there(talk: Talk) -> None:
    from bot.known import Known

    known = talk.services.operating.known
    assert isinstance(known, Known)
    known.note(BEN.id)
    known.note(-100)
    said = (await talk.say(op.op, "chats")).text
    assert "1 person in private, 1 group or channel. Today 2" in said
    assert "8 · private" in said
    await known.forget(BEN.id)
    assert "0 people in private" in (await talk.say(op.op, "chats")).text


async def test_chinese_operators_read_chinese(talk: Talk) -> None:
    talk.language = "zh"
    assert "训练：" in (await talk.say(op.op)).text
    assert "不再得到回答" in (await talk.say(op.op, "block 8")).text
