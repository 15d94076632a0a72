"""What happens to answers when Redis dies under the bot, or comes back with less than it had."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.turn import ANSWERS_AT_ONCE
from tests.faults.conftest import Field

CUT = 200  # bytes off the end of the append-only file


async def test_redis_may_be_gone_for_3_s_and_for_25_s_under_load(field: Field) -> None:
    await field.start()
    people = field.people(100)
    for seconds in (3, 25):
        await field.ask(people, 2000)
        await field.until(lambda: 0 < field.lost < 1900, 20)
        field.valkey.kill()
        await field.ask(people, 200)
        await asyncio.sleep(seconds)
        field.valkey.start()
        await field.all_answered(30)
    assert field.lost == 0
    assert field.out_of_order == []
    assert field.repeated <= 2 * ANSWERS_AT_ONCE


async def test_a_bot_starts_again_with_what_a_cut_append_only_file_holds(field: Field) -> None:
    (bot,) = await field.start()
    people = field.people(20)
    await field.ask(people, 20, "/new mail junk fine")
    await field.all_answered(30)
    bot.end()
    field.valkey.kill()
    (written,) = Path(field.valkey.folder).glob("appendonlydir/*.incr.aof")
    written.write_bytes(written.read_bytes()[:-CUT])
    field.valkey.start()
    await field.start()
    await field.ask(people, 20, "/models")
    await field.all_answered(30)
    shown = [field.sandbox.messages(person)[-1]["text"] for person in people]
    assert sum("mail" in text for text in shown) >= len(people) - 1
