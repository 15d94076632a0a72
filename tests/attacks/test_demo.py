"""The demo's web chat knows no passwords: it serves this machine's own pages and programs alone."""

from __future__ import annotations

import aiohttp
import pytest

from bot.sandbox.scene import ADA
from bot.sandbox.server import Sandbox

READ = ("/", "/chat/state", "/chat/events", f"/chat/messages?person={ADA}&chat={ADA}", "/bot1:t/getUpdates")
SENT = {"person": str(ADA), "chat": str(ADA), "text": "said by nobody here"}
BY_BOT = {"chat_id": str(ADA), "text": "said by no bot"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rebound.example"},
        {"Host": "rebound.example", "Origin": "http://rebound.example", "Sec-Fetch-Site": "same-origin"},
        {"Host": "127.0.0.1.rebound.example"},
        {"Host": "127.0.0.1@rebound.example"},
        {"Origin": "http://elsewhere.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost:1", "Sec-Fetch-Site": "same-site"},  # another program's page here
        {"Origin": "http://elsewhere.example"},  # a browser that does not say the relation
        {"Origin": "null"},
    ],
)
async def test_no_page_of_another_site_reads_or_writes_the_chats_of_the_demo(headers: dict[str, str]) -> None:
    async with Sandbox() as sandbox, aiohttp.ClientSession(sandbox.url) as browser:
        before = len(sandbox.messages(ADA))
        for path in READ:
            async with browser.get(path, headers=headers) as response:
                assert response.status == 403, path
        upgrade = {**headers, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        async with browser.get("/chat/events", headers=upgrade) as response:
            assert response.status == 403
        for path, form in (("/chat/send", SENT), ("/bot1:t/sendMessage", BY_BOT)):
            async with browser.post(path, data=form, headers=headers) as response:  # as a plain form does
                assert response.status == 403, path
        assert len(sandbox.messages(ADA)) == before
        assert sandbox.calls == []
