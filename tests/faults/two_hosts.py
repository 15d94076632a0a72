"""The bot with Redis on one host and a worker on another: run in the first one's network namespace.

    ip netns exec FIRST python -m tests.faults.two_hosts SECOND ADDRESS FOLDER

SECOND is the worker's namespace, ADDRESS what it calls us by, FOLDER what both see. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from bot.sandbox.server import Sandbox
from ml.queues import Queues
from tests.bot.conftest import ROOT, World
from tests.conftest import Valkey

PASSWORD = "between-two-hosts"
LINES = "\n".join(
    f"{label}: {words} {number}"
    for label, words in (("junk", "win a prize"), ("fine", "see you at"))
    for number in range(10)
)


async def main(second: str, address: str, folder: Path) -> dict[str, Any]:
    """Teach and train a model, and return what was said of it; then cut the cable and ask again."""
    valkey = Valkey(folder)
    valkey.start()
    (folder / "models").mkdir()
    port = expose(valkey, address)
    url = f"redis://:{PASSWORD}@{address}:{port}/0"
    environment = {**os.environ, "TONEFIT_REDIS_URL": url, "TONEFIT_MODEL_STORE": str(folder / "models")}
    async with Sandbox() as sandbox:
        world = World(sandbox, url, folder, {"TONEFIT_MODEL_STORE": str(folder / "models")})
        worker = None
        try:
            await world.start()
            with (folder / "worker.log").open("wb") as log:
                command = ["ip", "netns", "exec", second, sys.executable, "-m", "bot", "worker"]
                worker = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
            return await talk(world, second, sandbox.url, url)
        finally:
            world.end()
            if worker is not None:
                worker.terminate()
                worker.wait(20)
            valkey.kill()


def expose(valkey: Valkey, address: str) -> int:
    """Let the server listen on the cable as well, with a password, and return its port there."""
    import redis

    with redis.Redis.from_url(valkey.url) as client:
        client.config_set("bind", f"127.0.0.1 {address}")
        client.config_set("requirepass", PASSWORD)
    return valkey.port


async def talk(world: World, second: str, sandbox: str, url: str) -> dict[str, Any]:
    reached = await reaches(second, sandbox)
    await world.ask("/new spam junk fine")
    await world.ask(f"/teach spam\n{LINES}")
    queues = Queues(url)
    async with asyncio.timeout(120):
        while not await asyncio.to_thread(queues.workers):
            await asyncio.sleep(0.5)
    await world.ask("/train spam")
    async with asyncio.timeout(150):
        while "v1" not in (card := (await world.ask("/models spam"))["text"]):
            await asyncio.sleep(1)
    answer = (await world.ask("/classify spam win a prize now"))["text"]
    cut(second, "down")
    alone = (await world.ask("/classify spam see you at six"))["text"]
    cut(second, "up")
    return {"reached": reached, "card": card, "answer": answer, "alone": alone, "host": socket.gethostname()}


async def reaches(second: str, url: str) -> bool:
    """Whether the other host sees what listens on our loopback: it must not, or the two are one."""
    program = f"import urllib.request; urllib.request.urlopen({url!r}, timeout=2)"
    asked = await asyncio.create_subprocess_exec(
        *("ip", "netns", "exec", second, sys.executable, "-c", program), stderr=asyncio.subprocess.DEVNULL
    )
    return await asyncio.wait_for(asked.wait(), 30) == 0


def cut(second: str, state: str) -> None:
    subprocess.run(["ip", "-n", second, "link", "set", "cable1", state], check=True, timeout=10)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))))
