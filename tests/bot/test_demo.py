"""The demo: one process tree, from `tonefit demo` to Ctrl-C, driven as its web chat drives it."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox import scene
from tests.bot.running_demo import TRAINING, start


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc for processes left over")
async def test_a_newcomer_gets_a_tone_a_fit_and_a_trained_classifier_and_finds_them_again(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    demo = start(tmp_path)
    ada = {"person": scene.ADA, "chat": scene.ADA}
    try:
        await demo.post(session, "send", **ada, text="/s What a wonderful day, I love it!")
        await demo.wait_for(session, "positive", 15)
        await demo.post(session, "send", **ada, text="1,2 2,4.1 3,5.9 4,8.2")
        assert (await demo.wait_for(session, "R²", 20))["photo"]
        await demo.post(session, "send", **ada, text="/new spam junk fine")
        await demo.wait_for(session, "spam", 10)
        await demo.post(session, "send", **ada, text="/teach spam", file=TRAINING.encode())
        await demo.wait_for(session, "40", 20)
        await demo.post(session, "send", **ada, text="/train spam epochs=3")
        await demo.wait_for(session, r"(?i)accuracy", 120)
        await demo.wait_for(session, r"(?i)F1", 120)
        await demo.post(session, "send", **ada, text="/classify spam win a free prize now")
        await demo.wait_for(session, "junk", 10)
    finally:
        tree = demo.tree()
        asked = time.monotonic()
        demo.end()
    assert time.monotonic() - asked < 5
    assert len(tree) >= 4
    await asyncio.sleep(0.2)
    assert [pid for pid in tree if Path(f"/proc/{pid}").exists()] == []

    again = start(tmp_path)
    try:
        await again.wait_for(session, "R²", 5)
        await again.post(session, "send", **ada, text="/predict x=10")
        await again.wait_for(session, "20", 10)
        await again.post(session, "send", **ada, text="/classify spam lunch on that day")
        await again.wait_for(session, "fine", 10)
    finally:
        again.end()
