"""What the bot counts while it works, for Prometheus; every name begins with `tonefit_`."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from ml.jobs import Job, Progress
from ml.predictor import SHIPPED_NAME, Predictor

TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
LONG = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800)  # seconds
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """The counters of one process. What lies in Redis is asked for when somebody looks, see `bot.ops`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.updates = self._counter("tonefit_updates", "Updates that were dealt with", "outcome")
        self.lag = self._seconds(
            "tonefit_update_lag_seconds", "From an update's arrival in the inbox to its end"
        )
        self.commands = self._counter("tonefit_commands", "Commands and presses", "command", "outcome")
        self.answering = self._seconds(
            "tonefit_answer_seconds", "From the beginning of an answer to its last call", "command"
        )
        self.limiter = self._seconds(
            "tonefit_limiter_wait_seconds", "How long calls waited for leave", "lane"
        )
        self.refused = self._counter("tonefit_telegram_429", "Calls that Telegram refused")
        self.left_out = self._counter("tonefit_tags_left_out", "Tags that found no place in time")
        self.chosen = self._counter(
            "tonefit_inline_chosen", "Results of inline queries that were sent", "kind"
        )
        self.jobs = self._counter(
            "tonefit_jobs", "Trainings that ended: done, failed or cancelled", "outcome"
        )
        self.job_waits = self._seconds(
            "tonefit_job_wait_seconds",
            "From the order of a training to the beginning of its last attempt",
            buckets=LONG,
        )
        self.job_seconds = self._seconds(
            "tonefit_job_seconds", "From there to its end", "outcome", buckets=LONG
        )
        self.promoted = self._counter("tonefit_models_promoted", "Versions that went live after a training")
        started = Gauge("tonefit_start_time_seconds", "When this process began", registry=self.registry)
        started.set(time.time())
        # There are few, and the library takes a lock to find each.
        self._updates, self._commands = cache(self.updates.labels), cache(self.commands.labels)
        self._answering = cache(self.answering.labels)

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(name, words, labels, registry=self.registry)

    def _seconds(self, name: str, words: str, *labels: str, buckets: Sequence[float] = SECONDS) -> Histogram:
        return Histogram(name, words, labels, buckets=buckets, registry=self.registry)

    def dealt_with(self, outcome: str, written: int) -> None:
        """Count an update: how it ended, and when it was written into the inbox, in Unix milliseconds."""
        self._updates(outcome).inc()
        self.lag.observe(max(0.0, time.time() - written / 1000))

    def answered(self, command: str, outcome: str, seconds: float) -> None:
        """Count an answer to a command."""
        self._commands(command, outcome).inc()
        self._answering(command).observe(seconds)

    def job_ended(self, job: Job, progress: Progress) -> None:
        """Count a training that came to its end."""
        self.jobs.labels(progress.stage).inc()
        if job.started is not None:
            self.job_waits.observe(max(0.0, job.started - job.created))
            ended = job.ended if job.ended is not None else time.time()
            self.job_seconds.labels(progress.stage).observe(max(0.0, ended - job.started))
        if (progress.report or {}).get("promoted"):
            self.promoted.inc()


class Predictions(Collector):
    """What the predictor did: texts, calls, how many texts a call had, and which models it holds."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor

    def collect(self) -> Iterable[Metric]:
        """Yield the figures of now; chats' models are counted, since their names are people's words."""
        sizes = dict(self._predictor.sizes)
        texts, calls = sum(size * count for size, count in sizes.items()), sum(sizes.values())
        yield CounterMetricFamily("tonefit_texts", "Texts that were classified", texts)
        yield CounterMetricFamily("tonefit_batches", "Calls of a model", calls)
        yield HistogramMetricFamily(
            "tonefit_batch_size", "Texts in one call of a model", buckets=_cumulated(sizes), sum_value=texts
        )
        version = InfoMetricFamily("tonefit_model", "The shipped model")
        version.add_metric([], {"model": SHIPPED_NAME, "version": self._predictor.shipped_version})
        yield version
        yield GaugeMetricFamily(
            "tonefit_models_loaded", "Models of chats that are in memory", self._predictor.loaded
        )


def _cumulated(sizes: Mapping[int, int]) -> list[tuple[str, float]]:
    """Return how many batches had at most so many texts, for each bound.

    >>> _cumulated({1: 3, 40: 1})[:2], _cumulated({1: 3, 40: 1})[-1]
    ([('1.0', 3), ('2.0', 3)], ('+Inf', 4))
    """
    bounded = [
        (str(float(bound)), sum(count for size, count in sizes.items() if size <= bound)) for bound in TEXTS
    ]
    return [*bounded, ("+Inf", sum(sizes.values()))]
