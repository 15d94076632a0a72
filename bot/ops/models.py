"""Which models there are, and everything known of one: its card and its curves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from bot.ops.chats import model_owners
from handlers.context import Services
from ml.predictor import SHIPPED, SHIPPED_NAME
from ml.registry import ModelEntry
from ml.store import UnknownVersion

MOST = 500  # models in the list
FIGURES = (
    "samples",
    "accuracy",
    "macro_precision",
    "macro_recall",
    "macro_f1",
    "roc_auc",
    "calibration_error",
)
PER_LABEL = ("precision", "recall", "f1", "support")


@dataclass(frozen=True)
class ModelSummary:
    """A model of a chat; `owner` is empty for the shipped one, which every chat has."""

    owner: str
    name: str
    labels: tuple[str, ...]
    version: str | None  # that is live; None before the first training
    created: str  # ISO 8601


@dataclass(frozen=True)
class ModelCard:
    """A live version with how it did on what it had not seen; empty where it was never trained.

    Curves are `{"x", "y", "area"}` of each label against the rest, None where there is none.
    """

    summary: ModelSummary
    versions: tuple[str, ...]
    examples: dict[str, int]  # by label
    right: int
    wrong: int
    arch: str
    trained: str  # ISO 8601
    figures: dict[str, float | None]
    per_label: dict[str, list[float]]
    confusion: list[list[int]]  # [truth][predicted]
    roc: list[Any]
    precision_recall: list[Any]


class NoSuchModel(LookupError):
    """Nobody has it."""


async def list_models(redis: Redis, services: Services) -> tuple[ModelSummary, ...]:
    """Return the shipped model and those of all chats."""
    found = [await asyncio.to_thread(_shipped)]
    for owner in await model_owners(redis):
        found += [_summary(entry) for entry in await services.registry.list(owner)]
        if len(found) >= MOST:
            break
    return tuple(found[:MOST])


async def model_card(services: Services, owner: str, name: str) -> ModelCard:
    """Return what is known of a model; an empty owner means the shipped one.

    Raises:
        NoSuchModel: See there.
    """
    if not owner:
        summary = await asyncio.to_thread(_shipped)
        if name != SHIPPED_NAME:
            raise NoSuchModel(name)
        version = summary.version or ""
        verdicts = (await services.feedback.shipped()).get(version, {})
        return _card(summary, (version,), {}, verdicts, await asyncio.to_thread(_manifest))
    entry = await services.registry.get(owner, name)
    if entry is None:
        raise NoSuchModel(name)
    versions = await asyncio.to_thread(services.store.versions, owner, name)
    counts = await services.examples.counts(owner, name)
    if entry.version is None:
        return _card(_summary(entry), tuple(versions), counts, {}, {})
    verdicts = await services.feedback.counts(owner, name, entry.version)
    try:
        manifest = await asyncio.to_thread(services.store.manifest, owner, name, entry.version)
    except UnknownVersion:  # it is deleted at this moment
        raise NoSuchModel(name) from None
    return _card(_summary(entry), tuple(versions), counts, verdicts, manifest)


def _summary(entry: ModelEntry) -> ModelSummary:
    return ModelSummary(entry.owner, entry.name, entry.labels, entry.version, entry.created)


def _manifest() -> dict[str, Any]:
    held: dict[str, Any] = json.loads((SHIPPED / "manifest.json").read_text("utf-8"))
    return held


def _shipped() -> ModelSummary:
    held = _manifest()
    return ModelSummary("", SHIPPED_NAME, tuple(held["labels"]), str(held["version"]), str(held["created"]))


def _card(
    summary: ModelSummary,
    versions: tuple[str, ...],
    counts: Mapping[str, int],
    verdicts: Mapping[Any, int],
    manifest: Mapping[str, Any],
) -> ModelCard:
    metrics = manifest.get("metrics") or {}
    return ModelCard(
        summary,
        versions,
        dict(counts),
        verdicts.get("right", 0),
        verdicts.get("wrong", 0),
        str(manifest.get("arch", "")),
        str(manifest.get("created", "")),
        {name: metrics[name] for name in FIGURES if name in metrics},
        {name: list(metrics[name]) for name in PER_LABEL if name in metrics},
        metrics.get("confusion") or [],
        metrics.get("roc") or [],
        metrics.get("precision_recall") or [],
    )
