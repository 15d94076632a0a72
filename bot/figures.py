"""What all replicas counted together in the last hour: each adds what it counted, every few seconds."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Mapping

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.known import Known
from bot.metrics import Metrics
from handlers.operating import LastHour

log = logging.getLogger(__name__)

FIGURES = "tonefit:figures:"  # hash with a TTL: what was counted in a minute since 1970
MINUTE = 60  # seconds
SPAN = 60  # minutes
KEPT = 2 * SPAN * MINUTE  # seconds
WRITE_EVERY = 3.0  # seconds
FAILED = frozenset({"cut", "unfinished"})  # outcomes of an answer that are our fault or the network's
LAG = "lag:"


class Figures:
    """The counts of this process, and their sums over all."""

    def __init__(self, redis: Redis, metrics: Metrics) -> None:
        self._redis = redis
        self._metrics = metrics
        self._written: Counter[str] = Counter()

    async def write(self) -> None:
        """Add what this process counted since the last time."""
        counted = counts_of(self._metrics)
        fresh = {name: count for name, count in (counted - self._written).items() if count > 0}
        if not fresh:
            return
        key = f"{FIGURES}{int(time.time() // MINUTE)}"
        async with self._redis.pipeline() as pipe:
            for name, count in fresh.items():
                pipe.hincrby(key, name, count)
            pipe.expire(key, KEPT)
            await pipe.execute()
        self._written = counted

    async def last_hour(self) -> LastHour:
        """Return the sums of all replicas."""
        now = int(time.time() // MINUTE)
        async with self._redis.pipeline(transaction=False) as pipe:
            for minute in range(now - SPAN, now + 1):
                pipe.hgetall(f"{FIGURES}{minute}")
            minutes = await pipe.execute()
        total: Counter[str] = Counter()
        for held in minutes:
            total.update({name.decode(): int(count) for name, count in held.items()})
        return summed(total)


def counts_of(metrics: Metrics) -> Counter[str]:
    """Return what a process counted, by short names."""
    counts: Counter[str] = Counter()
    for sample in _samples(metrics):
        name, labels, value = sample
        if name == "tonefit_commands_total":
            counts["failed" if labels["outcome"] in FAILED else "fine"] += int(value)
        elif name == "tonefit_updates_total" and labels["outcome"] == "dead":
            counts["dead"] += int(value)
        elif name == "tonefit_telegram_429_total":
            counts["refused"] += int(value)
        elif name == "tonefit_update_lag_seconds_bucket":
            counts[LAG + labels["le"]] += int(value)
    return counts


def _samples(metrics: Metrics) -> list[tuple[str, Mapping[str, str], float]]:
    counters = (metrics.commands, metrics.updates, metrics.refused, metrics.lag)
    return [
        (sample.name, sample.labels, sample.value)
        for counter in counters
        for metric in counter.collect()
        for sample in metric.samples
    ]


def summed(total: Mapping[str, int]) -> LastHour:
    """Build what is shown of the sums.

    >>> summed({"fine": 9, "failed": 1, "lag:0.1": 8, "lag:5.0": 10, "lag:+Inf": 10}).lag_p99
    5.0
    """
    lags = sorted(
        (float(name.removeprefix(LAG)), count) for name, count in total.items() if name.startswith(LAG)
    )
    failed = total.get("failed", 0)
    return LastHour(
        answers=total.get("fine", 0) + failed,
        failed=failed,
        dead=total.get("dead", 0),
        refused=total.get("refused", 0),
        lag_median=_quantile(lags, 0.5),
        lag_p99=_quantile(lags, 0.99),
    )


def _quantile(lags: list[tuple[float, int]], part: float) -> float | None:
    """Return the upper bound below which a part of the updates lies."""
    if not lags or not lags[-1][1]:
        return None
    return next(bound for bound, count in lags if count >= part * lags[-1][1])


async def keep_figures(figures: Figures, known: Known) -> None:
    """Bring what this process counted to Redis, every few seconds, until cancelled."""
    while True:
        await asyncio.sleep(WRITE_EVERY)
        try:
            await figures.write()
            await known.write()
        except (RedisError, TimeoutError) as error:
            log.warning("figures were not written (%s)", type(error).__name__)
