"""How a bot keeps up with groups: `python -m tests.bench.groups [SECONDS]`, 60 by default, in real time.

100 groups write 10 messages a second in all, two thirds of them now and then and a third in bursts of one
group; some are commands, some are edited. The local Bot API enforces the limits. Most groups are tagged
by reactions, a tenth by replies.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import redis.asyncio
from rich.console import Console
from rich.table import Table

from bot.sandbox import scene
from bot.sandbox.limits import Limits
from bot.sandbox.server import Sandbox
from bot.sandbox.state import Chat, Person
from ml.predictor import SHIPPED, Model
from tests.bench.machine import described
from tests.bench.server import server
from tests.bench.spine_speed import resident
from tests.bot.conftest import World

GROUPS, RATE = 100, 10.0  # messages a second in all
REPLYING = 10  # groups that are tagged by replies
PEOPLE = 40
BURST = (8, 2.0)  # messages of one group, seconds
IN_BURSTS = 1 / 3
COMMANDS, EDITS = 0.03, 0.03  # of the messages
LEAST = 0.6
FIRST_GROUP = -1_007_000
PERSON = 5_000
SETTLED = 3.0  # seconds after the last message
TEXTS = (
    "I love this so much, what a wonderful day!",
    "This is terrible, I hate it so much",
    "thank you all, that was really great",
    "what a disappointment, never again",
    "The meeting begins at five in room two",
    "今天太开心了，谢谢大家！",
    "太差了，再也不来了",
    "明天下午三点开会",
    "so happy for you, congratulations!",
    "the worst service I ever had, awful",
)


@dataclass
class Said:
    """A message of the run."""

    chat: int
    message_id: int
    at: float
    text: str
    command: bool = False


@dataclass
class Result:
    """What came of a run; delays in milliseconds."""

    said: list[Said] = field(default_factory=list)
    edits: int = 0
    tags: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    expected: int = 0  # messages of whose tone the model is sure enough
    commands: int = 0


def main(seconds: float = 60.0) -> None:
    """Measure and print."""
    asyncio.run(_run(seconds))


async def _run(seconds: float) -> None:
    with server() as (valkey, folder):
        async with Sandbox(limits=True) as sandbox:
            world = World(sandbox, valkey.url, folder, {"TONEFIT_LIMITS": "telegram"})
            await world.start()
            try:
                await _measure(world, seconds)
            finally:
                world.end()


async def _measure(world: World, seconds: float) -> None:
    await _set_up(world)
    client = redis.asyncio.Redis.from_url(world.redis_url)
    assert world.process is not None
    memory = [resident(world.process.pid)]
    used = [(await client.info("memory"))["used_memory"] / 1024**2]
    result = await _talk(world, seconds)
    await asyncio.sleep(SETTLED)
    memory.append(resident(world.process.pid))
    used.append((await client.info("memory"))["used_memory"] / 1024**2)
    await client.aclose()
    _judge(world, result)
    _print(world, result, seconds, memory, used)


async def _set_up(world: World) -> None:
    """Make the groups and switch tagging on in each, as fast as the limits let the answers through."""
    sandbox = world.sandbox
    people = [sandbox.add_person(Person(PERSON + number, f"P{number}")).id for number in range(PEOPLE)]
    for number in range(GROUPS):
        members = {scene.ADA: "creator", sandbox.world.bot_id: "administrator"}
        members |= dict.fromkeys(people, "member")
        sandbox.add_chat(Chat(FIRST_GROUP - number, "supergroup", f"Group {number}", members=members))
    modes = ["reply" if number < REPLYING else "react" for number in range(GROUPS)]
    for start in range(0, GROUPS, 15):  # below what a person may ask in a minute
        asked = [
            world.ask(
                f"/tagging {mode} min={LEAST}",
                person=scene.ADA,
                chat=FIRST_GROUP - number,
                name=FIRST_GROUP - number,  # each as its own anonymous admin
            )
            for number, mode in list(enumerate(modes))[start : start + 15]
        ]
        await asyncio.gather(*asked)


def _plan(seconds: float) -> Iterator[tuple[float, int]]:
    """Return when which group writes, in order of time."""
    chance = random.Random(0)
    moments: list[tuple[float, int]] = []
    steady = int(RATE * seconds * (1 - IN_BURSTS))
    moments += [(chance.uniform(0, seconds), chance.randrange(GROUPS)) for _ in range(steady)]
    count, span = BURST
    for _ in range(int(RATE * seconds * IN_BURSTS / count)):
        begun, group = chance.uniform(0, seconds - span), chance.randrange(GROUPS)
        moments += [(begun + chance.uniform(0, span), group) for _ in range(count)]
    yield from sorted(moments)


async def _talk(world: World, seconds: float) -> Result:
    result, chance = Result(), random.Random(1)
    begun = time.time()
    for at, group in _plan(seconds):
        await asyncio.sleep(max(0.0, begun + at - time.time()))
        person, chat, text = PERSON + chance.randrange(PEOPLE), FIRST_GROUP - group, chance.choice(TEXTS)
        command = chance.random() < COMMANDS
        now = time.time()
        message = await world.sandbox.say(person, chat, f"/s {text}" if command else text)
        result.said.append(Said(chat, message["message_id"], now, text, command))
        if not command and chance.random() < EDITS:
            result.edits += 1
            await world.sandbox.edit(person, chat, message["message_id"], chance.choice(TEXTS))
    return result


def _judge(world: World, result: Result) -> None:
    """Find each message's tag or answer among the calls of the bot."""
    sure = {
        text: one.probability >= LEAST
        for text, one in zip(TEXTS, Model.load(SHIPPED).classify(list(TEXTS)), strict=True)
    }
    tagged: dict[tuple[int, int], float] = {}
    for call in world.sandbox.calls:
        if call.error:
            continue
        quoted = (call.params.get("reply_parameters") or {}).get("message_id")
        place = (call.params.get("chat_id", 0), call.params.get("message_id") or quoted or 0)
        if call.method in {"setMessageReaction", "sendMessage"}:
            tagged.setdefault(place, call.time)
    for said in result.said:
        at = tagged.get((said.chat, said.message_id))
        result.commands += said.command
        result.expected += not said.command and sure[said.text]
        if at is not None:
            (result.answers if said.command else result.tags).append(1000 * (at - said.at))


