"""`tonefit doctor`: is everything there that the bot needs, and what to do where it is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from bot.cli.processes import read_settings
from bot.settings import TELEGRAM, Settings

if TYPE_CHECKING:
    import telegram

PATIENCE = 10.0  # seconds for each check
LATELY = 600  # seconds
FULL = 0.9  # of the memory


class Finding(Exception):
    """Something is missing."""


def doctor() -> None:
    """Check settings, token, rights, updates, Redis, worker and model; exit 1 where something is missing."""
    settings = read_settings()
    failed = asyncio.run(_examine(settings, Console()))
    raise typer.Exit(1 if failed else 0)


async def _examine(settings: Settings, console: Console) -> int:
    checks: dict[str, Callable[[Settings], Awaitable[str]]] = {
        "token": _token,
        "updates": _updates,
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
    async with _bot(settings) as bot:
        me = bot.bot
    if not me.can_join_groups:
        raise Finding(f"@{me.username} can be added to no group; in @BotFather: /setjoingroups, then Enable")
    reads = (
        "reads all messages in groups"
        if me.can_read_all_group_messages
        else "privacy mode is on: in groups it hears commands, mentions and replies alone "
        "(for /tagging and /mood: @BotFather, /setprivacy, Disable, then add it anew)"
    )
    inline = "inline mode is on" if me.supports_inline_queries else "inline mode is off (/setinline)"
    return f"@{me.username}, {reads}; {inline}"


@asynccontextmanager
async def _bot(settings: Settings) -> AsyncIterator[telegram.Bot]:
    """Give a bot that the server knows.

    Raises:
        Finding: There is no token, or the server does not answer to it.
    """
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
        yield bot
    except InvalidToken as error:
        raise Finding(
            "the Bot API server does not know this token; ask @BotFather for it (/mybots)"
        ) from error
    except TelegramError as error:
        raise Finding("the Bot API server does not answer; check the network and TONEFIT_API_URL") from error
    finally:
        await bot.shutdown()


async def _updates(settings: Settings) -> str:
    """Look at the way by which updates come: who polls takes a webhook away, and the other way round."""
    async with _bot(settings) as bot:
        hook = await bot.get_webhook_info()
    if settings.webhook_url is None and hook.url:
        raise Finding(
            "a webhook is set for this token and these settings poll, so that the two would take updates "
            "from each other: set TONEFIT_WEBHOOK_URL here too, or stop whoever set it"
        )
    if settings.webhook_url is None:
        return "by polling"
    if not hook.url:
        return "by a webhook, which the bot sets when it starts"
    if hook.url != settings.webhook_url:
        raise Finding(
            "the webhook of this token has another address than TONEFIT_WEBHOOK_URL: "
            "another program uses the token"
        )
    if (
        hook.last_error_date is not None
        and (datetime.now(UTC) - hook.last_error_date).total_seconds() < LATELY
    ):
        raise Finding(
            f"Telegram could not reach the webhook lately ({hook.last_error_message}) and keeps "
            f"{hook.pending_update_count} updates: look at the proxy, its certificate and its path"
        )
    return f"by a webhook, {hook.pending_update_count} wait at Telegram"


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
        kept = await redis.info("persistence")
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
    if not int(kept.get("aof_enabled", 0)):
        raise Finding(
            "Redis would forget what it holds at a restart: set appendonly to yes (deploy/OPERATIONS.md)"
        )
    if kept.get("aof_last_write_status", "ok") != "ok":
        raise Finding("Redis cannot write its append-only file: look for space on its disk")
    used, most = int(memory["used_memory"]), int(memory.get("maxmemory", 0))
    if most and used > FULL * most:
        raise Finding(
            f"Redis uses {used / most:.0%} of its memory and takes nothing when it is full: give it more"
        )
    version = server.get("valkey_version", server["redis_version"])
    return f"version {version}, writes all down, throws nothing away"


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
