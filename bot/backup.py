"""One file that holds everything worth keeping, and how it becomes a running bot again.

manifest.json               versions, moment, and the SHA-256 of each other entry
redis.jsonl                 a line a key, see `bot.snapshot`
models/OWNER/NAME/vN/...    every version of every model
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

import redis

from bot import snapshot
from bot.schema import SCHEMA, VERSION
from bot.shards import REPLICAS
from ml.fleet import WORKER_SILENCE, live_workers
from ml.redis_address import pool
from ml.store import MANIFEST as MODEL_MANIFEST
from ml.store import Store

FORMAT = 1
MANIFEST, KEYS, MODELS = "manifest.json", "redis.jsonl", "models/"
TIMEOUT = 30.0  # seconds
PAUSE = 10_000  # ms that writers wait for at most after the last keys were read
CHUNK = 1 << 20  # bytes
AT_ONCE = 1000  # keys deleted in one go


class BackupError(RuntimeError):
    """Nothing was written or restored; the message says what to do."""


@dataclass(frozen=True)
class Report:
    """What went into a file or came out of it; `steady` says that all keys are of one moment."""

    keys: int
    files: int
    size: int  # bytes
    steady: bool = True


def backup(redis_url: str, store_url: str, path: Path) -> Report:
    """Write a backup of Redis and of the model store, also while bot and workers run.

    Writers wait while the keys are read, so that all are of one moment; a user of Redis that may not
    ask for that gets each key whole, but not all of one moment. The file is whole or not there.

    Raises:
        BackupError: The layout in Redis is not ours.
    """
    unfinished = path.with_name(f"{path.name}.unfinished")
    sums: dict[str, str] = {}
    try:
        with (
            _connected(redis_url) as client,
            _private(unfinished) as opened,
            zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            schema = int(client.get(SCHEMA) or VERSION)
            if schema > VERSION:
                raise BackupError(
                    f"Redis holds layout {schema}, this Tonefit knows {VERSION}: use a newer one"
                )
            count, steady = _write_keys(client, archive, sums)
            _write_models(Store(store_url), archive, sums)
            manifest = {
                "format": FORMAT,
                "tonefit": version("tonefit"),
                "schema": schema,
                "created": datetime.now(UTC).isoformat(timespec="seconds"),
                "keys": count,
                "steady": steady,
                "sha256": sums,
            }
            archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return Report(count, len(sums) - 1, path.stat().st_size, steady)


def restore(redis_url: str, store_url: str, path: Path, *, replace: bool = False) -> Report:
    """Put a backup back, after every entry was found to be what the manifest says.

    Args:
        redis_url: The server, without a bot that runs on it.
        store_url: Where models are kept; versions that are there already stay.
        path: What `backup` wrote.
        replace: Take away what lies on the server before; otherwise it has to be empty.

    Raises:
        BackupError: The file is damaged or newer, the server is in use or not empty.
    """
    try:
        with zipfile.ZipFile(path) as archive, _connected(redis_url) as client:
            manifest = _checked(archive)
            _make_room(client, replace=replace)
            files = _read_models(Store(store_url), archive, manifest)
            count = _read_keys(client, archive)
            client.set(SCHEMA, manifest["schema"])
    except (zipfile.BadZipFile, KeyError, json.JSONDecodeError) as damage:
        raise BackupError(f"{path.name} is no whole backup: take another one") from damage
    return Report(count, files, path.stat().st_size, bool(manifest["steady"]))


def _write_keys(client: redis.Redis, archive: zipfile.ZipFile, sums: dict[str, str]) -> tuple[int, bool]:
    """Write all keys while nobody else writes; return how many there are, and whether nobody did."""
    steady = _pause(client)
    digest, count = hashlib.sha256(), 0
    try:
        with archive.open(KEYS, "w", force_zip64=True) as entry:
            names = snapshot.keys(client)
            while part := list(islice(names, snapshot.AT_ONCE)):
                if steady:
                    _pause(client)
                for line in snapshot.read(client, part):
                    entry.write(line)
                    digest.update(line)
                    count += 1
    finally:
        if steady:
            client.client_unpause()
    sums[KEYS] = digest.hexdigest()
    return count, steady


def _pause(client: redis.Redis) -> bool:
    """Let writers wait, readers go on; False where this user may not."""
    try:
        client.client_pause(PAUSE, all=False)
    except redis.exceptions.NoPermissionError:
        return False
    return True


def _write_models(store: Store, archive: zipfile.ZipFile, sums: dict[str, str]) -> None:
    for place in store.files():
        with store.open(place) as source:
            sums[MODELS + place] = _copied(source, archive, MODELS + place)


def _copied(source: IO[bytes], archive: zipfile.ZipFile, name: str) -> str:
    """Copy a file into the archive piece by piece and return its SHA-256."""
    digest = hashlib.sha256()
    with archive.open(name, "w", force_zip64=True) as entry:
        while piece := source.read(CHUNK):
            entry.write(piece)
            digest.update(piece)
    return digest.hexdigest()


def _checked(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Return the manifest of an archive whose entries are all as it says."""
    manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
    if manifest["format"] > FORMAT or manifest["schema"] > VERSION:
        raise BackupError("a newer Tonefit wrote this backup: restore it with that one")
    if set(archive.namelist()) != {MANIFEST, *manifest["sha256"]}:
        raise BackupError("the backup lacks entries, or has more than it says: take another one")
    for name, known in manifest["sha256"].items():
        with archive.open(name) as entry:
            digest = hashlib.file_digest(cast("Any", entry), "sha256")
        if digest.hexdigest() != known:
            raise BackupError("an entry of the backup is damaged: take another one")
    _check_keys(archive)
    return manifest


