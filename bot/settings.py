"""What an operator can set: environment variables with the prefix `TONEFIT_`, or a `.env` file."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Annotated, Literal

from pydantic import PositiveInt, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
TELEGRAM = "https://api.telegram.org"


def user_data_dir() -> Path:
    """Return where a program keeps its data for this person, as the platform has it."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "tonefit"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "tonefit"


class Settings(BaseSettings):
    """The settings of one process; `deploy/env.example` says what each is for."""

    model_config = SettingsConfigDict(
        env_prefix="TONEFIT_", env_file=".env", env_ignore_empty=True, extra="ignore"
    )

    token: SecretStr | None = None
    token_file: Path | None = None
    api_url: str = TELEGRAM
    redis_url: str | None = None  # none: the embedded server
    webhook_url: str | None = None  # none: polling
    webhook_listen: str = "127.0.0.1:8443"
    webhook_secret: SecretStr | None = None
    ops_listen: str | None = None
    ops_url: str | None = None  # where a proxy shows what listens there; none: where it listens itself
    operators: Annotated[tuple[PositiveInt, ...], NoDecode] = ()  # ids of people
    data_dir: Path = user_data_dir()
    model_store: str | None = None  # none: a folder of the data directory
    language: Literal["en", "zh"] = "en"  # for people whose language is not known
    most_examples: PositiveInt = 100_000  # of a model
    most_models: PositiveInt = 50  # of a chat
    training_minutes: PositiveInt = 120  # a day that one person's trainings run
    limits: Literal["telegram", "off"] = "telegram"

    @field_validator("operators", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("api_url", "webhook_url", "ops_url")
    @classmethod
    def _without_slash(cls, value: str | None) -> str | None:
        return value.rstrip("/") if value else value

    @field_validator("webhook_secret")
    @classmethod
    def _secret_signs(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not SECRET.fullmatch(value.get_secret_value()):
            raise ValueError(
                "expected 1 to 256 letters, digits, underscores and hyphens, as Telegram takes them"
            )
        return value

    @field_validator("webhook_listen", "ops_listen")
    @classmethod
    def _host_and_port(cls, value: str | None) -> str | None:
        if value is not None:
            host_and_port(value)
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis_scheme(cls, value: str | None) -> str | None:
        if value:
            from ml import redis_address  # without Redis nobody waits for its client to be imported

            redis_address.check(value)
        return value or None

    @property
    def ops_address(self) -> str | None:
        """Where a browser finds the operators' server, None where there is none."""
        if self.ops_listen is None or self.ops_url is not None:
            return self.ops_url
        host, port = host_and_port(self.ops_listen)
        everywhere = host in {"0.0.0.0", "::"}  # noqa: S104 - no address that a browser could open
        return f"http://{'127.0.0.1' if everywhere else f'[{host}]' if ':' in host else host}:{port}"

    @property
    def store_url(self) -> str:
        """Where models are kept."""
        return self.model_store or str(self.data_dir / "models")

    def read_token(self) -> str | None:
        """Return the bot's token, from the setting or the file that holds it."""
        if self.token is not None:
            return self.token.get_secret_value().strip() or None
        if self.token_file is not None:
            return self.token_file.read_text("utf-8").strip() or None
        return None


def host_and_port(listen: str) -> tuple[str, int]:
    """Split `host:port`.

    >>> host_and_port("[::1]:8443")
    ('::1', 8443)

    Raises:
        ValueError: It has another form.
    """
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise ValueError("expected host:port, for example 127.0.0.1:8443")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 - the operator left the host out
