"""What operators do with models: count them, take some away, pin others, choose the sentiment model."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis.asyncio import Redis

from ml import keys
from ml.predictor import SHIPPED_NAME, SHIPPED_OWNER
from ml.registry import NameTaken, Registry
from ml.sources import LABELS
from ml.store import Kept, Store, UnknownVersion

NEWEST = 5  # versions of a model that stay whatever happens: every one of them can be rolled back to
YOUNG = 3600.0  # seconds: a version without a model may be one that is being entered
SCAN = 500  # keys


@dataclass(frozen=True, slots=True)
class Version:
    """A version as operators name it: CHAT/NAME/v3."""

    owner: str
    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}/{self.version}"


@dataclass(frozen=True, slots=True)
class Census:
    """How many models there are."""

    chats: int
    models: int
    versions: int
    size: int  # bytes in the store
    pinned: tuple[str, ...]
    sentiment: str  # version of the sentiment model in the store, empty for the shipped one


class WrongModel(ValueError):
    """A model that cannot be the sentiment model: it has other labels, or none of its versions is live."""


class Housekeeping:
    """Models of all chats."""

    def __init__(self, redis: Redis, store: Store, registry: Registry) -> None:
        self._redis = redis
        self._store = store
        self._registry = registry

    async def census(self) -> Census:
        """Count chats, models and versions."""
        kept = await asyncio.to_thread(lambda: list(self._store.inventory()))
        live = await self._live()
        entry = await self._registry.get(SHIPPED_OWNER, SHIPPED_NAME)
        live.pop(SHIPPED_OWNER, None)
        return Census(
            chats=len(live),
            models=sum(map(len, live.values())),
            versions=len(kept),
            size=sum(one.size for one in kept),
            pinned=tuple(sorted(map(str, await self.pinned()))),
            sentiment=(entry.version or "") if entry is not None else "",
        )

    async def doomed(self) -> list[Kept]:
        """Return the versions that nobody needs, see `unneeded`."""
        kept = await asyncio.to_thread(lambda: list(self._store.inventory()))
        return unneeded(kept, await self._live(), await self.pinned(), datetime.now(UTC).timestamp())

    async def collect(self, doomed: Iterable[Kept]) -> int:
        """Delete versions that nobody needs, as far as that is still so; return how many."""
        still, gone = {(one.owner, one.name, one.version) for one in await self.doomed()}, 0
        for one in doomed:
            if (one.owner, one.name, one.version) in still:
                await asyncio.to_thread(self._store.delete_version, one.owner, one.name, one.version)
                gone += 1
        return gone

    async def pinned(self) -> set[Version]:
        """Return the versions that stay."""
        held: Any = await self._redis.smembers(keys.PINNED)
        return {Version(*json.loads(one)) for one in held}

    async def pin(self, version: Version) -> None:
        """Let a version stay however old it is.

        Raises:
            UnknownVersion: There is none.
        """
        await asyncio.to_thread(self._store.manifest, version.owner, version.name, version.version)
        await self._redis.sadd(keys.PINNED, _dump(version))

    async def unpin(self, version: Version) -> bool:
        """Let a version go its way; False where it was not pinned."""
        return bool(await self._redis.srem(keys.PINNED, _dump(version)))

    async def live_version(self, owner: str, name: str) -> str | None:
        """Return the live version of a chat's model."""
        entry = await self._registry.get(owner, name)
        return entry.version if entry is not None else None

    async def set_sentiment(self, version: Version, by: int) -> str:
        """Let a copy of a chat's model be everybody's sentiment model, in all replicas; return its version.

        Raises:
            UnknownVersion: There is none.
            WrongModel: Its labels are not negative, neutral and positive.
        """
        where = (version.owner, version.name, version.version)
        manifest = await asyncio.to_thread(self._store.manifest, *where)
        if set(manifest["labels"]) != set(LABELS):
            raise WrongModel(str(version))
        folder = await asyncio.to_thread(self._store.fetch, *where)
        made = await asyncio.to_thread(self._store.publish, SHIPPED_OWNER, SHIPPED_NAME, folder)
        with contextlib.suppress(NameTaken):  # another one was chosen before
            await self._registry.create(SHIPPED_OWNER, SHIPPED_NAME, manifest["labels"], by)
        await self._registry.promote(SHIPPED_OWNER, SHIPPED_NAME, made)
        return made

    async def reset_sentiment(self) -> None:
        """Let the model that came with the program be the sentiment model."""
        await self._registry.withdraw(SHIPPED_OWNER, SHIPPED_NAME)

    async def _live(self) -> dict[str, dict[str, str | None]]:
        """Return the models of each chat with their live version, None without any."""
        found: dict[str, dict[str, str | None]] = {}
        prefix = keys.models("")
        async for key in self._redis.scan_iter(match=f"{prefix}*", count=SCAN):
            owner = keys.as_text(key).removeprefix(prefix)
            found[owner] = {entry.name: entry.version for entry in await self._registry.list(owner)}
        return found


def unneeded(
    kept: Iterable[Kept],
    live: Mapping[str, Mapping[str, str | None]],
    pinned: Collection[Version],
    now: float,
) -> list[Kept]:
    """Return the versions of chats' models that can go: of deleted models, and old ones.

    A version stays while it serves, is pinned, is among its model's five newest, or was written just now.
    Those of no chat, such as the command line's, are nobody's business here.
    """
    of: defaultdict[tuple[str, str], list[Kept]] = defaultdict(list)
    for one in kept:
        if one.owner.lstrip("-").isdigit():
            of[one.owner, one.name].append(one)
    doomed = []
    for (owner, name), versions in of.items():
        known = name in live.get(owner, {})
        newest = sorted(versions, key=lambda one: int(one.version[1:]))[-NEWEST:]
        for one in versions:
            if Version(owner, name, one.version) in pinned or now - one.written < YOUNG:
                continue
            if known and (one in newest or one.version == live[owner][name]):
                continue
            doomed.append(one)
    return doomed


def _dump(version: Version) -> str:
    return json.dumps([version.owner, version.name, version.version], ensure_ascii=False)


__all__ = ["Census", "Housekeeping", "Kept", "UnknownVersion", "Version", "WrongModel", "unneeded"]
