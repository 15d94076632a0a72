"""Builds a target of deploy/Dockerfile in this namespace, starts it as its own user and talks to it.

    unshare --mount --propagation private python -m tests.deploy.run_image bot|worker

The root is read-only for it, as Kubernetes and compose have it. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bot.sandbox import scene
from bot.sandbox.server import Sandbox
from tests.conftest import Valkey
from tests.deploy.dockerfile import Builder, Stage

ROOT = Path(__file__).parent.parent.parent
DATA = "var/lib/tonefit"
CLONE_NEWNET = 0x40000000  # Python 3.11 has no os.unshare


def main(target: str) -> dict[str, Any]:
    """Build a target and return what its container does."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8g", "tmpfs", folder], check=True)
        try:
            text = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
            begun = time.monotonic()
            stage = Builder(text, ROOT, Path(folder)).build(target)
            built = time.monotonic() - begun
            parts = subprocess.check_output(["du", "-sb", str(stage.root / "opt" / "tonefit")], text=True)
            read_only(stage)
            with tempfile.TemporaryDirectory() as valkey:
                said = asyncio.run(talk(stage, target, Path(valkey)))
            return {"built_s": round(built), "venv_mb": round(int(parts.split()[0]) / 1e6), **said}
        finally:
            subprocess.run(["umount", "--lazy", "--recursive", folder], check=False)


def read_only(stage: Stage) -> None:
    """Make everything but the data directory and /tmp read-only."""
    subprocess.run(["mount", "-o", "remount,ro", str(stage.root)], check=True)
    for place in ("tmp", DATA):
        owner = f"mode=0700,uid={stage.user.split(':')[0]},gid={stage.user.split(':')[1]}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", owner, "tmpfs", str(stage.root / place)], check=True)


async def talk(stage: Stage, target: str, folder: Path) -> dict[str, Any]:
    """Start the container's command, ask what its health check asks, and let somebody write to the bot."""
    # Ports and loopback of our own: what the image listens at is fixed.
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "no namespace for the network")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    valkey = Valkey(folder)
    valkey.start()
    async with Sandbox() as sandbox:
        given = {
            "TONEFIT_TOKEN": "1:test-token",
            "TONEFIT_API_URL": sandbox.url,
            "TONEFIT_REDIS_URL": valkey.url,
        }
        process = subprocess.Popen(inside(stage, [*stage.entry_point, *stage.command], given))
        try:
            healthy = await until_healthy(stage, given, process)
            said: dict[str, Any] = {"healthy_after_s": healthy, "memory_mb": memory(process.pid)}
            said["user"] = status(process.pid, "Uid").split()[0]
            if target == "bot":
                asked = await sandbox.say(scene.ADA, scene.ADA, "/sentiment What a lovely surprise!")
                said["answer"] = (await sandbox.reply_to(asked, 60))["text"]
                asked = await sandbox.say(scene.ADA, scene.ADA, "/fit 1,2 2,4.1 3,5.9 4,8.2")
                said["picture"] = "photo" in await sandbox.reply_to(asked, 60)
                said["memory_mb"] = memory(process.pid)
        finally:
            process.terminate()
            said["ended_with"] = process.wait(20)
            valkey.kill()
    health = subprocess.run(inside(stage, stage.health, given), capture_output=True, timeout=30, check=False)
    return {**said, "healthy_without_process": health.returncode == 0}


def inside(stage: Stage, command: list[str], given: dict[str, str]) -> list[str]:
    """Return the command that runs another as the image has it: its user, its environment, its directory."""
    user, group = stage.user.split(":")
    environment = [f"{name}={value}" for name, value in (stage.environment | given).items()]
    return [
        *("chroot", f"--userspec={user}:{group}", f"--groups={group}", str(stage.root)),
        *("env", "-i", "-C", stage.directory, *environment, *command),
    ]


async def until_healthy(stage: Stage, given: dict[str, str], process: subprocess.Popen[bytes]) -> float:
    """Return how many seconds it took until the health check was content."""
    begun = time.monotonic()
    while time.monotonic() - begun < 120:
        if process.poll() is not None:
            raise RuntimeError(f"the container ended with {process.returncode}")
        asked = await asyncio.create_subprocess_exec(
            *inside(stage, stage.health, given), stderr=asyncio.subprocess.DEVNULL
        )
        if await asyncio.wait_for(asked.wait(), 30) == 0:
            return round(time.monotonic() - begun, 1)
        await asyncio.sleep(0.5)
    raise RuntimeError("the container did not become healthy")


def memory(pid: int) -> int:
    """Return what a process and its children hold in MB, each page counted once."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    own = next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1000
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return round(own + sum(memory(int(child)) for child in children))


def status(pid: int, name: str) -> str:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.partition(":")[2].strip() for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
