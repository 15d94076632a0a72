"""A backup of a server that is used, restored on an empty one, gives the same."""

from __future__ import annotations

import hashlib
import json
import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis

from bot import backup as backups
from bot.backup import BackupError, backup, restore
from bot.schema import SCHEMA, VERSION
from ml.store import MANIFEST, Store
from tests.conftest import Valkey

NOW_MS = 4_000_000_000_000  # far from now, so that nothing expires in a test


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Valkey]:
    folder = tmp_path / "other"
    folder.mkdir()
    server = Valkey(folder)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        yield client


def fill(client: redis.Redis) -> None:
    client.set("tonefit:settings:1", '{"language": "zh"}')
    client.set("tonefit:result:1:AB", b"\xff\x00 no text", pxat=NOW_MS)
    client.hset("tonefit:examples:set:7", mapping={f"digest{n}": f"好 example {n}" for n in range(1200)})
    client.zadd("tonefit:jobs:1", {"one": 1.5, "two": 0.1 + 0.2})
    client.sadd("tonefit:taught:5", "a", "b")
    client.rpush("rq:queue:default", "job1", "job2")
    for number in range(3):
        client.xadd("tonefit:inbox:4", {"update": f'{{"update_id": {number}}}'})
    client.xdel("tonefit:inbox:4", client.xadd("tonefit:inbox:4", {"update": "answered"}))
    client.set("somebody:else", "not ours")
    client.set("tonefit:poller", "host-1", px=4500)
    client.set("tonefit:ops:session:12ab", "7", ex=60)
    client.hset("tonefit:api:keys", "34cd", '{"name": "shop"}')


def content(client: redis.Redis) -> dict[bytes, Any]:
    """Return all that lies on a server, and when it expires."""
    return {
        key: (_held(client, key), client.pexpiretime(key))
        for key in client.scan_iter("*", count=1000)
        if key != SCHEMA.encode()
    }


def _held(client: redis.Redis, key: bytes) -> Any:
    """Return a key's content, in the order that its type keeps."""
    kind = client.type(key)
    if kind == b"hash":
        return client.hgetall(key)
    if kind == b"set":
        return client.smembers(key)
    return client.xrange(key) if kind == b"stream" else client.dump(key)


def publish(store: Store, folder: Path, name: str, size: int = 10) -> None:
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"w" * size)
    (folder / MANIFEST).write_text("{}")
    store.publish("-100", name, folder)


def test_every_type_of_key_and_every_version_comes_back_as_it_was(
    redis_url: str, client: redis.Redis, other: Valkey, tmp_path: Path
) -> None:
    fill(client)
    store = Store(tmp_path / "models")
    publish(store, tmp_path / "m1", "垃圾", 3 << 20)
    publish(store, tmp_path / "m2", "垃圾")
    wrote = backup(redis_url, store.url, tmp_path / "b.zip")
    read = restore(other.url, str(tmp_path / "models2"), tmp_path / "b.zip")
    assert (wrote.steady, wrote.files, wrote.keys) == (True, 4, read.keys)
    client.delete("somebody:else", "tonefit:poller", "tonefit:ops:session:12ab")
    with redis.Redis.from_url(other.url) as restored:
        assert content(restored) == content(client)
        assert restored.get(SCHEMA) == str(VERSION).encode()
        last = restored.xinfo_stream("tonefit:inbox:4")["last-generated-id"]
        assert last == client.xinfo_stream("tonefit:inbox:4")["last-generated-id"]
    again = Store(tmp_path / "models2")
    assert again.versions("-100", "垃圾") == ["v1", "v2"]
    assert (again.fetch("-100", "垃圾", "v1") / "model.onnx").read_bytes() == b"w" * (3 << 20)
    assert (tmp_path / "b.zip").stat().st_mode & 0o777 == 0o600


def test_a_file_that_lay_there_neither_shows_a_backup_to_others_nor_leads_it_elsewhere(
    redis_url: str, tmp_path: Path
) -> None:
    path, elsewhere = tmp_path / "b.zip", tmp_path / "elsewhere"
    unfinished = path.with_name("b.zip.unfinished")
    unfinished.write_bytes(b"of a process that was killed")
    unfinished.chmod(0o644)
    backup(redis_url, str(tmp_path / "store"), path)
    assert path.stat().st_mode & 0o777 == 0o600
    unfinished.symlink_to(elsewhere)
    backup(redis_url, str(tmp_path / "store"), path)
    assert not elsewhere.exists() and not path.is_symlink()


def test_writers_wait_while_the_keys_are_read(
    redis_url: str, client: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1000):
        client.mset({f"tonefit:settings:{number}": 0})
    go_on = threading.Event()
    ended = threading.Event()

    def count_up() -> None:
        with redis.Redis.from_url(redis_url) as writer:
            for value in range(1, 10**9):
                if ended.is_set():
                    break
                writer.mset({f"tonefit:settings:{number}": value for number in range(1000)})
                go_on.set()

    writer = threading.Thread(target=count_up)
    writer.start()
    try:
        assert go_on.wait(10)
        backup(redis_url, str(tmp_path / "models"), tmp_path / "b.zip")
    finally:
        ended.set()
        writer.join(20)
    assert not writer.is_alive()  # and goes on afterwards
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        values = {json.loads(line)["value"] for line in archive.read("redis.jsonl").splitlines()}
    assert len(values) == 1


