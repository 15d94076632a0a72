"""`tonefit doctor`: is everything there that the bot needs, and what to do where it is not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import typer
from rich.console import Console

from bot.cli.processes import read_settings
from bot.settings import TELEGRAM, Settings

PATIENCE = 10.0  # seconds for each check


class Finding(Exception):
    """Something is missing."""


def doctor() -> None:
    """Check settings, token, Redis, worker and model; exit 1 where something is missing."""
    settings = read_settings()
    failed = asyncio.run(_examine(settings, Console()))
    raise typer.Exit(1 if failed else 0)


async def _examine(settings: Settings, console: Console) -> int:
    checks: dict[str, Callable[[Settings], Awaitable[str]]] = {
        "token": _token,
        "redis": _redis,
        "worker": _worker,
        "model": _model,
    }
    failed = 0
    console.print("  [green]✓[/green] settings  read", highlight=False)
    for name, check in checks.items():
        try:
            async with asyncio.timeout(PATIENCE):
                said = await check(settings)
            console.print(f"  [green]✓[/green] {name:9} {said}", highlight=False, soft_wrap=True)
        except TimeoutError:
            failed += 1
            console.print(f"  [red]✗[/red] {name:9} no answer within {PATIENCE:.0f} s", highlight=False)
        except Finding as finding:
            failed += 1
            console.print(f"  [red]✗[/red] {name:9} {finding}", highlight=False, soft_wrap=True)
    return failed


async def _token(settings: Settings) -> str:
    import telegram
    from telegram.error import InvalidToken, TelegramError

    from bot.request import AiohttpRequest

    try:
        token = settings.read_token()
    except OSError as error:
        raise Finding(f"TONEFIT_TOKEN_FILE cannot be read: {error.strerror}") from error
    if token is None and settings.api_url == TELEGRAM:
        raise Finding("set TONEFIT_TOKEN to the token from @BotFather (README.md), or run `tonefit demo`")
    bot = telegram.Bot(
        token or "1:local",
        base_url=f"{settings.api_url}/bot",
        request=AiohttpRequest(1),
        get_updates_request=AiohttpRequest(1),
    )
    try:
        await bot.initialize()
    except InvalidToken as error:
        raise Finding(
            "the Bot API server does not know this token; ask @BotFather for it (/mybots)"
        ) from error
    except TelegramError as error:
        raise Finding("the Bot API server does not answer; check the network and TONEFIT_API_URL") from error
    finally:
        await bot.shutdown()
    reads = "reads all messages in groups" if bot.bot.can_read_all_group_messages else "privacy mode is on"
    return f"@{bot.username}, {reads}"


async def _redis(settings: Settings) -> str:
    from redis.exceptions import RedisError

    from bot import embedded
    from bot.connection import connect

    if settings.redis_url is None:
        _, name = embedded.find_binary()
        return f"embedded: {name}"
    redis = connect(settings.redis_url)
    try:
        server = await redis.info("server")
        memory = await redis.info("memory")
    except RedisError as error:
        raise Finding("Redis does not answer; check TONEFIT_REDIS_URL and that the server runs") from error
    finally:
        await redis.aclose()
    if int(str(server["redis_version"]).split(".")[0]) < embedded.OLDEST:
        raise Finding(
            f"Redis {server['redis_version']} is too old; version {embedded.OLDEST} or newer is needed"
        )
    if memory.get("maxmemory_policy") not in {"noeviction", None}:
        raise Finding("Redis may throw data away: set maxmemory-policy to noeviction")
    return f"version {server.get('valkey_version', server['redis_version'])}"


async def _worker(settings: Settings) -> str:
    from redis.exceptions import RedisError

    from bot.connection import connect
    from ml.jobs import Jobs

    if settings.redis_url is None:
        return "`make run` and `tonefit run --with-worker` start one"
    redis = connect(settings.redis_url)
    try:
        count = await Jobs(redis, settings.redis_url).workers()
    except RedisError as error:
        raise Finding("unknown while Redis does not answer") from error
    finally:
        await redis.aclose()
    if not count:
        raise Finding("no worker runs, so trainings wait: start `tonefit worker`")
    return f"{count} running"


async def _model(settings: Settings) -> str:
    from ml.predictor import SHIPPED, Model

    try:
        model = await asyncio.to_thread(Model.load, SHIPPED)
        prediction = (await asyncio.to_thread(model.classify, ["good"]))[0]
    except (OSError, ValueError) as error:
        raise Finding("the shipped model cannot be read; install Tonefit again") from error
    return f"sentiment {prediction.version} answers"
