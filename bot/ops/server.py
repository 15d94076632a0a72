"""The operators' server beside the bot: is it alive, is it ready, its figures, its page, its API."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from functools import partial

from aiohttp import web
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.metrics import Metrics
from bot.ops.api import LARGEST_BODY, Api
from bot.ops.files import Files
from bot.ops.page import Page
from bot.ops.problems import as_problems
from bot.ops.prometheus import Prometheus
from bot.settings import host_and_port
from handlers.context import Services

log = logging.getLogger(__name__)

PATIENCE = 3.0  # seconds for Redis
ENDING = 2.0  # seconds that open answers have when the bot ends


class Ops:
    """Serves `/healthz`, `/readyz`, `/metrics`, the page below `/ops/` and the API below `/api/`.

    Whoever reaches the address may read the first three, which show neither texts nor who wrote them: it
    belongs on an inner network, and a proxy before it passes on nothing but `/ops/` and `/api/`.
    """

    def __init__(
        self,
        listen: str,
        metrics: Metrics,
        redis: Redis,
        services: Services,
        *,
        token: str,
        operators: Collection[int],
    ) -> None:
        self._listen = listen
        self._redis = redis
        self._prometheus = Prometheus(metrics, redis, services.operating.overview, services.jobs)
        self._page = Page(redis, services, token, operators)
        self._api = Api(redis, services)
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen."""
        app = web.Application(client_max_size=LARGEST_BODY, middlewares=[as_problems])
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/readyz", self._ready)
        app.router.add_get("/metrics", self._prometheus.show)
        app.add_routes(self._page.routes(await asyncio.to_thread(Files)))
        app.add_routes(self._api.routes())
        app.on_shutdown.append(partial(_close, self._page))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=ENDING)
        await self._runner.setup()
        host, port = host_and_port(self._listen)
        await web.TCPSite(self._runner, host, port).start()
        log.info("operators' server on %s", self._listen)

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _health(self, _: web.Request) -> web.Response:
        """Say that the event loop turns; nothing else is worth a restart."""
        return web.Response(text="ok\n")

    async def _ready(self, _: web.Request) -> web.Response:
        """Say whether updates can be answered: Redis is there."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._redis.ping()
        except (RedisError, TimeoutError):
            return web.Response(status=503, text="Redis does not answer\n")
        return web.Response(text="ready\n")


async def _close(page: Page, _: web.Application) -> None:
    page.events.close()
