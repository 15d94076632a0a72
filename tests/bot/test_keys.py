"""The table of keys in deploy/OPERATIONS.md says what a run of the bot really leaves in Redis."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis.asyncio

from bot.limiter import Lane, Limiter
from bot.sandbox import scene
from bot.sandbox.state import Chat
from tests.bot.conftest import World

OPERATIONS = Path(__file__).parents[2] / "deploy" / "OPERATIONS.md"
ROW = re.compile(
    r"^\| `(?P<key>(?:tonefit|rq):[^`]*)` \| (?P<type>\w+) \| (?P<owner>bot|both) \| (?P<ttl>[^|]+) \|"
)
UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
EXPECTED = 40  # rows of which a run leaves something; the others need a failure or somebody's order


@dataclass(frozen=True)
class Row:
    key: re.Pattern[str]
    type: str
    ttl: str

    @property
    def specific(self) -> int:
        return len(re.sub(r"\[\^:\]\+|\.\+", "", self.key.pattern))

    def holds(self, kind: str, left: int) -> bool:
        """Whether a key's type and its seconds to live (-1: for ever) are as the table says."""
        if self.type == "any":
            return True
        spans = [float(n) * UNITS[unit] for n, unit in re.findall(r"([\d.]+) (s|min|h|d)\b", self.ttl)]
        forever = self.ttl.startswith("none")
        return kind == self.type and (
            (forever and left == -1) or (bool(spans) and 0 <= left <= max(spans) + 1)
        )


def table() -> list[Row]:
    found = [match for line in OPERATIONS.read_text("utf-8").splitlines() if (match := ROW.match(line))]
    return [Row(_pattern(match["key"]), match["type"], match["ttl"].strip()) for match in found]


def _pattern(key: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+\})", key)
    free = ".+" if key.startswith(("rq:", "tonefit:limits:")) else "[^:]+"
    return re.compile("".join(free if part.startswith("{") else re.escape(part) for part in parts))


@pytest.mark.slow
async def test_every_key_of_a_run_stands_in_the_table_with_its_type_and_ttl(
    still_world: World, redis_client: redis.asyncio.Redis
) -> None:
    world = still_world
    await world.start()
    await world.ask("/s what a wonderful day, I love it")
    judged = await world.ask("/s what a wonderful day, I love it")
    right = judged["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    await world.sandbox.press(scene.ADA, scene.ADA, judged["message_id"], right)
    await world.ask("/new mail junk fine")
    await world.ask(
        "/teach mail\n" + "\n".join(f"{w}: text number {n} {w}" for n in range(8) for w in ("junk", "fine"))
    )
    await world.ask("/train mail")
    await world.ask("/lang zh")
    group = world.sandbox.add_chat(
        Chat(-77, "group", "Old", members={scene.ADA: "creator", world.sandbox.world.bot_id: "administrator"})
    )
    await world.ask("/s@tonefit_bot a nice day", chat=group.id)
    await world.ask("/tagging reply min=0.5", chat=group.id)
    await world.ask("/digest daily 09:00", chat=group.id)
    await world.sandbox.reply_to(await world.sandbox.say(scene.ADA, group.id, "I love it so much"), 15)
    await world.ask("/tagging react", chat=scene.CHANNEL)
    await world.sandbox.say(scene.ADA, scene.CHANNEL, "I love it so much")
    world.sandbox.fault("429", "sendMessage", scene.GRACE, retry_after=60)
    await world.sandbox.say(scene.GRACE, scene.GRACE, "/s hello")
    limiter = Limiter(redis_client)
    await limiter.wait(-77, Lane.REPLY)
    await limiter.refused(-77)
    new = world.sandbox.migrate(group.id)
    await world.ask("/s@tonefit_bot a nice day", chat=new)
    await asyncio.sleep(1)
    rows, made = table(), set()
    async for name in redis_client.scan_iter():
        key, kind = name.decode(), (await redis_client.type(name)).decode()
        left = await redis_client.ttl(name)
        if kind == "none" or left == -2:
            continue  # it ended just now
        of = [row for row in rows if row.key.fullmatch(key)]
        assert of, f"{key} stands in no row"
        row = max(of, key=lambda row: row.specific)
        assert row.holds(kind, left), f"{key} is a {kind} for {left} s; the table says {row.type}, {row.ttl}"
        made.add(row.key.pattern)
    assert len(made) >= EXPECTED, sorted({row.key.pattern for row in rows} - made)
