"""What happens to answers when a bot's process dies or stands still."""

from __future__ import annotations

import asyncio
import signal
import time

from bot.inbox import SHARDS
from bot.turn import ANSWERS_AT_ONCE
from tests.faults.conftest import Field

TAKEN_OVER_WITHIN = 10.0  # seconds


async def test_a_bot_killed_in_the_middle_of_2000_updates_loses_none_and_repeats_eight_at_most(
    field: Field,
) -> None:
    (bot,) = await field.start()
    await field.ask(field.people(200), 2000)
    await field.until(lambda: field.answers >= 800, 30)
    bot.send(signal.SIGKILL)
    await field.start()
    await field.all_answered(40)
    assert field.lost == 0
    assert field.repeated <= ANSWERS_AT_ONCE
    assert field.out_of_order == []
    for chat in field.asked:
        below = field.buttons_below(chat)
        assert all(len(rows) == 1 for rows in below.values()), "an answer's second time has other buttons"
        assert len(set.union(*below.values())) == len(below), "two messages share their buttons"


async def test_of_three_replicas_one_may_die_and_one_stand_still(field: Field) -> None:
    first, second, _ = await field.start(3)
    people = field.people(200)
    asking = asyncio.create_task(keep_asking(field, people, seconds=20))
    await field.until(lambda: field.answers >= 300, 20)
    first.send(signal.SIGKILL)
    await taken_over(field, SHARDS // 3 - 1)
    second.send(signal.SIGSTOP)
    await taken_over(field, SHARDS // 3 - 1)
    second.send(signal.SIGCONT)
    await asking
    await field.all_answered(30)
    assert field.lost == 0
    assert field.out_of_order == []
    assert field.repeated <= 2 * ANSWERS_AT_ONCE


async def keep_asking(field: Field, people: list[int], seconds: float) -> None:
    """Let everybody write again and again."""
    until = time.monotonic() + seconds
    number = 0
    while time.monotonic() < until:
        await field.ask(people[number : number + 20], 20)
        number = (number + 20) % len(people)
        await asyncio.sleep(0.2)


async def taken_over(field: Field, count: int) -> None:
    """Wait until the shards of a replica have other owners, and what was asked before is answered."""
    before = {chat: list(asked) for chat, asked in field.asked.items()}
    said = [bot.said.count("taken over") for bot in field.bots]
    await field.until(
        lambda: sum(bot.said.count("taken over") for bot in field.bots) >= sum(said) + count,
        TAKEN_OVER_WITHIN,
    )
    await field.until(
        lambda: all(set(asked) <= set(field.answered(chat)) for chat, asked in before.items()), 30
    )
