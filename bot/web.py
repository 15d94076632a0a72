"""Intake by webhook: an aiohttp server that writes updates into the inbox before it says 200."""

from __future__ import annotations

import hashlib
import hmac
import logging
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from redis.exceptions import RedisError

from bot.inbox import Inbox
from bot.request import read_json
from bot.settings import host_and_port
from ml.gather import Gather

log = logging.getLogger(__name__)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
GATHERED_FOR = 0.001  # seconds in which what arrives goes into the inbox in one call
LARGEST_ID = 2**53  # whole numbers that a script in Redis counts exactly


class Webhook:
    """Receives updates at the path of the public address.

    Args:
        url: The public address that Telegram calls; a proxy before us keeps its path.
        secret: What Telegram sends along in a header, so that nobody else can post updates.
    """

    def __init__(self, inbox: Inbox, url: str, listen: str, secret: str) -> None:
        self._put: Gather[dict[str, Any], None] = Gather(self._put_all, delay=GATHERED_FOR)
        self._inbox = inbox
        self._path = urlsplit(url).path or "/"
        self._listen = listen
        self._secret = secret.encode()
        self._runner: web.ServerRunner | None = None

    async def start(self) -> None:
        """Listen."""
        # One address needs no router. A body of more than 1 MB is refused; Telegram's are some kilobytes.
        self._runner = web.ServerRunner(web.Server(self._receive, access_log=None))
        await self._runner.setup()
        host, port = host_and_port(self._listen)
        await web.TCPSite(self._runner, host, port).start()

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _receive(self, request: web.BaseRequest) -> web.Response:
        if request.path != self._path:
            return web.Response(status=404)
        if request.method != "POST":
            return web.Response(status=405, headers={"Allow": "POST"})
        given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._secret):
            return web.Response(status=403)
        try:
            update = read_json(await request.read())
            if type(update["update_id"]) is not int or not 0 <= update["update_id"] < LARGEST_ID:
                raise TypeError  # one that the inbox cannot take would stop those that came with it
        except (ValueError, KeyError, TypeError):
            return web.Response(status=400)
        try:
            await self._put(update)
        except (RedisError, TimeoutError) as error:
            log.warning("redis is away (%s); telegram will deliver again", type(error).__name__)
            return web.Response(status=503)
        return web.Response()

    async def _put_all(self, updates: list[dict[str, Any]]) -> list[None]:
        await self._inbox.put(updates)
        return [None] * len(updates)


def secret_of(token: str) -> str:
    """Derive the webhook's secret from the token, so that every replica knows it and nobody stores it."""
    return hmac.new(token.encode(), b"tonefit webhook", hashlib.sha256).hexdigest()
