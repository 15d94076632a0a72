"""The bot's process: its parts are started in order, run together, and closed in the opposite order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import telegram
from redis.asyncio import Redis
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.background import announced, end, follow_progress, run_schedules, sweep
from bot.connection import connect
from bot.dispatcher import Dispatcher
from bot.erasure import Eraser
from bot.figures import keep_figures
from bot.inbox import Inbox
from bot.intake import ALLOWED_UPDATES, Poller
from bot.left_out import LeftOut
from bot.limiter import Limiter
from bot.menu import show_menus
from bot.metrics import Metrics, Predictions
from bot.ops.button import offer_page
from bot.ops.server import Ops
from bot.outbox import TelegramOutbox
from bot.parking import Parking
from bot.parts import Shared, conversation_of, enforced, operating_of, services_of, shared_parts
from bot.patience import for_ever, with_redis
from bot.request import AiohttpRequest
from bot.ruled import catch_up
from bot.schema import migrate
from bot.sender import Sender
from bot.settings import Settings
from bot.shards import Shards
from bot.web import Webhook, secret_of
from handlers import COMMANDS, TABLE
from handlers.context import Services

log = logging.getLogger(__name__)

YOUNG = 20_000  # objects until the collector looks for rings: at its 700 that took 8 % of all time
SWITCH_INTERVAL = 0.001  # seconds that a thread full of numbers may keep the event loop waiting
UNKNOWN_TOKEN = "the Bot API server does not know this token; check TONEFIT_TOKEN"


class WrongToken(RuntimeError):
    """The Bot API server does not know the token."""


class WrongWebhook(RuntimeError):
    """Telegram does not take the address of the webhook."""


async def run(settings: Settings, token: str, redis_url: str) -> None:
    """Run the bot until it is told to stop.

    Raises:
        WrongToken: See there.
        WrongWebhook: See there.
        NewerSchema: See there.
    """
    sys.setswitchinterval(SWITCH_INTERVAL)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    # The opening waits for the network as long as it takes, and must be stoppable too.
    serving = asyncio.create_task(_serve(settings, token, redis_url), name="bot")
    waiting = asyncio.create_task(stopped.wait(), name="signal")
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not serving.done():
        await end([serving])
    if serving.done() and not serving.cancelled():
        serving.result()


async def _serve(settings: Settings, token: str, redis_url: str) -> None:
    async with _open(settings, token, redis_url) as tasks:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


@contextlib.asynccontextmanager
async def _open(settings: Settings, token: str, redis_url: str) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Build the parts, start them, and close them in the opposite order."""
    async with contextlib.AsyncExitStack() as stack:
        redis = connect(redis_url)
        stack.push_async_callback(redis.aclose)
        request = AiohttpRequest(proxies=settings.api_url.startswith("https"))
        bot = _bot(settings, token, request)
        await with_redis(partial(migrate, redis))
        await _introduce(bot)
        stack.push_async_callback(bot.shutdown)
        shared = shared_parts(settings, redis, redis_url, bot)
        services = services_of(shared, operating_of(shared))
        await _start(services, shared.metrics, stack)
        shards = Shards(redis)
        signal.signal(signal.SIGCONT, partial(_after_pause, shards, request))
        if settings.ops_listen is not None:
            ops = Ops(
                settings.ops_listen,
                shared.metrics,
                redis,
                services,
                token=token,
                operators=settings.operators,
            )
            await ops.start()
            stack.push_async_callback(ops.stop)
        parts = _running(shared, services, shards, token)
        tasks = [asyncio.create_task(for_ever(name, part), name=name) for name, part in parts.items()]
        log.info("answering as @%s by %s", bot.username, "webhook" if settings.webhook_url else "polling")
        begun = [
            asyncio.create_task(_show(bot, settings), name="menus"),
            asyncio.create_task(for_ever("chats", partial(catch_up, redis, services)), name="chats"),
        ]
        stack.push_async_callback(end, [*tasks, *begun])
        yield tasks


def _bot(settings: Settings, token: str, request: AiohttpRequest) -> telegram.Bot:
    return telegram.Bot(
        token,
        base_url=f"{settings.api_url}/bot",
        base_file_url=f"{settings.api_url}/file/bot",
        request=request,
        get_updates_request=AiohttpRequest(1),
    )


