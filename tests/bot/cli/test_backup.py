"""`tonefit backup` and `tonefit restore` as an operator types them."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis
from typer.testing import CliRunner

from bot.cli.commands import app
from tests.conftest import free_port


@pytest.fixture
def settings(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TONEFIT_REDIS_URL", redis_url)
    monkeypatch.setenv("TONEFIT_DATA_DIR", str(tmp_path))
    return redis_url


def typed(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, words)
    return result.exit_code, result.output


def test_what_was_taken_away_comes_back(settings: str) -> None:
    with redis.Redis.from_url(settings) as client:
        client.set("tonefit:settings:1", "chosen")
        code, said = typed("backup", "kept.zip")
        assert (code, said.startswith("kept.zip: 1 keys and 0 files of models")) == (0, True), said
        client.flushall()
        assert typed("restore", "kept.zip") == (0, "1 keys and 0 files of models are back: start the bot\n")
        assert client.get("tonefit:settings:1") == b"chosen"
        code, said = typed("restore", "kept.zip")
        assert (code, "--replace" in said) == (1, True)
        assert typed("restore", "kept.zip", "--replace")[0] == 0


def test_a_user_of_redis_who_may_let_nobody_wait_is_told_what_that_means(
    settings: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    acl = Path(__file__).parents[3] / "deploy" / "redis.acl"
    with redis.Redis.from_url(settings) as client:
        client.set("tonefit:settings:1", "chosen")
        try:
            for line in acl.read_text("utf-8").splitlines():
                if line.startswith(("user bot", "user operator")):
                    client.execute_command("ACL", "SETUSER", *line.split()[1:])
            for user, steady in (("operator:OPERATOR_PASSWORD", True), ("bot:BOT_PASSWORD", False)):
                monkeypatch.setenv("TONEFIT_REDIS_URL", settings.replace("://", f"://{user}@"))
                code, said = typed("backup", f"{user}.zip")
                assert (code, "not all are of one moment" not in said) == (0, steady), said
        finally:
            client.execute_command("ACL", "DELUSER", "bot", "operator")


def test_what_went_wrong_is_one_sentence(
    settings: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "text.zip").write_text("no archive")
    assert typed("restore", "text.zip") == (1, "text.zip is no whole backup: take another one\n")
    assert typed("restore", "absent.zip") == (1, "absent.zip was not restored: No such file or directory\n")
    assert typed("backup", "no/such/folder.zip")[0] == 1
    monkeypatch.setenv("TONEFIT_REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    assert typed("backup", "kept.zip") == (1, "Redis does not answer; check TONEFIT_REDIS_URL\n")
