"""The proof of a backup: restored on an empty server and an empty store, the bot answers as before."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.backup import BackupError, backup, restore
from bot.connection import connect
from bot.sandbox import scene
from bot.sandbox.server import Sandbox
from ml.examples import Examples
from ml.predictor import SHIPPED
from ml.registry import Registry
from ml.samples import Sample
from ml.store import Store
from tests.bot.conftest import World
from tests.conftest import Valkey
from tests.handlers.conftest import metrics

LABELS = ("bad", "meh", "good")
PREPARED = ("/lang en", "/fit 1,2.1 2,3.9 3,6.2 4,7.8")
QUESTIONS = (  # asked twice they are answered as once
    "/sentiment What a lovely surprise!",
    "/classify mood what a lovely day",
    "/models mood",
    "/models",
    "/fit poly2",
    "/predict x=10",
    "/why mood what a lovely day",
    "/classify",
)
CHINESE = ("/models", "/predict x=10")  # by somebody who chose it


async def teach(valkey: Valkey, store: Store, folder: Path) -> None:
    """Make a model that answers: the shipped network under three other labels, with examples."""
    redis = connect(valkey.url)
    owner, registry = str(scene.ADA), Registry(redis)
    await registry.create(owner, "mood", LABELS, scene.ADA)
    samples = [Sample(f"{label} day number {n}", label) for label in LABELS for n in range(5)]
    await Examples(redis).add(owner, "mood", samples, scene.ADA)
    shutil.copytree(SHIPPED, folder)
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    (folder / "manifest.json").write_text(
        json.dumps(manifest | {"labels": LABELS, "metrics": metrics(LABELS)})
    )
    for _ in range(2):
        version = store.publish(owner, "mood", folder)
        await registry.promote(owner, "mood", version)
    await redis.aclose()


async def answers(world: World) -> list[str]:
    """Ask everything and return what was said, without the ids of answers, which are new each time."""
    said = []
    asked = [(scene.ADA, text) for text in QUESTIONS] + [(scene.GRACE, text) for text in CHINESE]
    for person, text in asked:
        reply = await world.ask(text, person=person)
        words = reply.get("text", reply.get("caption", ""))
        buttons = [b["text"] for row in reply.get("reply_markup", {}).get("inline_keyboard", []) for b in row]
        said.append(re.sub(r"\b[2-9A-HJ-NP-Z]{6}\b", "ID", words) + " ".join(buttons))
    return said


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_a_restored_bot_gives_the_same_answers_to_the_same_questions(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("valkey1", "valkey2", "bot1", "bot2")]
    for folder in folders:
        folder.mkdir()
    first, second = Valkey(folders[0]), Valkey(folders[1])
    first.start()
    try:
        store = Store(tmp_path / "models1")
        await teach(first, store, tmp_path / "model")
        async with Sandbox() as sandbox:
            world = World(sandbox, first.url, folders[2], {"TONEFIT_MODEL_STORE": store.url})
            try:
                await world.start()
                for text in PREPARED:
                    await world.ask(text)
                for text in ("/lang zh", "/fit 1,1 2,4.2 3,8.8"):
                    await world.ask(text, person=scene.GRACE)
                before = await answers(world)
                await asyncio.to_thread(backup, first.url, store.url, tmp_path / "b.zip")
                with pytest.raises(BackupError, match="a bot runs on that Redis"):
                    await asyncio.to_thread(restore, first.url, store.url, tmp_path / "b.zip", replace=True)
            finally:
                world.end()
        first.kill()
        shutil.rmtree(tmp_path / "models1")
        second.start()
        await asyncio.to_thread(restore, second.url, str(tmp_path / "models2"), tmp_path / "b.zip")
        async with Sandbox() as sandbox:
            world = World(sandbox, second.url, folders[3], {"TONEFIT_MODEL_STORE": str(tmp_path / "models2")})
            try:
                await world.start()
                after = await answers(world)
            finally:
                world.end()
        assert after == before
        assert "x = 10: y = " in before[5] and "v2" in before[2] and "模型" in before[-2]
    finally:
        first.kill()
        second.kill()