async def _start(services: Services, metrics: Metrics, stack: contextlib.AsyncExitStack) -> None:
    """Start what computes beside the event loop."""
    await services.predictor.start()
    stack.push_async_callback(services.predictor.close)
    await services.plotter.start()
    stack.push_async_callback(services.plotter.close)
    metrics.registry.register(Predictions(services.predictor))
    gc.collect()
    gc.freeze()  # what is loaded by now stays for good: no collection has to walk through it again
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])


def _running(
    shared: Shared, services: Services, shards: Shards, token: str
) -> dict[str, Callable[[], Awaitable[None]]]:
    """Return what runs until the bot ends, by name."""
    settings, redis, metrics = shared.settings, shared.redis, shared.metrics
    inbox, parking = Inbox(redis), Parking(redis)
    limiter = Limiter(redis, enforced=enforced(settings))
    sender = Sender(limiter, parking, shared.chat_ids, metrics)
    outbox = TelegramOutbox(shared.bot, sender, shared.chat_ids, LeftOut(redis, metrics))
    conversation = conversation_of(shared, services, TABLE, outbox)
    dispatcher = Dispatcher(inbox, shards, shared.dead_letters, conversation, shared.maintenance, metrics)
    return {
        "dispatcher": dispatcher.run,
        "parking": parking.run,
        "progress": partial(follow_progress, services.jobs, outbox, services.plotter, metrics),
        "sweep": partial(sweep, services.jobs, shared.dead_letters),
        "erasure": Eraser(redis).run,
        "announcements": partial(shared.announcements.run, outbox, partial(announced, outbox)),
        "figures": partial(keep_figures, shared.figures, shared.known),
        "schedules": partial(run_schedules, services, shared.schedules, outbox, settings.language),
        "intake": partial(_intake, settings, shared.bot, redis, inbox, token),
    }


async def _show(bot: telegram.Bot, settings: Settings) -> None:
    """Show people the commands, and operators the button of their page."""
    await show_menus(bot, COMMANDS)
    if settings.ops_listen is not None and settings.ops_url is not None:
        await offer_page(bot, settings.ops_url, settings.operators)


def _after_pause(shards: Shards, request: AiohttpRequest, *_: object) -> None:
    """Send nothing that was begun before a long pause: another replica may have answered meanwhile.

    A signal handler, since it runs before anything else goes on.
    """
    if not shards.certain:
        request.cut()


async def _introduce(bot: telegram.Bot) -> None:
    """Ask who we are, for as long as the network takes to be there."""
    pause = 0.2
    while True:
        try:
            await bot.initialize()
            return
        except InvalidToken as error:
            raise WrongToken(UNKNOWN_TOKEN) from error
        except TelegramError as error:
            log.warning("the Bot API server does not answer (%s); trying on", type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(5.0, 2 * pause)


async def _intake(settings: Settings, bot: telegram.Bot, redis: Redis, inbox: Inbox, token: str) -> None:
    """Take updates in, by webhook where one is set, else by polling."""
    if settings.webhook_url is None:
        try:
            await Poller(bot, inbox, redis).run()
        except InvalidToken as error:
            raise WrongToken(UNKNOWN_TOKEN) from error
        return
    given = settings.webhook_secret
    secret = given.get_secret_value() if given is not None else secret_of(token)
    webhook = Webhook(inbox, settings.webhook_url, settings.webhook_listen, secret)
    await webhook.start()
    try:
        await _announce(bot, settings.webhook_url, secret)
        await asyncio.Event().wait()
    finally:
        await webhook.stop()


async def _announce(bot: telegram.Bot, url: str, secret: str) -> None:
    """Tell Telegram where to bring updates, for as long as the network takes to be there."""
    while True:
        try:
            await bot.set_webhook(
                url, secret_token=secret, allowed_updates=ALLOWED_UPDATES, max_connections=100
            )
            return
        except BadRequest as error:
            raise WrongWebhook(f"Telegram refuses TONEFIT_WEBHOOK_URL: {error.message}") from error
        except TelegramError as error:
            log.warning("the webhook was not set (%s); trying on", type(error).__name__)
            await asyncio.sleep(1)
