"""Nothing that lies in Redis or in a file runs as code."""

from __future__ import annotations

import ast
import asyncio
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import redis.asyncio

from bot.dead_letters import DeadLetters
from bot.faults import Faults
from bot.sandbox import scene
from ml.classifier import load_weights
from ml.queues import SERIALIZER, AllowedJob
from tests.faults.conftest import Field
from tests.ml.conftest import Workers
from tests.ml.test_worker import Chat

ROOT = Path(__file__).parents[2]
CARRIERS = {
    "pickle",
    "cPickle",
    "dill",
    "cloudpickle",
    "marshal",
    "shelve",
    "joblib",
    "jsonpickle",
    "copyreg",
}


class Bomb:
    """What makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


def test_no_module_imports_what_reads_code_out_of_data() -> None:
    found = []
    for folder in ("bot", "handlers", "ml"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                found += [(path.name, name) for name in names if name.partition(".")[0] in CARRIERS]
                called = node.func if isinstance(node, ast.Call) else None
                if isinstance(called, ast.Name) and called.id in {"eval", "exec", "compile", "__import__"}:
                    found.append((path.name, called.id))
                if isinstance(node, ast.keyword) and node.arg in {"allow_pickle", "shell"}:
                    found.append((path.name, node.arg))
    assert found == []


@pytest.mark.parametrize(
    "name", ["os.system", "subprocess.run", "builtins.eval", "ml.training_job.run.x", ""]
)
def test_a_forged_job_has_no_function(redis_url: str, name: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        job = AllowedJob(id="forged", connection=client, serializer=SERIALIZER)
        job._func_name, job._args, job._kwargs, job._instance = name, ["true"], {}, None
        with pytest.raises(PermissionError):
            job.func  # noqa: B018 - reading it is what a worker does


async def test_a_pickled_job_in_the_queue_is_not_unpickled_and_trainings_go_on(
    redis_client: redis.asyncio.Redis, redis_url: str, workers: Workers, tmp_path: Path
) -> None:
    forged = tmp_path / "forged"
    chat = Chat(redis_client, redis_url)
    payload = pickle.dumps(("os.mkdir", None, (Bomb(forged),), {}))
    moment = "2026-11-26T00:00:00.000000Z"
    for name, data in (("one", payload), ("two", pickle.dumps(Bomb(forged)))):
        record = {
            "data": data,
            "status": "queued",
            "origin": "high",
            "created_at": moment,
            "enqueued_at": moment,
        }
        await redis_client.hset(f"rq:job:{name}", mapping=record)
        await redis_client.rpush("rq:queue:high", name)
    workers.start()
    await chat.teach()
    assert (await chat.end_of(await chat.train())).stage == "done"
    assert not forged.exists()


async def test_a_pickled_session_is_set_aside_and_its_person_is_told_once_and_answered(
    field: Field, tmp_path: Path
) -> None:
    forged = tmp_path / "forged"
    client = redis.asyncio.Redis.from_url(field.valkey.url)
    await field.start()
    asked = await field.sandbox.say(scene.ADA, scene.ADA, "/fit 1,2 2,4.1 3,5.9")
    await field.sandbox.reply_to(asked, 30)
    async with asyncio.timeout(10):
        while not (keys := [key async for key in client.scan_iter(f"tonefit:se*:{scene.ADA}*")]):
            await asyncio.sleep(0.1)
    for key in keys:
        await client.set(key, pickle.dumps(Bomb(forged)))
    for question in ("/predict x=10", "/fit 1,2 2,4.1 3,5.9", "/predict x=10"):
        asked = await field.sandbox.say(scene.ADA, scene.ADA, question)
        await field.sandbox.reply_to(asked, 30)
    said = [post.get("text", "") for post in field.sandbox.messages(scene.ADA) if post["from"]["is_bot"]]
    told = [text for text in said if "I can no longer read what I remembered" in text]
    assert len(told) == 1
    assert "x = 10" in said[-1]
    reference = told[0].partition("(ref ")[2][:4]
    assert await client.get(f"tonefit:aside:{reference}") == pickle.dumps(Bomb(forged))
    fault = await Faults(client, DeadLetters(client)).find(reference)
    assert fault is not None
    assert fault.place.endswith(f"-> tonefit:aside:{reference}")
    assert await DeadLetters(client).list() == []
    assert not forged.exists()
    assert str(forged) not in field.bots[0].said
    await asyncio.wait_for(client.aclose(), 5)


def test_weights_that_hold_objects_are_not_unpickled(tmp_path: Path) -> None:
    forged = tmp_path / "forged"
    np.savez(tmp_path / "weights.npz", kernel=np.array([Bomb(forged)], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        load_weights(tmp_path / "weights.npz")
    assert not forged.exists()
