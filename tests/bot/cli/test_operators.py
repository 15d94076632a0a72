"""What an operator makes by hand, as the program's own process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import redis.asyncio

from bot.ops.api_keys import ApiKeys
from bot.ops.signin import Signins

ROOT = Path(__file__).parents[3]


def tonefit(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TONEFIT_")}
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env=clean | {"TONEFIT_DATA_DIR": str(folder)} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_ops_link_prints_a_link_whose_code_opens_the_page(
    tmp_path: Path, redis_url: str, redis_client: redis.asyncio.Redis
) -> None:
    where = {"TONEFIT_REDIS_URL": redis_url, "TONEFIT_OPS_LISTEN": "0.0.0.0:9123"}
    done = tonefit(tmp_path, "ops-link", **where)
    link, _, code = done.stdout.strip().partition("#code=")
    assert (done.returncode, link) == (0, "http://127.0.0.1:9123/ops/")
    token = await Signins(redis_client).use_link(code)
    assert await Signins(redis_client).visitor(token) is not None
    public = tonefit(tmp_path, "ops-link", **where, TONEFIT_OPS_URL="https://bot.example.org/")
    assert public.stdout.startswith("https://bot.example.org/ops/#code=")


def test_ops_link_says_what_is_missing(tmp_path: Path) -> None:
    without = tonefit(tmp_path, "ops-link")
    assert (without.returncode, "set TONEFIT_OPS_LISTEN" in without.stderr) == (1, True)
    no_demo = tonefit(tmp_path, "ops-link", "--demo")
    assert (no_demo.returncode, "No demo runs here" in no_demo.stderr) == (1, True)
    where = {"TONEFIT_REDIS_URL": "redis://127.0.0.1:1/0", "TONEFIT_OPS_LISTEN": "127.0.0.1:9123"}
    no_redis = tonefit(tmp_path, "ops-link", **where)
    assert (no_redis.returncode, no_redis.stderr) == (1, "Redis does not answer; check TONEFIT_REDIS_URL.\n")


async def test_keys_are_made_listed_without_their_secrets_and_revoked(
    tmp_path: Path, redis_url: str, redis_client: redis.asyncio.Redis
) -> None:
    where = {"TONEFIT_REDIS_URL": redis_url}
    made = tonefit(tmp_path, "api-key", "new", "shop", "--chat", "-77", "--per-minute", "7", **where)
    secret = made.stdout.strip()
    key = await ApiKeys(redis_client).find(secret)
    assert key is not None
    assert (key.name, key.chat, key.per_minute) == ("shop", "-77", 7)
    again = tonefit(tmp_path, "api-key", "new", "shop", **where)
    assert (again.returncode, "There is a key of this name" in again.stderr) == (1, True)
    wrong = tonefit(tmp_path, "api-key", "new", "a b", **where)
    assert (wrong.returncode, "1 to 32 letters" in wrong.stderr) == (1, True)
    listed = tonefit(tmp_path, "api-key", "list", **where).stdout
    assert "shop" in listed
    assert "-77" in listed
    assert secret not in listed
    assert tonefit(tmp_path, "api-key", "revoke", "shop", **where).stdout == "revoked\n"
    assert await ApiKeys(redis_client).find(secret) is None
    assert tonefit(tmp_path, "api-key", "revoke", "shop", **where).returncode == 1
