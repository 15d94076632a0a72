"""What an operator can set."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.settings import Settings, host_and_port


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("TOKEN", "TOKEN_FILE", "OPERATORS", "DATA_DIR", "API_URL", "MODEL_STORE"):
        monkeypatch.delenv(f"TONEFIT_{name}", raising=False)


def test_an_empty_setting_is_not_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("TOKEN", "WEBHOOK_SECRET", "WEBHOOK_URL", "REDIS_URL"):
        monkeypatch.setenv(f"TONEFIT_{name}", "")
    file = tmp_path / "token"
    file.write_text("1:x")
    settings = Settings(token_file=file)
    assert (settings.webhook_secret, settings.webhook_url, settings.redis_url) == (None, None, None)
    assert settings.read_token() == "1:x"


@pytest.mark.parametrize("secret", ["two words", "ü", "x" * 257])
def test_a_secret_that_telegram_would_not_take_is_refused(secret: str) -> None:
    with pytest.raises(ValidationError):
        Settings(webhook_secret=secret)


def test_operators_are_a_list_of_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONEFIT_OPERATORS", "12, 34")
    assert Settings().operators == (12, 34)


def test_a_token_is_read_from_its_file_and_never_printed(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("1:secret\n")
    assert Settings(token_file=file).read_token() == "1:secret"
    assert "1:hidden" not in repr(Settings(token="1:hidden"))


def test_a_wrong_setting_is_refused_by_name() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(webhook_listen="8443")
    assert refused.value.errors()[0]["loc"] == ("webhook_listen",)


def test_models_are_kept_in_the_data_directory_unless_told_otherwise(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path).store_url == str(tmp_path / "models")
    assert Settings(model_store="s3://models").store_url == "s3://models"


@pytest.mark.parametrize("listen", ["nothing", "host:", "host:99999", "host:x"])
def test_an_address_needs_a_port(listen: str) -> None:
    with pytest.raises(ValueError, match="host:port"):
        host_and_port(listen)
