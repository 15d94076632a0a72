"""Addresses of Redis: what they mean, and real servers behind TLS, with users, and under Sentinel."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from redis.asyncio import Redis

from bot.connection import connect
from bot.dead_letters import DeadLetters
from bot.inbox import FIRST, Inbox
from bot.shards import Shards
from ml import queues
from ml.redis_address import SentinelAddress, check, read_sentinel
from tests.conftest import free_port

SERVER = shutil.which("redis-server") or ""
needs_server = pytest.mark.skipif(
    not SERVER or not shutil.which("openssl"), reason="needs redis-server (which has TLS) and openssl"
)


class Server:
    """Processes of Debian's redis-server, with settings of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, settings: str, *arguments: str) -> subprocess.Popen[bytes]:
        folder = self.folder / name
        folder.mkdir()
        (folder / "redis.conf").write_text(f'dir {folder}\nsave ""\nbind 127.0.0.1\n{settings}')
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [SERVER, str(folder / "redis.conf"), *arguments], stdout=log, stderr=log
            )
        self.processes.append(process)
        return process

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait(10)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    started = Server(tmp_path)
    yield started
    started.end()


async def until_it_answers(client: Redis) -> None:
    deadline = time.monotonic() + 15
    while True:
        try:
            await client.ping()
            return
        except redis.RedisError:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis+sentinel://one,two:26380/tonefit", ((("one", 26379), ("two", 26380)), "tonefit", 0)),
        ("redis+sentinel://bot:a%40b@one:1/tonefit/3", ((("one", 1),), "tonefit", 3)),
    ],
)
def test_an_address_under_sentinel_is_read(url: str, address: tuple[object, str, int]) -> None:
    read = read_sentinel(url)
    assert (read.sentinels, read.service, read.options["db"]) == address


def test_credentials_are_for_the_servers_and_those_of_the_sentinels_have_names_of_their_own() -> None:
    read = read_sentinel("rediss+sentinel://bot:a%40b@one/t?sentinel_password=s&ssl_ca_certs=ca.pem")
    assert isinstance(read, SentinelAddress)
    assert read.options == {
        "db": 0,
        "username": "bot",
        "password": "a@b",
        "ssl_ca_certs": "ca.pem",
        "ssl": True,
    }
    assert read.sentinel_options["password"] == "s"
    assert read.sentinel_options["ssl"] is True


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost",
        "http://x",
        "redis+sentinel://",
        "redis+sentinel://:pw@one:x/s",
        "redis+sentinel://one",
    ],
)
def test_what_is_no_address_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(ValueError, match="expected an address"):
        check(url)


@needs_server
async def test_the_bot_and_the_workers_speak_tls_as_their_own_users(server: Server, tmp_path: Path) -> None:
    certificate(tmp_path)
    port = free_port()
    acl = (Path(__file__).parents[2] / "deploy" / "redis.acl").read_text()
    (tmp_path / "users.acl").write_text(acl.replace("BOT_PASSWORD", "b").replace("WORKER_PASSWORD", "w"))
    server.start(
        "tls",
        f"port 0\ntls-port {port}\ntls-auth-clients no\ntls-cert-file {tmp_path}/cert.pem\n"
        f"tls-key-file {tmp_path}/key.pem\naclfile {tmp_path}/users.acl\n",
    )
    where = f"127.0.0.1:{port}/0?ssl_ca_certs={tmp_path}/cert.pem"
    bot = connect(f"rediss://bot:b@{where}")
    await until_it_answers(bot)
    inbox = Inbox(bot)
    assert await inbox.put([{"update_id": 1, "message": {"chat": {"id": 5}}}]) == 1
    (entry,) = await inbox.read({5: FIRST})
    assert len((await Shards(bot).beat()).taken) == 16
    await DeadLetters(bot).bury(entry, "REF4", "crashed")
    await bot.aclose()
    worker = queues.connect(f"rediss://worker:w@{where}", timeout=5, attempts=1)
    assert worker.ping()
    with pytest.raises(redis.exceptions.NoPermissionError):
        worker.xlen("tonefit:inbox:5")
    with pytest.raises(redis.exceptions.NoPermissionError):
        worker.flushall()
    worker.close()
    stranger = queues.connect(f"rediss://{where}", timeout=5, attempts=1)
    with pytest.raises(redis.exceptions.AuthenticationError):
        stranger.ping()


def certificate(folder: Path) -> None:
    """Write a certificate for this machine, signed by itself."""
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *name, *files]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


@needs_server
async def test_after_a_failover_sentinel_leads_to_the_new_primary(server: Server) -> None:
    first, second, watch = free_port(), free_port(), free_port()
    primary = server.start("first", f"port {first}\n")
    server.start("second", f"port {second}\nreplicaof 127.0.0.1 {first}\n")
    server.start(
        "sentinel",
        f"port {watch}\nsentinel monitor tonefit 127.0.0.1 {first} 1\n"
        "sentinel down-after-milliseconds tonefit 1000\nsentinel failover-timeout tonefit 10000\n",
        "--sentinel",
    )
    url = f"redis+sentinel://127.0.0.1:{watch}/tonefit/0"
    client = connect(url)
    await until_it_answers(client)
    plain = Redis(port=second)
    async with asyncio.timeout(20):
        while (await plain.info("replication")).get("master_link_status") != "up":
            await asyncio.sleep(0.1)
        while not await known_replicas(watch):
            await asyncio.sleep(0.2)
    await client.set("kept", "1")
    await client.wait(1, 5000)
    primary.kill()
    async with asyncio.timeout(60):
        while True:
            try:
                await client.set("written", "2")
                break
            except redis.RedisError:
                await asyncio.sleep(0.3)
    assert await plain.get("written") == b"2"
    assert await asyncio.to_thread(lambda: queues.connect(url, timeout=5).get("kept")) == b"1"
    await client.aclose()
    await plain.aclose()


async def known_replicas(port: int) -> int:
    """Count the replicas that a sentinel has found."""
    async with Redis(port=port) as sentinel:
        answer: list[object] = await sentinel.execute_command("SENTINEL", "REPLICAS", "tonefit")
        return len(answer)
