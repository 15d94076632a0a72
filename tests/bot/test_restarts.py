"""What people see when the bot's process ends, starts again, or is set up otherwise."""

from __future__ import annotations

import signal

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
