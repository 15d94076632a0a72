"""What was deleted leaves Redis, its file and the logs: planted texts are looked for everywhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest
import redis.asyncio

from bot.connection import connect
from bot.dead_letters import DEAD, DeadLetters
from bot.erasure import REWRITTEN, Eraser
from bot.inbox import STREAMS, Entry, Inbox
from bot.sandbox import scene
from bot.sandbox.server import Sandbox
from bot.sandbox.state import Chat
from tests.bot.conftest import World
from tests.conftest import Valkey

PLANTED = "zq7planted"  # letters that nobody else writes


@pytest.fixture
async def client(own_valkey: Valkey) -> AsyncIterator[redis.asyncio.Redis]:
    held = connect(own_valkey.url)
    yield held
    await asyncio.wait_for(held.aclose(), 5)


async def rewritten(client: redis.asyncio.Redis) -> None:
    """Wait until the file was rewritten."""
    async with asyncio.timeout(60):
        while True:
            state = await client.info("persistence")
            if not state["aof_rewrite_in_progress"] and not state["aof_rewrite_scheduled"]:
                return
            await asyncio.sleep(0.05)


def files_with(folder: Path, text: str) -> list[str]:
    """Return the files that hold a text, in any case."""
    needle = text.encode()
    return [str(file) for file in folder.rglob("*") if file.is_file() and needle in file.read_bytes().lower()]


async def keys_with(client: redis.asyncio.Redis, text: str) -> list[str]:
    """Return the keys whose name or content holds a text."""
    found = []
    async for name in client.scan_iter():
        content = await client.dump(name)  # uncompressed: `rdbcompression` is off
        if text.encode() in name.lower() or text.encode() in (content or b"").lower():
            found.append(name.decode())
    return found


async def test_deleted_entries_of_streams_leave_the_file_with_the_rewrite(
    client: redis.asyncio.Redis, own_valkey: Valkey
) -> None:
    await client.config_set("rdbcompression", "no")
    inbox, letters, eraser = Inbox(client), DeadLetters(client), Eraser(client)
    updates = [
        {"update_id": n, "message": {"chat": {"id": 16}, "text": text}}
        for n, text in enumerate((PLANTED, "words that wait"))
    ]
    await inbox.put(updates)
    first, second = await inbox.read({0: "0-0"})
    await inbox.acknowledge([first])
    await client.xadd(DEAD, {"update": orjson.dumps(updates[0]), "reference": "A", "reason": "B"}, id="1-1")
    await letters.bury(Entry(1, "9-9", 17, updates[1]), "AAAA", "Broken")  # a younger one, which stays
    assert await keys_with(client, PLANTED)
    assert await eraser.look()
    await rewritten(client)
    assert await keys_with(client, PLANTED) == []
    assert files_with(own_valkey.folder, PLANTED) == []
    assert await inbox.read({0: "0-0"}) == [second]
    assert [letter.reference for letter in await letters.list()] == ["AAAA"]
    await inbox.put([{"update_id": 7, "message": {"chat": {"id": 16}, "text": "after"}}])
    assert [entry.update["update_id"] for entry in await inbox.read({0: second.id})] == [7]
    assert len(STREAMS) == 16


async def test_one_replica_rewrites_once_in_a_while_and_only_what_has_grown(
    client: redis.asyncio.Redis,
) -> None:
    replicas = [Eraser(client) for _ in range(3)]
    await client.set("a", "b")
    assert sum([await replica.look() for replica in replicas]) == 1
    await rewritten(client)
    await client.delete(REWRITTEN)
    await client.bgrewriteaof()
    await rewritten(client)
    assert not await replicas[0].look()
    await client.set("a", "c")
    assert await replicas[0].look()


async def test_texts_of_people_who_left_are_in_no_key_no_file_and_no_log(
    client: redis.asyncio.Redis, own_valkey: Valkey, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await client.config_set("rdbcompression", "no")
    async with Sandbox() as sandbox:
        world = World(sandbox, own_valkey.url, tmp_path_factory.mktemp("bot"))
        await world.start()
        members = {scene.ADA: "creator", scene.GRACE: "member", sandbox.world.bot_id: "administrator"}
        group = sandbox.add_chat(Chat(-1_007_000, "supergroup", "Tea", members=members)).id
        await world.ask("/new tone positive negative", chat=group)
        assert "texts are kept for 24 h" in (await world.ask("/learn on", chat=group))["text"]
        await world.ask("/tagging reply min=0.35", chat=group)
        said = await sandbox.say(scene.ADA, group, f"I love {PLANTED} so much")
        await sandbox.reply_to(said, 30)
        await sandbox.react(scene.GRACE, group, said["message_id"], "😁")
        assert "/learn is on" in (await world.ask("/privacy", chat=group))["text"]
        await world.ask(f"/s I love {PLANTED}")
        await world.ask(f"/fit {PLANTED}")
        await world.ask(f"/{PLANTED}")
        assert "1 example" in (await world.ask("/privacy"))["text"]
        assert await keys_with(client, PLANTED)
        asked = await world.ask("/forget me")
        data = asked["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        pressed = await sandbox.press(scene.ADA, scene.ADA, asked["message_id"], data)
        await asyncio.wait_for(pressed.answer, 30)
        assert "0 examples in 0 models" in (await world.ask("/privacy"))["text"]
        await Eraser(client).rewrite()
        await rewritten(client)
        assert await keys_with(client, PLANTED) == []
        assert files_with(own_valkey.folder, PLANTED) == []
        world.end()
        assert PLANTED not in world.log.lower()
