"""What the bot counts while it works, for Prometheus; every name begins with `tonefit_`."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from ml.predictor import Predictor

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """The counters of one process. What lies in Redis is asked for when somebody looks, see `bot.ops`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.updates = Counter(
            "tonefit_updates", "Updates that were dealt with", ["outcome"], registry=self.registry
        )
        self.lag = Histogram(
            "tonefit_update_lag_seconds",
            "From an update's arrival in the inbox to its end",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.commands = Counter(
            "tonefit_commands", "Commands and presses", ["command", "outcome"], registry=self.registry
        )
        self.answering = Histogram(
            "tonefit_answer_seconds",
            "From the beginning of an answer to its last call",
            ["command"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.limiter = Histogram(
            "tonefit_limiter_wait_seconds",
            "How long calls waited for leave",
            ["lane"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.refused = Counter("tonefit_telegram_429", "Calls that Telegram refused", registry=self.registry)
        self.left_out = Counter(
            "tonefit_tags_left_out", "Tags that found no place in time", registry=self.registry
        )
        self.chosen = Counter(
            "tonefit_inline_chosen",
            "Results of inline queries that were sent",
            ["kind"],
            registry=self.registry,
        )
        started = Gauge("tonefit_start_time_seconds", "When this process began", registry=self.registry)
        started.set(time.time())
        # There are few, and the library takes a lock to find each.
        self._updates, self._commands = cache(self.updates.labels), cache(self.commands.labels)
        self._answering = cache(self.answering.labels)

    def dealt_with(self, outcome: str, written: int) -> None:
        """Count an update: how it ended, and when it was written into the inbox, in Unix milliseconds."""
        self._updates(outcome).inc()
        self.lag.observe(max(0.0, time.time() - written / 1000))

    def answered(self, command: str, outcome: str, seconds: float) -> None:
        """Count an answer to a command."""
        self._commands(command, outcome).inc()
        self._answering(command).observe(seconds)


class Batches(Collector):
    """How many texts were classified in how many calls: their ratio is the mean batch."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor

    def collect(self) -> Iterable[CounterMetricFamily]:
        """Yield both counts."""
        yield CounterMetricFamily("tonefit_texts", "Texts that were classified", self._predictor.texts)
        yield CounterMetricFamily("tonefit_batches", "Calls of a model", self._predictor.calls)