def _check_keys(archive: zipfile.ZipFile) -> None:
    """Refuse keys that no backup holds: a file that somebody made up writes nothing else into Redis."""
    with archive.open(KEYS) as entry:
        for line in entry:
            try:
                snapshot.check(line)
            except (ValueError, TypeError, AttributeError, IndexError) as error:
                raise BackupError("the backup holds keys that are none of ours: take another one") from error


def _make_room(client: redis.Redis, *, replace: bool) -> None:
    """Make sure that nothing of ours lies on the server, and that nobody works there."""
    seconds, micros = client.time()
    if client.zcount(REPLICAS, seconds * 1000 + micros // 1000, "+inf"):
        raise BackupError("a bot runs on that Redis: stop it first")
    if live_workers(client):
        raise BackupError(
            f"a worker runs on that Redis: stop it first (a killed one counts for {WORKER_SILENCE:.0f} s)"
        )
    held = [key for pattern in snapshot.OURS for key in client.scan_iter(pattern, count=1000)]
    if held and not replace:
        raise BackupError(
            f"that Redis holds {len(held):,} keys of a Tonefit: name an empty one, or say --replace"
        )
    for start in range(0, len(held), AT_ONCE):
        client.unlink(*held[start : start + AT_ONCE])


def _read_models(store: Store, archive: zipfile.ZipFile, manifest: dict[str, Any]) -> int:
    """Put model files into the store, each version's manifest last, since it makes the version exist."""
    places = [name.removeprefix(MODELS) for name in manifest["sha256"] if name.startswith(MODELS)]
    there = set(store.files())
    wanted = sorted(set(places) - there, key=lambda place: (place.endswith(f"/{MODEL_MANIFEST}"), place))
    for place in wanted:
        with archive.open(MODELS + place) as source:
            store.put(place, source)
    return len(wanted)


def _read_keys(client: redis.Redis, archive: zipfile.ZipFile) -> int:
    now = time.time()
    with archive.open(KEYS) as entry:
        return sum(snapshot.write(client, line, now) for line in entry)


@contextlib.contextmanager
def _connected(redis_url: str) -> Iterator[redis.Redis]:
    client = redis.Redis.from_pool(pool(redis_url, socket_timeout=TIMEOUT, socket_connect_timeout=5.0))
    with client:
        yield client


@contextlib.contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that nobody else may read, and bring it to the disk in the end.

    What lies there already may be readable by others, or a link to elsewhere: it is not written into.
    """
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "w+b") as opened:
        yield opened
        opened.flush()
        os.fsync(opened.fileno())
