"""The processes: `tonefit run`, `tonefit worker` and `tonefit demo`."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError

from bot.settings import TELEGRAM, Settings

NO_TOKEN = (
    "There is no token. Get one from @BotFather (README.md, 'A bot of your own') and start again with\n"
    "  TONEFIT_TOKEN=123456:ABC... make run\n"
    "or run `tonefit demo`, which needs no account."
)


def run(
    with_worker: Annotated[bool, typer.Option("--with-worker", help="Start a worker as well.")] = False,
) -> None:
    """Run the bot: by polling, or by a webhook when TONEFIT_WEBHOOK_URL is set."""
    from bot import app, logs
    from bot.schema import NewerSchema

    settings = read_settings()
    token = read_token(settings)
    logs.set_up()
    with redis_at(settings) as redis_url, _worker(redis_url, wanted=with_worker):
        try:
            _run_loop(app.run(settings, token, redis_url))
        except (app.WrongToken, app.WrongWebhook, NewerSchema) as error:
            fail(str(error))


def worker() -> None:
    """Run a machine-learning worker, which trains what the bot enqueues."""
    from bot import logs
    from ml.worker import work

    settings = read_settings()
    logs.set_up()
    with redis_at(settings) as redis_url:
        work(redis_url, settings.store_url)


def migrate() -> None:
    """Bring what lies in Redis to this version; the bot does the same when it starts."""
    settings = read_settings()
    with redis_at(settings) as redis_url:
        asyncio.run(_migrate(redis_url))


async def _migrate(redis_url: str) -> None:
    from redis.exceptions import RedisError

    from bot import schema
    from bot.connection import connect

    redis = connect(redis_url)
    try:
        found = await schema.migrate(redis)
    except schema.NewerSchema as error:
        fail(str(error))
    except (RedisError, TimeoutError):
        fail("Redis does not answer; check TONEFIT_REDIS_URL")
    finally:
        await redis.aclose()
    same = found == schema.VERSION
    typer.echo(f"version {schema.VERSION}" if same else f"from version {found} to {schema.VERSION}")


def demo(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where the web chat listens on this machine; 0: any port.")
    ] = 8080,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the browser.")] = False,
) -> None:
    """Run everything on this machine: no account, no service, no network."""
    from bot import embedded, logs
    from bot.demo import AlreadyRuns, Demo

    settings = read_settings()
    logs.set_up("WARNING")
    try:
        asyncio.run(Demo((settings.data_dir / "demo").resolve(), port, open_browser=not no_browser).run())
    except AlreadyRuns as error:
        fail(str(error))
    except (embedded.ServerFailed, OSError) as error:
        fail(f"The demo did not start: {error}")
    # Nothing is left but to free memory, for which a busy machine keeps people at the terminal for seconds.
    sys.stdout.flush()
    os._exit(0)


def read_settings() -> Settings:
    """Read the settings, or end with a sentence that names the wrong one."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = "_".join(["TONEFIT", *map(str, first["loc"][:1])]).upper()
        fail(f"{name}: {first['msg']} (see deploy/env.example)")


def read_token(settings: Settings) -> str:
    """Return the token, or end with the way to one."""
    try:
        token = settings.read_token()
    except OSError as error:
        fail(f"TONEFIT_TOKEN_FILE cannot be read: {error.strerror}")
    if token is None:
        if settings.api_url != TELEGRAM:
            return "1:local"  # a server of one's own may know no tokens
        fail(NO_TOKEN)
    return token


@contextmanager
def redis_at(settings: Settings) -> Iterator[str]:
    """Give the address of Redis: the one that is set, or an embedded server for as long as we run."""
    if settings.redis_url is not None:
        yield settings.redis_url
        return
    from bot import embedded

    try:
        server = embedded.start(settings.data_dir)
    except (embedded.ServerFailed, OSError) as error:
        fail(f"The embedded server did not start: {error}")
    try:
        yield server.url
    finally:
        server.stop()


@contextmanager
def _worker(redis_url: str, *, wanted: bool) -> Iterator[None]:
    """Keep a worker beside the bot."""
    if not wanted:
        yield
        return
    ended = threading.Event()
    keeper = threading.Thread(target=_keep_worker, args=(redis_url, ended), name="worker")
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join(6)


def _keep_worker(redis_url: str, ended: threading.Event) -> None:
    """Start a worker, and start it again when it dies, since jobs wait; one thread owns it to its end."""
    from bot.processes import end, spawn

    command = [sys.executable, "-m", "bot", "worker"]
    environment = {**os.environ, "TONEFIT_REDIS_URL": redis_url}
    process = spawn(command, environment=environment, inherit_output=True)
    while not ended.wait(1.0):
        if process.poll() is not None:
            process = spawn(command, environment=environment, inherit_output=True)
    end(process)


def _run_loop(main: Coroutine[Any, Any, None]) -> None:
    try:
        import uvloop
    except ImportError:  # Windows has none
        asyncio.run(main)
    else:
        uvloop.run(main)


def fail(sentence: str) -> NoReturn:
    """End the program with a sentence on standard error."""
    typer.echo(sentence, err=True)
    raise typer.Exit(1)
