"""What a second start finds: everything after a stop, all but the last second after a kill."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import aiohttp
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.sandbox import Sandbox
from bot.sandbox.scene import ADA, GROUP, XIAOMING
from bot.sandbox.storage import FLUSH_INTERVAL
from tests.bot.sandbox.conftest import bot_at, png


async def test_a_second_start_finds_chats_files_and_updates(tmp_path: Path) -> None:
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("a", callback_data="x")]])
    async with Sandbox(tmp_path) as first, bot_at(first) as bot:
        await bot.get_updates(allowed_updates=["message", "message_reaction"])
        said = await first.say(ADA, ADA, "/s good")
        await bot.send_message(ADA, "<b>positive</b>", parse_mode="HTML", reply_markup=keyboard)
        photo = await bot.send_photo(ADA, png(20, 10), caption="fit")
        gone = await bot.send_message(ADA, "gone")
        await bot.delete_message(ADA, gone.message_id)
        await first.react(ADA, ADA, said["message_id"], "👍")
        first.people.speak(XIAOMING, "zh-hant")
        first.set_role(GROUP, first.world.bot_id, "member")
        first.people.block(XIAOMING)
        await bot.set_my_commands([("fit", "draw")])
        before = first.messages(ADA)
        waiting = await bot.get_updates()
    async with Sandbox(tmp_path) as second, bot_at(second) as bot:
        assert second.messages(ADA) == before
        assert second.world.chats[ADA].posts[said["message_id"]].reactions == {"👍": [ADA]}
        assert second.world.people[XIAOMING].language_code == "zh-hant"
        assert second.world.chats[GROUP].role(bot.id) == "member"
        assert second.world.chats[XIAOMING].bot_blocked
        assert [one.command for one in await bot.get_my_commands()] == ["fit"]
        file = await bot.get_file(photo.photo[0])
        assert bytes(await file.download_as_bytearray()) == png(20, 10)
        found = await bot.get_updates()
        assert [update.to_dict() for update in found] == [update.to_dict() for update in waiting]
        assert [update.message_reaction is not None for update in found] == [False, True]
        again = await second.say(ADA, ADA, "next")
        assert again["message_id"] == gone.message_id + 1
        newest = (await bot.get_updates())[-1]
        assert newest.update_id == waiting[-1].update_id + 1
        await bot.get_updates(offset=newest.update_id + 1)
    async with Sandbox(tmp_path) as third:
        assert not third.backend.updates.waiting


async def test_a_webhook_goes_on_after_a_restart(tmp_path: Path) -> None:
    async with Sandbox(tmp_path) as first, bot_at(first) as bot:
        await bot.set_webhook("http://127.0.0.1:9/hook", secret_token="secret", max_connections=3)
    async with Sandbox(tmp_path) as second, bot_at(second) as bot:
        info = await bot.get_webhook_info()
        assert (info.url, info.max_connections) == ("http://127.0.0.1:9/hook", 3)
        await bot.delete_webhook()
    async with Sandbox(tmp_path) as third, bot_at(third) as bot:
        assert (await bot.get_webhook_info()).url == ""


async def test_a_kill_loses_no_more_than_the_last_flush(tmp_path: Path) -> None:
    server = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.sandbox",
        "--port",
        "0",
        "--data",
        str(tmp_path),
        stdout=asyncio.subprocess.PIPE,
    )
    assert server.stdout is not None
    url = (await asyncio.wait_for(server.stdout.readline(), 20)).decode().split()[2].rstrip("/")
    async with aiohttp.ClientSession(url) as client:
        params = {"person": str(ADA), "chat": str(ADA), "text": "kept"}
        async with client.post("/chat/send", data=params) as response:
            kept = await response.json()
        async with client.get("/bot1:t/getUpdates") as response:
            (update,) = (await response.json())["result"]
        await asyncio.sleep(FLUSH_INTERVAL + 0.3)
        server.kill()
        await server.wait()
    async with Sandbox(tmp_path) as second:
        assert [message["text"] for message in second.messages(ADA)] == ["kept"]
        assert list(second.backend.updates.waiting) == [update["update_id"]]
        # ids that the last, lost moment may have used are not used again
        later = await second.say(ADA, ADA, "later")
        assert later["message_id"] > kept["message_id"] + 1000
        assert second.backend.updates.next_id > update["update_id"] + 1000


async def test_nothing_is_written_without_a_folder(sandbox: Sandbox, tmp_path: Path) -> None:
    await sandbox.upload(ADA, ADA, "a.csv", b"1,2")
    await sandbox.backend.storage.flush()
    assert list(tmp_path.iterdir()) == []
