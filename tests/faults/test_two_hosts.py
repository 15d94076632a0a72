"""The bot and Redis on one host, a worker on another, a model store that both see."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS, THEIRS = "10.213.7.1", "10.213.7.2"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=20)


@pytest.fixture
def hosts() -> Iterator[tuple[str, str]]:
    """Two network namespaces with a cable between them, and nothing else."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("needs root and ip(8) for network namespaces")
    first, second = f"tonefit-bot-{os.getpid()}", f"tonefit-worker-{os.getpid()}"
    try:
        ip("netns", "add", first)
    except subprocess.CalledProcessError:
        pytest.skip("network namespaces are not allowed here")
    try:
        ip("netns", "add", second)
        ip("-n", first, "link", "add", "cable0", "type", "veth", "peer", "name", "cable1", "netns", second)
        for name, cable, address in ((first, "cable0", OURS), (second, "cable1", THEIRS)):
            ip("-n", name, "addr", "add", f"{address}/24", "dev", cable)
            ip("-n", name, "link", "set", cable, "up")
            ip("-n", name, "link", "set", "lo", "up")
        yield first, second
    finally:
        for name in (first, second):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, timeout=20, check=False)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_worker_on_another_host_trains_what_the_bot_serves(hosts: tuple[str, str], tmp_path: Path) -> None:
    first, second = hosts
    command = ["ip", "netns", "exec", first, sys.executable, "-m", "tests.faults.two_hosts"]
    done = subprocess.run(
        [*command, second, OURS, str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=380, check=False,
    )  # fmt: skip
    worker = tmp_path / "worker.log"
    assert done.returncode == 0, done.stderr[-2000:] + (worker.read_text()[-1000:] if worker.exists() else "")
    said = json.loads(done.stdout.splitlines()[-1])
    assert not said["reached"]
    assert "v1" in said["card"]
    assert "junk" in said["answer"]
    assert "fine" in said["alone"]  # what was learned is served while the worker is cut off
    assert not list((tmp_path / "models").glob("**/.publishing-*"))
