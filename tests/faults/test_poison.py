"""What happens to an update that nobody can answer, and to those beside it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from bot.connection import connect
from bot.dead_letters import DeadLetter, DeadLetters
from bot.faults import FAULTS, Faults
from tests.faults.conftest import Field


async def test_a_poisoned_update_is_told_and_kept_and_its_chat_goes_on(field: Field) -> None:
    field.program = ("-m", "tests.faults.poisoned_bot")
    await field.start()
    people = field.people(3)
    await field.ask(people, 3)
    await field.ask(people[:1], 1, "/jobs")
    async with asyncio.timeout(30):
        while not await dead_letters(field):  # or a process that dies beside it takes the blame
            await asyncio.sleep(0.1)
    await field.ask(people[1:2], 1, "/models")
    await field.ask(people, 6)
    reviving = asyncio.create_task(revive(field))
    try:
        await field.all_answered(80)
    finally:
        reviving.cancel()
    assert field.out_of_order == []
    for chat in people[:2]:
        told = [message for message in field.sandbox.messages(chat) if "(ref " in message.get("text", "")]
        assert 1 <= len(told) <= 2  # again where the process died between saying it and noting that
    letters = await dead_letters(field)
    assert {letter.reason for letter in letters} == {"RuntimeError", "crashed"}
    await faults_are_kept(field, letters)
    assert len(field.bots) == 4  # the command was begun three times and killed as many bots
    assert not any("somebody's words" in bot.said for bot in field.bots)


async def faults_are_kept(field: Field, letters: list[DeadLetter]) -> None:
    """Check that `/op log` finds what broke under the reference that was told, without anybody's words."""
    redis = connect(field.valkey.url)
    for letter in letters:
        fault = await Faults(redis, DeadLetters(redis)).find(letter.reference)
        assert fault is not None
        assert (fault.kind, fault.chat) == (letter.reason, letter.update["message"]["chat"]["id"])
        assert "poisoned_bot.py" in fault.place or letter.reason == "crashed"
        assert b"somebody" not in (await redis.get(f"{FAULTS}{letter.reference}") or b"")
    await redis.aclose()


async def revive(field: Field) -> None:
    """Start the bot again as often as it dies, as a supervisor does."""
    while True:
        await asyncio.sleep(0.2)
        if field.bots[-1].process.poll() is not None:
            with suppress(AssertionError):  # it died before it said that it answers
                await field.start()


async def dead_letters(field: Field) -> list[DeadLetter]:
    redis = connect(field.valkey.url)
    letters = await DeadLetters(redis).list()
    await redis.aclose()
    return letters