def _print(world: World, result: Result, seconds: float, memory: list[float], used: list[float]) -> None:
    limits = world.sandbox.api.limits
    assert isinstance(limits, Limits)
    messages = len(result.said) - result.commands
    tags, answers = sorted(result.tags), sorted(result.answers)
    table = Table("", "", title=f"{GROUPS} groups, {len(result.said) / seconds:.1f} messages a second")
    rows = {
        "messages, edits": f"{messages:,}, {result.edits}",
        "tags a message": f"{len(tags) / max(1, messages):.3f}",
        "of which the model is sure": f"{result.expected:,}",
        "tagged of these": f"{len(tags) / max(1, result.expected):.1%}",
        "dropped": f"{max(0, result.expected - len(tags))}",
        "delay of a tag, p50 / p99": f"{_at(tags, 0.5):.0f} / {_at(tags, 0.99):.0f} ms",
        "commands answered": f"{len(answers)} of {result.commands}",
        "delay of an answer, p50 / p99": f"{_at(answers, 0.5):.0f} / {_at(answers, 0.99):.0f} ms",
        "calls refused by the limits": f"{limits.refused}",
        **{f"most {name} in its window": f"{most}" for name, most in sorted(limits.highest.items())},
        "memory of the bot, before / after": f"{memory[0]:.0f} / {memory[1]:.0f} MB",
        "memory of Redis, before / after": f"{used[0]:.1f} / {used[1]:.1f} MB",
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
    }
    for name, figure in rows.items():
        table.add_row(name, figure)
    console = Console()
    console.print(described())
    console.print(table)


def _at(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


if __name__ == "__main__":
    main(*map(float, sys.argv[1:2]))
