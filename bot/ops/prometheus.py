"""`/metrics`: what this process counted, and what Redis holds for all of them."""

from __future__ import annotations

import asyncio
from importlib.metadata import version

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.metrics import Metrics
from handlers.operating import Overview
from ml.jobs import Jobs
from ml.keys import ACTIVE_JOBS

PATIENCE = 3.0  # seconds for Redis


class Prometheus:
    """Gathers the figures when somebody looks; it shows neither texts nor who wrote them."""

    def __init__(self, metrics: Metrics, redis: Redis, overview: Overview, jobs: Jobs) -> None:
        self._metrics = metrics
        self._redis = redis
        self._overview = overview
        self._jobs = jobs

    async def show(self, _: web.Request) -> web.Response:
        """Answer Prometheus."""
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
        now = await self._overview.now()
        return {
            "tonefit_inbox_updates": ("Updates that wait for their answer", now.waiting),
            "tonefit_dead_letters": ("Updates that could not be answered", now.dead),
            "tonefit_replicas": ("Replicas that live", now.replicas),
            "tonefit_jobs_active": ("Trainings that wait or run", await self._redis.zcard(ACTIVE_JOBS)),
            "tonefit_workers": ("Workers that live", await self._jobs.workers()),
            "tonefit_redis_memory_bytes": ("What Redis holds in memory", now.memory),
        }


def gauge(name: str, words: str, value: float, registry: CollectorRegistry, **labels: str) -> None:
    """Add one figure to a registry."""
    made = Gauge(name, words, list(labels), registry=registry)
    (made.labels(*labels.values()) if labels else made).set(value)
