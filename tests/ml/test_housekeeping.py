"""Which versions can go, which stay, and how another model becomes everybody's sentiment model."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from pathlib import Path

import pytest
from redis.asyncio import Redis

from ml.housekeeping import Housekeeping, UnknownVersion, Version, WrongModel, unneeded
from ml.predictor import SHIPPED, Predictor
from ml.registry import Registry
from ml.store import Kept, Store

OLD, NOW = 0.0, 1_000_000.0
LABELS = ("negative", "neutral", "positive")


def kept(version: int, owner: str = "5", name: str = "spam", written: float = OLD) -> Kept:
    return Kept(owner, name, f"v{version}", 10, written)


VERSIONS = [kept(number) for number in range(1, 9)]


@pytest.mark.parametrize(
    ("versions", "live", "pinned", "expected"),
    [
        (VERSIONS, {"5": {"spam": "v8"}}, set(), ["v1", "v2", "v3"]),
        (VERSIONS, {"5": {"spam": "v2"}}, set(), ["v1", "v3"]),
        (VERSIONS, {"5": {"spam": "v8"}}, {Version("5", "spam", "v1")}, ["v2", "v3"]),
        (VERSIONS, {"5": {"spam": None}}, set(), ["v1", "v2", "v3"]),
        (VERSIONS[:2], {"5": {"other": "v1"}}, set(), ["v1", "v2"]),  # a deleted model
        (VERSIONS[:2], {}, {Version("5", "spam", "v2")}, ["v1"]),
        ([kept(1, written=NOW - 60)], {}, set(), []),  # one that is being entered
        ([kept(1, owner="local"), kept(1, owner="shipped")], {}, set(), []),
        ([kept(1, owner="-100")], {}, set(), ["v1"]),
        ([kept(number) for number in (9, 10, 11, 12, 13, 14)], {"5": {"spam": "v14"}}, set(), ["v9"]),
    ],
)
def test_what_neither_serves_nor_is_pinned_nor_new_can_go(
    versions: list[Kept], live: dict[str, dict[str, str | None]], pinned: set[Version], expected: list[str]
) -> None:
    assert [one.version for one in unneeded(versions, live, pinned, NOW)] == expected


class Place:
    """A store with models whose files are as old as is wanted."""

    def __init__(self, redis: Redis, folder: Path) -> None:
        self.store, self.registry = Store(folder / "store"), Registry(redis)
        self.housekeeping = Housekeeping(redis, self.store, self.registry)
        self._root, self._scratch = folder / "store", folder / "scratch"

    def publish(self, owner: str, name: str, labels: tuple[str, ...] = ("a", "b"), age: float = 7200) -> str:
        shutil.rmtree(self._scratch, ignore_errors=True)
        shutil.copytree(SHIPPED, self._scratch)
        manifest = json.loads((SHIPPED / "manifest.json").read_text("utf-8")) | {"labels": labels}
        (self._scratch / "manifest.json").write_text(json.dumps(manifest), "utf-8")
        version = self.store.publish(owner, name, self._scratch)
        written = time.time() - age
        os.utime(self._root / owner / name / version / "manifest.json", (written, written))
        return version


@pytest.fixture
def place(redis_client: Redis, tmp_path: Path) -> Place:
    return Place(redis_client, tmp_path)


async def test_what_can_go_goes_and_what_was_pinned_meanwhile_stays(place: Place) -> None:
    place.publish("5", "gone")
    place.publish("5", "gone")
    place.publish("5", "spam")
    await place.registry.create("5", "spam", ("a", "b"), 7)
    await place.registry.promote("5", "spam", "v1")
    doomed = await place.housekeeping.doomed()
    assert [(one.name, one.version) for one in doomed] == [("gone", "v1"), ("gone", "v2")]
    assert all(one.size > 1_000_000 for one in doomed)
    await place.housekeeping.pin(Version("5", "gone", "v2"))
    assert await place.housekeeping.collect(doomed) == 1
    assert place.store.versions("5", "gone") == ["v2"]
    census = await place.housekeeping.census()
    assert (census.chats, census.models, census.versions, census.pinned) == (1, 1, 2, ("5/gone/v2",))
    assert await place.housekeeping.unpin(Version("5", "gone", "v2"))
    assert not await place.housekeeping.unpin(Version("5", "gone", "v2"))


async def test_only_what_is_there_can_be_pinned(place: Place) -> None:
    with pytest.raises(UnknownVersion):
        await place.housekeeping.pin(Version("5", "spam", "v9"))


async def test_a_model_of_other_labels_reads_nobodys_tone(place: Place) -> None:
    place.publish("5", "spam")
    with pytest.raises(WrongModel):
        await place.housekeeping.set_sentiment(Version("5", "spam", "v1"), 7)


async def test_another_model_reads_everybodys_tone_in_every_replica_and_after_a_restart(
    place: Place,
) -> None:
    place.publish("5", "tone", ("positive", "neutral", "negative"))  # the shipped network, turned around
    text = "What a wonderful day, I love it!"
    running = Predictor(place.store, place.registry)
    await running.start()
    assert (await running.predict(text)).label == "positive"
    made = await place.housekeeping.set_sentiment(Version("5", "tone", "v1"), 7)
    async with asyncio.timeout(10):
        while (await running.predict(text)).label != "negative":
            await asyncio.sleep(0.05)
    assert (await running.predict(text)).version == made == "v1"
    assert (await running.predict(text)).model == "sentiment"
    place.store.delete("5", "tone")  # its chat deletes it: the copy stays
    later = Predictor(place.store, place.registry)
    await later.start()
    async with asyncio.timeout(10):
        while (await later.predict(text)).label != "negative":
            await asyncio.sleep(0.05)
    assert (await place.housekeeping.census()).sentiment == "v1"
    await place.housekeeping.reset_sentiment()
    async with asyncio.timeout(10):
        while (await running.predict(text)).label != "positive":
            await asyncio.sleep(0.05)
    assert running.shipped_folder == SHIPPED
    await running.close()
    await later.close()
