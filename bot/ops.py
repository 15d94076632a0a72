"""The operators' server beside the bot: is it alive, is it ready, and its figures for Prometheus."""

from __future__ import annotations

import asyncio
import logging
from importlib.metadata import version
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.dead_letters import DEAD
from bot.inbox import Inbox
from bot.metrics import Metrics
from bot.settings import host_and_port
from bot.shards import REPLICAS
from ml.jobs import Jobs
from ml.keys import ACTIVE_JOBS

log = logging.getLogger(__name__)

PATIENCE = 3.0  # seconds for Redis


class Ops:
    """Serves `/healthz`, `/readyz` and `/metrics`; it shows neither texts nor who wrote them.

    Whoever reaches the address may read it, so that it belongs on an inner network.
    """

    def __init__(self, listen: str, metrics: Metrics, redis: Redis, inbox: Inbox, jobs: Jobs) -> None:
        self._listen = listen
        self._metrics = metrics
        self._redis = redis
        self._inbox = inbox
        self._jobs = jobs
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen."""
        app = web.Application()
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/readyz", self._ready)
        app.router.add_get("/metrics", self._show)
        self._runner = web.AppRunner(app, access_log=None)
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

    async def _show(self, _: web.Request) -> web.Response:
        shared = await self._shared()
        content = generate_latest(self._metrics.registry) + generate_latest(shared)
        return web.Response(body=content, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _shared(self) -> CollectorRegistry:
        """Ask Redis for what all replicas share; where it is away, only that is said."""
        registry = CollectorRegistry()
        gauge("tonefit_build", "1, with the version", 1, registry, version=version("tonefit"))
        try:
            async with asyncio.timeout(PATIENCE):
                found = await self._ask()
        except (RedisError, TimeoutError):
            gauge("tonefit_redis_up", "Whether Redis answers", 0, registry)
            return registry
        gauge("tonefit_redis_up", "Whether Redis answers", 1, registry)
        for name, (words, value) in found.items():
            gauge(name, words, value, registry)
        return registry

    async def _ask(self) -> dict[str, tuple[str, float]]:
        memory: Any = await self._redis.info("memory")
        return {
            "tonefit_inbox_updates": ("Updates that wait for their answer", await self._inbox.waiting()),
            "tonefit_dead_letters": ("Updates that could not be answered", await self._redis.xlen(DEAD)),
            "tonefit_replicas": ("Replicas that live", await self._redis.zcard(REPLICAS)),
            "tonefit_jobs_active": ("Trainings that wait or run", await self._redis.zcard(ACTIVE_JOBS)),
            "tonefit_workers": ("Workers that live", await self._jobs.workers()),
            "tonefit_redis_memory_bytes": ("What Redis holds in memory", memory["used_memory"]),
        }


def gauge(name: str, words: str, value: float, registry: CollectorRegistry, **labels: str) -> None:
    """Add one figure to a registry."""
    made = Gauge(name, words, list(labels), registry=registry)
    (made.labels(*labels.values()) if labels else made).set(value)
