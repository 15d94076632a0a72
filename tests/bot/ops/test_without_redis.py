"""What the operators' server says while Redis is away, and that it comes back by itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp

from bot.ops.api_keys import ApiKeys
from tests.bot.ops.operated import PATIENCE, operated


async def test_whoever_asks_while_redis_is_away_is_told_so_and_served_once_it_is_back(tmp_path: Path) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with operated(tmp_path) as bot, aiohttp.ClientSession(timeout=PATIENCE, cookie_jar=jar) as http:
        headers = {"Authorization": f"Bearer {await ApiKeys(bot.redis).new('tests')}"}
        async with http.post(f"{bot.url}/ops/api/signin", json={"code": await bot.code()}) as response:
            assert response.status == 200
        async with http.get(f"{bot.url}/ops/api/events") as stream:
            assert await stream.content.readline() == b"event: state\n"
            bot.valkey.kill()
            async with asyncio.timeout(20):
                while await stream.content.readline() != b"event: away\n":
                    continue
        for call, sent in (("/api/v1/jobs", headers), ("/ops/api/session", {})):
            async with http.get(f"{bot.url}{call}", headers=sent) as response:
                assert (response.status, response.headers["Retry-After"]) == (503, "5")
                assert (await response.json())["detail"] == "Redis does not answer."
        bot.valkey.start()
        async with asyncio.timeout(20):
            while True:
                async with http.get(f"{bot.url}/api/v1/jobs", headers=headers) as response:
                    if response.status == 200:
                        break
                await asyncio.sleep(0.1)
