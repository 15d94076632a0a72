"""Which chats `/chats` knows of: those that the bot was added to, from before that was noted too."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from redis.asyncio import Redis

import bot.ruled
from bot.chat_settings import ChatSettingsStore
from bot.known import KNOWN
from bot.ruled import UNNOTED, Noting, Ruled
from bot.sandbox import scene
from bot.sandbox.server import Sandbox
from bot.schema import SCHEMA, migrate
from bot.sessions import Sessions, settings_key
from handlers.errors import Refusal
from handlers.messages import Chat
from ml import keys
from tests.handlers.conftest import KnownChats


async def test_the_demos_bot_hears_once_of_the_chats_that_were_there_before_it(tmp_path: Path) -> None:
    for _ in range(2):  # at the second start they still wait, and none comes anew
        async with Sandbox(tmp_path) as sandbox:
            sandbox.introduce_bot()
            waiting = [orjson.loads(one.raw) for one in sandbox.backend.updates.waiting.values()]
            assert [one["my_chat_member"]["chat"]["id"] for one in waiting] == [scene.GROUP, scene.CHANNEL]


async def test_chats_from_before_that_was_noted_are_listed_after_the_upgrade(
    redis_client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.ruled, "PAUSE", 0)
    await redis_client.zadd(KNOWN, {"-101": 1, "7": 1})
    await redis_client.zadd(keys.MOOD_CHATS, {"-102": 1})
    await redis_client.set(settings_key(-103), b'{"tagging": "react"}')
    await redis_client.set(settings_key(7), b"{}")
    await redis_client.set(SCHEMA, 3)
    await migrate(redis_client)
    ruled: Any = Ruled(redis_client)
    asked: Any = SimpleNamespace(ruled=ruled, chats=KnownChats({scene.ADA}))
    await bot.ruled.catch_up(redis_client, asked)
    assert sorted(await ruled.of(scene.ADA)) == [-103, -102, -101]
    assert not await redis_client.exists(UNNOTED)


async def test_a_chat_of_which_telegram_did_not_say_who_rules_it_is_asked_about_again(
    redis_client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Silent(KnownChats):
        async def admins(self, chat: int) -> frozenset[int]:
            raise Refusal("silent")

    monkeypatch.setattr(bot.ruled, "SILENT_FOR", 0)
    ruled = Ruled(redis_client)
    asked: Any = SimpleNamespace(
        ruled=ruled, chats=Silent(), chat_settings=ChatSettingsStore(Sessions(redis_client))
    )
    noting = Noting(redis_client, asked)
    for chats, listed in ((Silent(), []), (KnownChats({scene.ADA}), [-100])):
        asked.chats = chats
        noting.hear(Chat(-100, "supergroup", "Team"))
        await asyncio.gather(*noting._tasks)
        assert await ruled.of(scene.ADA) == listed
