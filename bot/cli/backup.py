"""`tonefit backup` and `tonefit restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.processes import fail, read_settings, redis_at

NOT_STEADY = "Redis did not let its other users wait: each key is whole, but not all are of one moment."
NO_REDIS = "Redis does not answer; check TONEFIT_REDIS_URL"


def backup(file: Annotated[Path, typer.Argument(help="The file to write, for example tonefit.zip.")]) -> None:
    """Write everything worth keeping into one file, also while the bot runs."""
    from redis.exceptions import RedisError

    from bot import backup as backups

    settings = read_settings()
    with redis_at(settings) as redis_url:
        try:
            report = backups.backup(redis_url, settings.store_url, file)
        except backups.BackupError as error:
            fail(str(error))
        except RedisError:
            fail(NO_REDIS)
        except OSError as error:
            fail(f"{file.name} was not written: {error.strerror}")
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
    from redis.exceptions import RedisError

    from bot import backup as backups

    settings = read_settings()
    with redis_at(settings) as redis_url:
        try:
            report = backups.restore(redis_url, settings.store_url, file, replace=replace)
        except backups.BackupError as error:
            fail(str(error))
        except RedisError:
            fail(NO_REDIS)
        except OSError as error:
            fail(f"{file.name} was not restored: {error.strerror}")
    typer.echo(f"{report.keys:,} keys and {report.files:,} files of models are back: start the bot")
