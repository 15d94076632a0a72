"""What long polling hands out, when, and what leaves the queue."""

from __future__ import annotations

import asyncio
import time

from telegram import Bot, Update

from bot.sandbox import Sandbox
from bot.sandbox.scene import ADA, CHANNEL, GROUP, XIAOMING
from tests.bot.sandbox.conftest import Call


async def test_an_update_stays_until_a_later_offset_is_asked_for(sandbox: Sandbox, call: Call) -> None:
    for text in ("a", "b", "c"):
        await sandbox.say(ADA, ADA, text)
    first = (await call("getUpdates"))["result"]
    ids = [update["update_id"] for update in first]
    assert ids == [ids[0], ids[0] + 1, ids[0] + 2]
    assert (await call("getUpdates"))["result"] == first
    assert (await call("getUpdates", offset=ids[1]))["result"] == first[1:]
    assert (await call("getUpdates", offset=ids[0]))["result"] == first[1:]
    assert (await call("getUpdates", offset=ids[2] + 1))["result"] == []


async def test_limit_and_negative_offset(sandbox: Sandbox, call: Call) -> None:
    for text in "abcdef":
        await sandbox.say(ADA, ADA, text)
    assert len((await call("getUpdates", limit=2))["result"]) == 2
    newest = (await call("getUpdates", offset=-2))["result"]
    assert [update["message"]["text"] for update in newest] == ["e", "f"]
    assert (await call("getUpdates"))["result"] == newest


async def test_an_offset_of_another_server_loses_nothing(sandbox: Sandbox, call: Call) -> None:
    await sandbox.say(ADA, ADA, "a")
    (update,) = (await call("getUpdates", offset=2_000_000_000))["result"]
    assert update["message"]["text"] == "a"


async def test_a_poll_waits_for_what_comes(sandbox: Sandbox, bot: Bot) -> None:
    polling = asyncio.create_task(bot.get_updates(timeout=10))
    await asyncio.sleep(0.05)
    assert not polling.done()
    await sandbox.say(ADA, ADA, "/start")
    (update,) = await polling
    assert isinstance(update, Update)
    assert update.message is not None
    assert (update.message.text, update.message.entities[0].type) == ("/start", "bot_command")


async def test_a_poll_ends_empty_after_its_time(call: Call) -> None:
    began = time.monotonic()
    assert (await call("getUpdates", timeout=1))["result"] == []
    assert 0.9 < time.monotonic() - began < 3


async def test_of_two_pollers_the_first_meets_a_conflict(sandbox: Sandbox, call: Call) -> None:
    first = asyncio.create_task(call("getUpdates", timeout=10))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(call("getUpdates", timeout=10))
    refused = await first
    assert (refused["error_code"], refused["description"]) == (
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    )
    await sandbox.say(ADA, ADA, "x")
    assert len((await second)["result"]) == 1


async def test_only_kinds_that_were_asked_for_are_kept(sandbox: Sandbox, call: Call) -> None:
    await call("getUpdates", allowed_updates=["channel_post", "no_such_kind"])
    await sandbox.say(ADA, ADA, "private")
    await sandbox.say(ADA, CHANNEL, "post")
    (update,) = (await call("getUpdates"))["result"]
    assert update["channel_post"]["text"] == "post"
    assert (await call("getWebhookInfo"))["result"]["allowed_updates"] == ["channel_post"]
    await call("getUpdates", allowed_updates=[])
    await sandbox.say(ADA, ADA, "private")
    assert "message" in (await call("getUpdates"))["result"][-1]


async def test_a_press_that_nobody_fetches_is_dropped(sandbox: Sandbox, call: Call) -> None:
    keyboard = {"inline_keyboard": [[{"text": "a", "callback_data": "x"}]]}
    sent = (await call("sendMessage", chat_id=ADA, text="?", reply_markup=keyboard))["result"]
    await sandbox.press(ADA, ADA, sent["message_id"], "x")
    await sandbox.say(ADA, ADA, "later")
    for waiting in sandbox.backend.updates.waiting.values():
        waiting.expires -= 151
    assert [list(update)[1] for update in (await call("getUpdates"))["result"]] == ["message"]


async def test_messages_of_people_and_edits_arrive_as_their_kinds(sandbox: Sandbox, bot: Bot) -> None:
    said = await sandbox.say(XIAOMING, GROUP, "你好 @tonefit_bot")
    sandbox.people.edit(XIAOMING, GROUP, said["message_id"], "再见")
    await sandbox.say(ADA, CHANNEL, "news")
    message, edited, post = await bot.get_updates()
    assert message.message is not None and edited.edited_message is not None and post.channel_post is not None
    assert message.message.from_user is not None
    assert (message.message.from_user.language_code, message.message.chat.is_forum) == ("zh-hans", True)
    assert (edited.edited_message.text, edited.edited_message.message_id) == ("再见", said["message_id"])
    assert edited.edited_message.edit_date is not None
    assert post.channel_post.sender_chat is not None and post.channel_post.from_user is None
