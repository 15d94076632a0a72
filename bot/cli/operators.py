"""What an operator makes by hand: `tonefit ops-link`, a link to the operators' page."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.cli.processes import fail, read_settings, redis_at
from bot.settings import Settings

PATIENCE = 10.0  # seconds for Redis

T = TypeVar("T")


def ops_link(
    demo: Annotated[bool, typer.Option("--demo", help="Of the demo that runs on this machine.")] = False,
) -> None:
    """Print a link that opens the operators' page once, within ten minutes."""
    from bot.ops.signin import LINK_TTL, Signins, link_at

    settings = settings_of(demo)
    address = settings.ops_address
    if address is None:
        fail("There is no operators' server: set TONEFIT_OPS_LISTEN, for example to 127.0.0.1:9090.")
    code = asked(settings, lambda redis: Signins(redis).new_link())
    typer.echo(link_at(address, code))
    typer.echo(f"It opens once, within {LINK_TTL // 60} minutes.", err=True)


def settings_of(demo: bool) -> Settings:
    """Return the settings, or what they are for the demo that runs here."""
    settings = read_settings()
    if not demo:
        return settings
    from bot.demo import OPS_FILE

    folder = (settings.data_dir / "demo").resolve()
    try:
        listen = (folder / OPS_FILE).read_text("utf-8")
    except OSError:
        fail("No demo runs here: start one by `tonefit demo`.")
    return settings.model_copy(
        update={"redis_url": None, "data_dir": folder, "ops_listen": listen, "ops_url": None}
    )


def asked(settings: Settings, ask: Callable[[Redis], Awaitable[T]]) -> T:
    """Ask Redis for something, or end with a sentence where it does not answer."""

    async def _ask(redis_url: str) -> T:
        from bot.connection import connect

        redis = connect(redis_url)
        try:
            async with asyncio.timeout(PATIENCE):
                return await ask(redis)
        finally:
            await redis.aclose()

    with redis_at(settings) as redis_url:
        try:
            return asyncio.run(_ask(redis_url))
        except (RedisError, TimeoutError):
            fail("Redis does not answer; check TONEFIT_REDIS_URL.")
