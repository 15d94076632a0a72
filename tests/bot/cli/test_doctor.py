"""`tonefit doctor`: what is there, and what to do about what is not."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import aiohttp
import redis

from bot.sandbox.server import Sandbox
from tests.conftest import Valkey, free_port

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


async def test_a_bot_that_no_group_may_add_is_told_where_to_change_that(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        sandbox.world.bot["can_join_groups"] = False
        found = await asyncio.to_thread(examine, tmp_path, token="1:x", api_url=sandbox.url)
    assert (found.returncode, "/setjoingroups" in found.stdout) == (1, True), found.stdout


async def test_privacy_mode_is_no_fault_and_is_said_with_its_consequence(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        found = await asyncio.to_thread(examine, tmp_path, token="1:x", api_url=sandbox.url)
        assert "privacy mode is on" in found.stdout
        sandbox.world.bot["can_read_all_group_messages"] = True
        found = await asyncio.to_thread(examine, tmp_path, token="1:x", api_url=sandbox.url)
    assert (found.returncode, "reads all messages in groups" in found.stdout) == (0, True), found.stdout


async def test_polling_beside_a_webhook_and_a_foreign_webhook_are_conflicts(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        foreign = f"http://127.0.0.1:{free_port()}/other"
        async with aiohttp.ClientSession() as session:
            hook = f"{sandbox.url}/bot1:x/setWebhook"
            async with session.post(hook, json={"url": foreign}) as answer:
                assert answer.status == 200
        ours = {"token": "1:x", "api_url": sandbox.url}
        found = await asyncio.to_thread(examine, tmp_path, **ours)
        assert (found.returncode, "take updates from each other" in found.stdout) == (1, True), found.stdout
        other = ours | {"webhook_url": "https://bot.example/hook"}
        found = await asyncio.to_thread(examine, tmp_path, **other)
        assert (found.returncode, "another program uses the token" in found.stdout) == (1, True), found.stdout
        found = await asyncio.to_thread(examine, tmp_path, **(ours | {"webhook_url": foreign}))
    assert (found.returncode, "by a webhook, 0 wait" in found.stdout) == (0, True), found.stdout


async def test_a_redis_that_forgets_or_throws_away_is_found(own_valkey: Valkey, tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        where = {"token": "1:x", "api_url": sandbox.url, "redis_url": own_valkey.url}

        async def said() -> str:
            found = await asyncio.to_thread(examine, tmp_path, **where)
            assert found.returncode == 1  # no worker runs
            return next(line for line in found.stdout.splitlines() if " redis " in line)

        with redis.Redis.from_url(own_valkey.url) as client:
            assert "writes all down, throws nothing away" in await said()
            client.config_set("appendonly", "no")
            assert "set appendonly to yes" in await said()
            client.config_set("appendonly", "yes")
            client.config_set("maxmemory-policy", "allkeys-lru")
            assert "noeviction" in await said()
            client.config_set("maxmemory-policy", "noeviction")
            client.config_set("maxmemory", int(client.info("memory")["used_memory"] * 1.02))
            assert "of its memory" in await said()


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
