"""How the page is offered to operators in Telegram, and that a wheel brings its files along."""

from __future__ import annotations

import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from bot.ops.files import SHARED, STATIC
from bot.sandbox import scene
from tests.bot.ops.operated import operated

ROOT = Path(__file__).parents[3]
STRANGER = 987_654  # has no chat with the bot


async def test_operators_alone_get_a_button_that_opens_the_page_by_https(tmp_path: Path) -> None:
    operators = f"{scene.ADA},{STRANGER}"
    async with operated(
        tmp_path, TONEFIT_OPS_URL="https://bot.example.org/", TONEFIT_OPERATORS=operators
    ) as bot:
        deadline = time.monotonic() + 20
        while len(bot.world.sandbox.calls_of("setChatMenuButton")) < 2:
            assert time.monotonic() < deadline
            await bot.world.ask("/lang")
        chats = bot.world.sandbox.backend.world.chats
        assert chats[scene.ADA].menu_button == {
            "type": "web_app",
            "text": "Tonefit",
            "web_app": {"url": "https://bot.example.org/ops/app"},
        }
        assert chats[scene.GRACE].menu_button is None
        assert f"operator {STRANGER} got no button (BadRequest)" in bot.world.log


async def test_an_address_without_tls_is_no_mini_app_and_the_log_says_so(tmp_path: Path) -> None:
    async with operated(tmp_path, TONEFIT_OPS_URL="http://bot.example.org") as bot:
        await bot.world.ask("/lang")
        assert bot.world.sandbox.calls_of("setChatMenuButton") == []
        assert "no https address" in bot.world.log


@pytest.mark.slow
def test_a_wheel_has_every_file_of_the_page(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {f"bot/ops/static/{path.name}" for path in STATIC.iterdir()}
    wanted |= {f"bot/sandbox/web/{name}" for name in SHARED}
    assert wanted - held == set()
