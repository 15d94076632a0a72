"""`tonefit doctor`: what is there, and what to do about what is not."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from bot.sandbox.server import Sandbox
from tests.conftest import free_port

ROOT = Path(__file__).parent.parent.parent.parent


def examine(folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TONEFIT_")}
    environment |= {"TONEFIT_DATA_DIR": str(folder), "COLUMNS": "200", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "bot", "doctor"],
        cwd=folder,
        env=environment | {f"TONEFIT_{name.upper()}": value for name, value in settings.items()},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_all_is_well_with_a_token_and_the_embedded_server(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        found = await asyncio.to_thread(examine, tmp_path, token="1:x", api_url=sandbox.url)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "@tonefit_bot" in found.stdout


def test_a_missing_token_is_said_with_what_to_do(tmp_path: Path) -> None:
    found = examine(tmp_path)
    assert found.returncode == 1
    assert "BotFather" in found.stdout


def test_a_server_and_a_redis_that_do_not_answer_are_sentences(tmp_path: Path) -> None:
    away = f"127.0.0.1:{free_port()}"
    found = examine(tmp_path, token="1:hidden", api_url=f"http://{away}", redis_url=f"redis://{away}")
    assert found.returncode == 1
    assert "TONEFIT_API_URL" in found.stdout
    assert "TONEFIT_REDIS_URL" in found.stdout
    assert "Traceback" not in found.stderr
    assert "hidden" not in found.stdout + found.stderr


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    found = examine(tmp_path, redis_url="localhost")
    assert found.returncode == 1
    assert "TONEFIT_REDIS_URL" in found.stderr
    assert "Traceback" not in found.stderr
