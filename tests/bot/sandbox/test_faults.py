"""What a bot meets on a bad day, on request."""

from __future__ import annotations

import time

import aiohttp
import pytest
from telegram import Bot
from telegram.error import ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter

from bot.sandbox import Sandbox
from bot.sandbox.scene import ADA, GRACE
from tests.bot.sandbox.conftest import Call

pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")


async def test_too_many_requests_says_how_long_to_wait(sandbox: Sandbox, bot: Bot, call: Call) -> None:
    sandbox.fault("429", "sendMessage", retry_after=3)
    assert await call("sendMessage", chat_id=ADA, text="x") == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 3",
        "parameters": {"retry_after": 3},
    }
    sandbox.fault("429", "sendMessage", retry_after=3)
    with pytest.raises(RetryAfter):
        await bot.send_message(ADA, "x")
    assert (await bot.send_message(ADA, "x")).text == "x"
    assert [one["text"] for one in sandbox.messages(ADA)] == ["x"]


async def test_a_fault_can_meet_one_chat_alone_and_several_times(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.fault(method="sendMessage", chat=ADA, kind="429", retry_after=1, times=2)
    assert (await bot.send_message(GRACE, "x")).text == "x"
    for _ in range(2):
        with pytest.raises(RetryAfter):
            await bot.send_message(ADA, "x")
    assert (await bot.send_message(ADA, "x")).text == "x"
    assert [call.error for call in sandbox.calls_of("sendMessage")].count("") == 2


@pytest.mark.parametrize(
    ("kind", "raised"),
    [
        ("409", Conflict),
        ("401", InvalidToken),
        ("500", NetworkError),
        ("502", NetworkError),
        ("blocked", Forbidden),
    ],
)
async def test_each_refusal_is_what_the_library_knows_it_as(
    sandbox: Sandbox, bot: Bot, kind: str, raised: type[Exception]
) -> None:
    sandbox.fault(kind, "sendMessage")
    with pytest.raises(raised):
        await bot.send_message(ADA, "x")
    assert sandbox.messages(ADA) == []


async def test_a_migrated_chat_names_its_new_id(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.fault("migrated", chat=ADA, migrate_to=-100123)
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(ADA, "x")
    assert moved.value.new_chat_id == -100123


async def test_a_cut_may_come_after_the_message_was_sent(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.fault("cut", "sendMessage")
    with pytest.raises(NetworkError):
        await bot.send_message(ADA, "sent all the same")
    sandbox.fault("cut_before", "sendMessage")
    with pytest.raises(NetworkError):
        await bot.send_message(ADA, "never sent")
    assert [message["text"] for message in sandbox.messages(ADA)] == ["sent all the same"]


async def test_a_slow_answer_comes_late(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.fault("slow", "sendMessage", delay=0.2)
    began = time.monotonic()
    await bot.send_message(ADA, "x")
    assert time.monotonic() - began >= 0.2


async def test_a_gateways_error_is_no_json(sandbox: Sandbox, client: aiohttp.ClientSession) -> None:
    sandbox.fault("502")
    async with client.get("/bot1:t/getMe") as response:
        assert (response.status, response.content_type) == (502, "text/html")


async def test_a_download_can_fail_too(sandbox: Sandbox, bot: Bot) -> None:
    await sandbox.upload(ADA, ADA, "a.csv", b"1,2")
    (update,) = await bot.get_updates()
    assert update.message is not None and update.message.document is not None
    file = await update.message.document.get_file()
    for kind in ("500", "cut"):
        sandbox.fault(kind, "file")
        with pytest.raises(NetworkError):
            await file.download_as_bytearray()
    sandbox.fault("slow", "file", delay=0.01)
    assert await file.download_as_bytearray() == b"1,2"


async def test_any_error_can_be_asked_for(sandbox: Sandbox, call: Call) -> None:
    sandbox.fault("error", "getMe", code=420, description="FLOOD_WAIT_7")
    assert await call("getMe") == {"ok": False, "error_code": 420, "description": "FLOOD_WAIT_7"}
    sandbox.fault("409", "getMe", times=9)
    sandbox.api.faults.clear()
    assert (await call("getMe"))["ok"]
