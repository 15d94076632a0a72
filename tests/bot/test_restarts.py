"""What people see when the bot's process ends, starts again, or is set up otherwise."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from bot.sandbox import scene
from tests.bot.conftest import World
from tests.conftest import free_port

POINTS = "1,2 2,4.1 3,5.9 4,8.2 5,9.8"


async def test_the_fit_is_still_known_after_the_bot_was_killed(still_world: World) -> None:
    await still_world.start()
    await still_world.ask(f"/fit {POINTS}")
    still_world.end(signal.SIGKILL)
    await still_world.start()
    assert "19." in (await still_world.ask("/predict x=10"))["text"]


async def test_what_was_written_while_the_bot_was_down_is_answered(still_world: World) -> None:
    await still_world.start()
    still_world.end(signal.SIGKILL)
    said = await still_world.sandbox.say(scene.ADA, scene.ADA, "/s what a wonderful day, I love it")
    await still_world.start()
    assert "positive" in (await still_world.sandbox.reply_to(said, 15))["text"]


async def test_the_same_bot_answers_by_webhook(still_world: World) -> None:
    listen = f"127.0.0.1:{free_port()}"
    still_world.environment = {
        "TONEFIT_WEBHOOK_URL": f"http://{listen}/hook",
        "TONEFIT_WEBHOOK_LISTEN": listen,
    }
    await still_world.start()
    assert "positive" in (await still_world.ask("/s what a wonderful day, I love it"))["text"]
    assert not still_world.sandbox.calls_of("getUpdates")


async def test_a_token_that_nobody_knows_ends_with_a_sentence(still_world: World) -> None:
    still_world.sandbox.fault("401", "getMe", times=9)
    with pytest.raises(AssertionError, match="does not know this token"):
        await still_world.start()


async def test_the_bot_ends_when_told_even_while_the_bot_api_is_away(still_world: World) -> None:
    still_world.environment = {"TONEFIT_API_URL": f"http://127.0.0.1:{free_port()}"}
    starting = asyncio.create_task(still_world.start())
    while "does not answer" not in (still_world.log if (still_world.folder / "bot.log").exists() else ""):
        await asyncio.sleep(0.1)
    assert still_world.process is not None
    still_world.process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(still_world.process.wait, 5) == 0
    starting.cancel()


async def test_a_bad_moment_of_the_bot_api_at_the_start_is_outlasted(still_world: World) -> None:
    still_world.sandbox.fault("cut_before", "deleteWebhook")
    still_world.sandbox.fault("502", "getMe", times=2)
    await still_world.start()
    assert "positive" in (await still_world.ask("/s what a wonderful day, I love it"))["text"]


async def test_an_answer_whose_receipt_was_lost_is_not_followed_by_an_excuse(still_world: World) -> None:
    await still_world.start()
    still_world.sandbox.fault("cut", "sendMessage")
    await still_world.ask("/s what a wonderful day, I love it")
    await still_world.ask("/help")
    ours = [m for m in still_world.sandbox.messages(scene.ADA) if m["from"]["is_bot"]]
    assert len(ours) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent is gone")
async def test_no_worker_is_left_over_when_the_bot_is_killed(still_world: World) -> None:
    still_world.arguments = ("--with-worker",)
    await still_world.start()
    assert still_world.process is not None
    children = Path(f"/proc/{still_world.process.pid}/task").glob("*/children")
    workers = [int(pid) for file in children for pid in file.read_text().split()]
    assert workers
    still_world.end(signal.SIGKILL)
    for _ in range(100):
        if not any(Path(f"/proc/{pid}").exists() for pid in workers):
            return
        await asyncio.sleep(0.1)
    raise AssertionError("a worker goes on without its bot")
