"""`tonefit backup` and `tonefit restore`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.processes import fail, read_settings, redis_at

NOT_STEADY = "Redis did not let its other users wait: each key is whole, but not all are of one moment."


def backup(file: Annotated[Path, typer.Argument(help="The file to write, for example tonefit.zip.")]) -> None:
    """Write everything worth keeping into one file, also while the bot runs."""
    with _places(f"{file.name} was not written") as (redis_url, store_url):
        from bot import backup as backups

        report = backups.backup(redis_url, store_url, file)
    typer.echo(
        f"{file}: {report.keys:,} keys and {report.files:,} files of models, {report.size / 1e6:.1f} MB"
    )
    if not report.steady:
        typer.echo(NOT_STEADY)


def restore(
    file: Annotated[Path, typer.Argument(help="What `tonefit backup` wrote.")],
    replace: Annotated[bool, typer.Option("--replace", help="Delete what lies there before.")] = False,
) -> None:
    """Put a backup back on an empty server; stop the bot and the workers first."""
    with _places(f"{file.name} was not restored") as (redis_url, store_url):
        from bot import backup as backups

        report = backups.restore(redis_url, store_url, file, replace=replace)
    typer.echo(f"{report.keys:,} keys and {report.files:,} files of models are back: start the bot")


@contextmanager
def _places(failure: str) -> Iterator[tuple[str, str]]:
    """Give the addresses of Redis and of the model store; what goes wrong there becomes a sentence."""
    from redis.exceptions import RedisError

    from bot.backup import BackupError

    settings = read_settings()
    with redis_at(settings) as redis_url:
        try:
            yield redis_url, settings.store_url
        except BackupError as error:
            fail(str(error))
        except RedisError:
            fail("Redis does not answer; check TONEFIT_REDIS_URL")
        except OSError as error:
            fail(f"{failure}: {error.strerror}")
