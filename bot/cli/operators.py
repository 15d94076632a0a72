"""What an operator makes by hand: links to the page, `tonefit ops-link`, and keys, `tonefit api-key`."""

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
Demo = Annotated[bool, typer.Option("--demo", help="Of the demo that runs on this machine.")]


def ops_link(demo: Demo = False) -> None:
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


api_key = typer.Typer(help="Make, list and revoke keys of the HTTP API.", no_args_is_help=True)


@api_key.command()
def new(
    name: Annotated[str, typer.Argument(help="What to call the key.")],
    chat: Annotated[
        int | None, typer.Option(help="The id of a chat whose models and trainings the key may use.")
    ] = None,
    per_minute: Annotated[int, typer.Option(min=1, max=100_000, help="Requests a minute.")] = 60,
    demo: Demo = False,
) -> None:
    """Make a key and print it; nobody can read it again."""
    from bot.ops.api_keys import ApiKeys, NameTaken

    try:
        secret = asked(settings_of(demo), lambda redis: ApiKeys(redis).new(name, chat, per_minute))
    except NameTaken:
        fail("There is a key of this name: revoke it, or choose another name.")
    except ValueError as error:
        fail(f"This is no name for a key: {error}.")
    typer.echo(secret)


@api_key.command("list")
def list_keys(demo: Demo = False) -> None:
    """List the keys, without their secrets."""
    from datetime import UTC, datetime

    from rich.console import Console
    from rich.table import Table

    from bot.ops.api_keys import ApiKeys

    table = Table("name", "chat", "a minute", "made", box=None, pad_edge=False)
    for key in asked(settings_of(demo), lambda redis: ApiKeys(redis).list()):
        made = datetime.fromtimestamp(key.created, UTC).date().isoformat()
        table.add_row(key.name, key.chat or "-", str(key.per_minute), made)
    Console().print(table)


@api_key.command()
def revoke(name: Annotated[str, typer.Argument(help="The key's name.")], demo: Demo = False) -> None:
    """Let a key in no more, from the next request on."""
    from bot.ops.api_keys import ApiKeys

    if not asked(settings_of(demo), lambda redis: ApiKeys(redis).revoke(name)):
        fail("There is no key of this name; `tonefit api-key list` shows them.")
    typer.echo("revoked")
