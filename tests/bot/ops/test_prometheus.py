"""What an operator's monitoring sees of a running bot, over HTTP."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from bot.sandbox import scene
from bot.sandbox.server import Sandbox
from ml import keys
from ml.job_records import Progress
from ml.job_state import Begin, JobAddress, JobState
from ml.predictor import SHIPPED
from tests.bot.conftest import World
from tests.bot.ops.operated import operated
from tests.conftest import Valkey, free_port

SECRET_WORDS = "what a wonderful unmistakable day"


async def get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as session, session.get(url) as got:
        return got.status, await got.text()


async def figures(url: str) -> dict[str, float]:
    """Return what `/metrics` shows, by name with labels."""
    status, content = await get(f"{url}/metrics")
    assert status == 200
    found = {}
    for family in text_string_to_metric_families(content):
        assert family.name.startswith("tonefit_")
        for sample in family.samples:
            found[",".join([sample.name, *sample.labels.values()])] = sample.value
    return found


async def test_monitoring_sees_what_the_bot_does_and_that_redis_went_away(
    own_valkey: Valkey, tmp_path: Path
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with Sandbox() as sandbox:
        world = World(sandbox, own_valkey.url, tmp_path, {"TONEFIT_OPS_LISTEN": f"127.0.0.1:{port}"})
        try:
            await world.start()
            assert await get(f"{url}/healthz") == (200, "ok\n")
            assert await get(f"{url}/readyz") == (200, "ready\n")
            await world.ask(f"/sentiment {SECRET_WORDS}")
            await world.ask("/fit 1,1 1,1")
            seen = await until_dealt_with(url, 2)
            assert seen["tonefit_commands_total,sentiment,answered"] == 1
            assert seen["tonefit_commands_total,fit,answered"] == 1
            assert seen["tonefit_answer_seconds_count,sentiment"] == 1
            assert seen["tonefit_update_lag_seconds_count"] == 2
            assert seen["tonefit_texts_total"] == seen["tonefit_batches_total"] == 1
            assert seen["tonefit_batch_size_count"] == seen["tonefit_batch_size_bucket,1.0"] == 1
            version = json.loads((SHIPPED / "manifest.json").read_text("utf-8"))["version"]
            assert seen[f"tonefit_model_info,sentiment,{version}"] == 1
            assert seen["tonefit_models_loaded"] == 0
            assert (seen["tonefit_redis_up"], seen["tonefit_replicas"], seen["tonefit_workers"]) == (1, 1, 0)
            assert seen["tonefit_redis_memory_bytes"] > 100_000
            _, content = await get(f"{url}/metrics")
            assert "unmistakable" not in content
            assert str(scene.ADA) not in content
            own_valkey.kill()
            assert await get(f"{url}/healthz") == (200, "ok\n")
            assert await get(f"{url}/readyz") == (503, "Redis does not answer\n")
            gone = await figures(url)
            assert gone["tonefit_redis_up"] == 0
            assert gone["tonefit_updates_total,answered"] == 2
        finally:
            world.end()


async def test_trainings_are_counted_with_how_long_they_waited_and_ran(tmp_path: Path) -> None:
    async with operated(tmp_path) as bot:
        await bot.world.ask("/new mail junk fine")
        lines = "\n".join(f"{word}: text number {n} {word}" for n in range(8) for word in ("junk", "fine"))
        await bot.world.ask(f"/teach mail\n{lines}")
        await bot.world.ask("/train mail")
        await bot.world.ask("/cancel")
        await bot.world.ask("/train mail")
        state = JobState(bot.redis)
        (held,) = await bot.redis.zrange(keys.ACTIVE_JOBS, 0, -1)
        job = held.decode()
        assert await state.start(job, "run", "rq:wip:default:executions") is Begin.GO
        failure = Progress(job, "failed", problem="one_class")
        await state.finish(JobAddress(job, str(scene.ADA)), failure)
        async with asyncio.timeout(30):
            while (seen := await figures(bot.url)).get("tonefit_jobs_total,failed") != 1:
                await asyncio.sleep(0.1)
        assert seen["tonefit_jobs_total,cancelled"] == 1
        assert seen["tonefit_job_wait_seconds_count"] == seen["tonefit_job_seconds_count,failed"] == 1
        assert 0 <= seen["tonefit_job_seconds_sum,failed"] < 30
        assert seen["tonefit_models_promoted_total"] == 0


async def until_dealt_with(url: str, count: int) -> dict[str, float]:
    """Wait until so many updates were acknowledged: that is after people see the answer."""
    async with asyncio.timeout(30):
        while True:
            seen = await figures(url)
            if seen.get("tonefit_updates_total,answered") == count:
                return seen
            await asyncio.sleep(0.05)
