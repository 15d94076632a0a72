"""The demo: one process tree, from `tonefit demo` to Ctrl-C, driven as its web chat drives it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.bot.running_demo import ROOT, TRAINING, start


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


def running(pid: int) -> bool:
    """Whether a process runs; one that has ended may wait a moment for whoever it was left to."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc for processes left over")
async def test_a_newcomer_gets_a_tone_a_fit_and_a_trained_classifier_and_finds_them_again(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    demo = start(tmp_path)
    try:
        second = run_demo(tmp_path)
        assert (second.returncode, second.stdout) == (1, "")
        assert f"A demo already runs on this data: {demo.url}\n" in second.stderr
        await open_page(session, await asyncio.to_thread(link_to_page, tmp_path))
        await demo.ask(session, "positive", 40, text="/s What a wonderful day, I love it!")
        assert (await demo.ask(session, "R²", 40, text="1,2 2,4.1 3,5.9 4,8.2"))["photo"]
        await demo.ask(session, "ready to learn", 40, text="/new spam junk fine")
        await demo.ask(session, "40 new examples", 40, text="/teach spam", file=TRAINING.encode())
        await demo.ask(session, r"v1 is live(.|\n)*F1", 120, text="/train spam epochs=3")
        await demo.ask(session, "^junk, ", 40, text="/classify spam win a free prize now")
    finally:
        tree = demo.tree()
        asked = time.monotonic()
        demo.end()
    assert time.monotonic() - asked < 5
    assert len(tree) >= 4
    async with asyncio.timeout(5):
        while any(map(running, tree)):
            await asyncio.sleep(0.1)

    again = start(tmp_path)
    try:
        assert any("R²" in message.get("caption", "") for message in await again.messages(session))
        await again.ask(session, r"20\.\d", 40, text="/predict x=10")
        await again.ask(session, "^fine, ", 40, text="/classify spam see you at lunch on that day")
    finally:  # a process that does not hear, the server too, keeps nobody waiting
        tree = again.tree()
        for pid in tree - {again.process.pid}:
            os.kill(pid, signal.SIGSTOP)
        asked = time.monotonic()
        again.end()
    assert time.monotonic() - asked < 5
    assert not any(map(running, tree))


def link_to_page(folder: Path) -> str:
    """Ask for a link to the operators' page as an operator does."""
    return subprocess.run(
        [sys.executable, "-m", "bot", "ops-link", "--demo"],
        env={**os.environ, "TONEFIT_DATA_DIR": str(folder)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout.strip()


async def open_page(session: aiohttp.ClientSession, link: str) -> None:
    address, _, code = link.partition("#code=")
    async with session.get(address) as response:
        assert response.status == 200
    async with session.post(f"{address}api/signin", json={"code": code}) as response:
        assert response.status == 200, await response.text()


def run_demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a demo that ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "bot", "demo", "--no-browser", *arguments],
        env={**os.environ, "TONEFIT_DATA_DIR": str(folder)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_port_that_cannot_be_is_refused_in_a_sentence(tmp_path: Path) -> None:
    refused = run_demo(tmp_path, "--port", "99999")
    assert refused.returncode == 2
    assert "65535" in refused.stderr
    assert "Traceback" not in refused.stderr


INTERRUPTED = """
import os, signal, sys

class Interrupt:
    def find_spec(self, name, *_):
        if name == "bot.cli.processes":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
from bot.__main__ import main
main()
"""


def test_a_ctrl_c_while_the_program_loads_ends_it_without_a_word() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, "")
