"""A running bot with its operators' server, and ways to come in by the right door or a wrong one."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import redis.asyncio

from bot.connection import connect
from bot.dead_letters import DeadLetters
from bot.inbox import Entry
from bot.ops.signin import Signins
from bot.sandbox import scene
from bot.sandbox.server import Sandbox
from tests.bot.conftest import World
from tests.conftest import Valkey, free_port

TOKEN = "1:test-token"  # of every `World`
PATIENCE = aiohttp.ClientTimeout(30)


@dataclass
class Operated:
    """A bot whose operators' server listens at `url`; Ada is its operator."""

    world: World
    valkey: Valkey
    url: str
    redis: redis.asyncio.Redis

    async def code(self) -> str:
        """A link's code, as the command line makes it."""
        return await Signins(self.redis).new_link()

    async def link(self) -> str:
        return f"{self.url}/ops/#code={await self.code()}"

    async def bury(self, reference: str, text: str) -> None:
        """Leave a command of Ada's among the dead letters."""
        ada = {"id": scene.ADA, "is_bot": False, "first_name": "Ada", "type": "private"}
        said = {"message_id": 5_000_001, "date": int(time.time()), "chat": ada, "from": ada, "text": text}
        entry = Entry(0, "1-1", scene.ADA, {"update_id": 900_000_001, "message": said})
        await DeadLetters(self.redis).bury(entry, reference, "ValueError")


@contextlib.asynccontextmanager
async def operated(folder: Path, **environment: str) -> AsyncIterator[Operated]:
    """Run a bot with an operators' server."""
    port = free_port()
    for name in ("valkey", "bot"):
        (folder / name).mkdir()
    valkey = Valkey(folder / "valkey")
    valkey.start()
    settings = {"TONEFIT_OPS_LISTEN": f"127.0.0.1:{port}", "TONEFIT_OPERATORS": str(scene.ADA)}
    client = connect(valkey.url)
    try:
        async with Sandbox() as sandbox:
            world = World(sandbox, valkey.url, folder / "bot", settings | environment)
            try:
                await world.start()
                yield Operated(world, valkey, f"http://127.0.0.1:{port}", client)
            finally:
                world.end()
    finally:
        await client.aclose()
        valkey.kill()


def init_data(
    person: int = scene.ADA, *, token: str = TOKEN, age: float = 0, signed: dict[str, str] | None = None
) -> str:
    """What Telegram gives a Mini App, by the rules of core.telegram.org/bots/webapps.

    Args:
        signed: Fields instead of the usual ones.
    """
    user = {"id": person, "first_name": "Ada", "language_code": "en", "allows_write_to_pm": True}
    fields = {
        "query_id": "AAHdF6IQAAAAAN0XohDhrOrc",
        "user": json.dumps(user, separators=(",", ":")),
        "auth_date": str(int(time.time() - age)),
        "signature": "6fbdaab833d39f54518bd5c3eb3f511d035e68cb",
    }
    fields = fields if signed is None else signed
    checked = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    return urlencode({**fields, "hash": hmac.new(key, checked.encode(), hashlib.sha256).hexdigest()})