def test_a_server_that_is_used_or_not_empty_is_left_alone(
    redis_url: str, client: redis.Redis, tmp_path: Path
) -> None:
    fill(client)
    backup(redis_url, str(tmp_path / "models"), tmp_path / "b.zip")
    before = content(client)
    with pytest.raises(BackupError, match="--replace"):
        restore(redis_url, str(tmp_path / "models"), tmp_path / "b.zip")
    client.zadd("tonefit:replicas", {"host-1": NOW_MS})
    with pytest.raises(BackupError, match="stop it first"):
        restore(redis_url, str(tmp_path / "models"), tmp_path / "b.zip", replace=True)
    client.delete("tonefit:replicas")
    client.sadd("rq:workers", "rq:worker:one")
    beat = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    client.hset("rq:worker:one", mapping={"hostname": "host-2", "last_heartbeat": beat})
    with pytest.raises(BackupError, match="a worker runs on that Redis: stop it first"):
        restore(redis_url, str(tmp_path / "models"), tmp_path / "b.zip", replace=True)
    client.hset("rq:worker:one", "last_heartbeat", "2026-01-01T00:00:00.000000Z")  # it was killed long ago
    assert content(client).keys() - {b"rq:workers", b"rq:worker:one"} == before.keys()
    client.set("tonefit:settings:99", "written later")
    restore(redis_url, str(tmp_path / "models"), tmp_path / "b.zip", replace=True)
    assert not client.exists("tonefit:settings:99")
    assert client.exists("tonefit:settings:1", "somebody:else") == 2


def kept_and_emptied(redis_url: str, client: redis.Redis, tmp_path: Path) -> Path:
    """Return the backup of a Redis with one key, which holds none any more."""
    client.set("tonefit:settings:1", "kept")
    path = tmp_path / "b.zip"
    backup(redis_url, str(tmp_path / "models"), path)
    client.flushall()
    return path


@pytest.mark.parametrize("harm", ["flip", "cut", "add", "newer"])
def test_a_backup_that_is_damaged_or_newer_changes_nothing(
    harm: str, redis_url: str, client: redis.Redis, tmp_path: Path
) -> None:
    path = kept_and_emptied(redis_url, client, tmp_path)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    if harm == "flip":
        entries["redis.jsonl"] = entries["redis.jsonl"].replace(b"kept", b"bent")
    if harm == "add":
        entries["models/../../evil"] = b"x"
    if harm == "newer":
        manifest = json.loads(entries["manifest.json"])
        entries["manifest.json"] = json.dumps(manifest | {"schema": VERSION + 1}).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, entry in entries.items():
            archive.writestr(name, entry)
    if harm == "cut":
        path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(BackupError):
        restore(redis_url, str(tmp_path / "models"), path)
    assert client.dbsize() == 0
    assert not (tmp_path / "models").exists() or not any((tmp_path / "models").iterdir())


@pytest.mark.parametrize(
    "line",
    [
        '{"key": "somebody:else", "type": "string", "value": "x"}',
        '{"key": "tonefit", "type": "string", "value": "x"}',
        '{"key": ["c29tZWJvZHk6ZWxzZQ=="], "type": "string", "value": "x"}',
        '{"key": "tonefit:settings:1", "type": "module", "value": "x"}',
        '{"key": 5, "type": "string", "value": "x"}',
        "[]",
        "no json",
    ],
)
def test_a_backup_that_somebody_made_up_writes_no_key_that_is_not_ours(
    line: str, redis_url: str, client: redis.Redis, tmp_path: Path
) -> None:
    path = kept_and_emptied(redis_url, client, tmp_path)
    add_key(path, line)
    with pytest.raises(BackupError, match="none of ours"):
        restore(redis_url, str(tmp_path / "models"), path)
    assert client.dbsize() == 0


def add_key(path: Path, line: str) -> None:
    """Add a line to the keys of a backup, with the digest that belongs to it."""
    with zipfile.ZipFile(path) as archive:
        keys = archive.read("redis.jsonl") + line.encode()
        manifest = json.loads(archive.read("manifest.json"))
    manifest["sha256"]["redis.jsonl"] = hashlib.sha256(keys).hexdigest()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("redis.jsonl", keys)
        archive.writestr("manifest.json", json.dumps(manifest))


def test_a_backup_that_somebody_made_up_signs_nobody_in_to_the_operators_page(
    redis_url: str, client: redis.Redis, tmp_path: Path
) -> None:
    path = kept_and_emptied(redis_url, client, tmp_path)
    add_key(path, '{"key": "tonefit:ops:session:12ab", "type": "string", "value": "0"}')
    assert restore(redis_url, str(tmp_path / "models"), path).keys == 1
    assert sorted(client.scan_iter()) == [SCHEMA.encode(), b"tonefit:settings:1"]


def test_a_place_outside_the_store_cannot_be_named(tmp_path: Path) -> None:
    store = Store(tmp_path / "models")
    for place in ("../x", "-1/name/v1/../../x", "-1/name/v1", "/etc/passwd", "-1/name/v1//x", "-1/a/v1/.."):
        with pytest.raises(ValueError, match=r"owner|version|name"):
            store.open(place)


def test_an_interrupted_backup_leaves_the_last_one(
    redis_url: str, client: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.set("tonefit:settings:1", "first")
    path = tmp_path / "b.zip"
    backup(redis_url, str(tmp_path / "models"), path)
    whole = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups, "_write_models", full)
    with pytest.raises(OSError, match="No space"):
        backup(redis_url, str(tmp_path / "models"), path)
    assert path.read_bytes() == whole
    assert sorted(found.name for found in tmp_path.glob("b.zip*")) == ["b.zip"]
    assert client.set("tonefit:settings:1", "writers go on")
