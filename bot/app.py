"""The composition root: builds every part of the bot's process once, and runs them together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import telegram
from redis.asyncio import Redis
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.announcements import Announcements
from bot.audit import AuditLog
from bot.background import announced, end, follow_progress, run_schedules, sweep
from bot.backups import Backups
from bot.chat_ids import ChatIds
from bot.chat_settings import ChatSettingsStore
from bot.chats import TelegramChats
from bot.connection import connect
from bot.conversation import Conversation
from bot.dead_letters import DeadLetters
from bot.dispatcher import Dispatcher
from bot.erasure import Eraser
from bot.faults import Faults
from bot.figures import Figures, keep_figures
from bot.flood import FloodGuard
from bot.inbox import Inbox
from bot.intake import ALLOWED_UPDATES, Poller
from bot.known import Known
from bot.left_out import LeftOut
from bot.limiter import Limiter
from bot.maintenance import MaintenanceMode
from bot.menu import show_menus
from bot.metrics import Metrics, Predictions
from bot.ops import Ops
from bot.ops.button import offer_page
from bot.orders import Orders
from bot.outbox import TelegramOutbox
from bot.overview import Overview
from bot.parking import Parking
from bot.patience import for_ever, with_redis
from bot.request import AiohttpRequest
from bot.ruled import Ruled
from bot.schedules import Schedules
from bot.schema import migrate
from bot.sender import Sender
from bot.sessions import KeptResults, Sessions
from bot.settings import Settings
from bot.shards import Shards
from bot.web import Webhook, secret_of
from handlers import COMMANDS, TABLE
from handlers.context import Services
from handlers.operating import Operating
from ml.examples import Examples
from ml.feedback import Feedback
from ml.housekeeping import Housekeeping
from ml.jobs import Jobs
from ml.kept_texts import KeptTexts
from ml.mood import Mood
from ml.nearest import NearestExamples
from ml.optouts import OptOuts
from ml.plots import Plotter
from ml.pools import Pools
from ml.posts import Posts
from ml.predictor import Predictor
from ml.quotas import Quotas
from ml.reaction_labels import ReactionLabels
from ml.registry import Registry
from ml.shares import Shares
from ml.store import Store
from ml.trainings import Trainings
from ml.writes import Writes

log = logging.getLogger(__name__)

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
        bot = telegram.Bot(
            token,
            base_url=f"{settings.api_url}/bot",
            base_file_url=f"{settings.api_url}/file/bot",
            request=request,
            get_updates_request=AiohttpRequest(1),
        )
        await with_redis(partial(migrate, redis))
        await _introduce(bot)
        stack.push_async_callback(bot.shutdown)
        write = Writes(redis)
        chat_ids, sessions, schedules = ChatIds(redis), Sessions(redis, write), Schedules(redis)
        store, registry = Store(settings.store_url), Registry(redis)
        predictor, plotter = Predictor(store, registry), Plotter()
        jobs, feedback = Jobs(redis, redis_url, store=store), Feedback(redis)
        trainings, orders, metrics = Trainings(redis, redis_url, jobs), Orders(redis), Metrics()
        dead_letters = DeadLetters(redis)
        faults = Faults(redis, dead_letters)
        figures, known = Figures(redis, metrics), Known(redis)
        overview = Overview(
            redis,
            trainings=trainings,
            feedback=feedback,
            figures=figures,
            known=known,
            orders=orders,
            sessions=sessions,
            chat_ids=chat_ids,
        )
        enforced = settings.limits == "telegram"
        guard = FloodGuard(redis, enforced=enforced)
        quotas = Quotas(settings.most_examples, settings.most_models, settings.training_minutes)
        maintenance = MaintenanceMode(redis)
        announcements = Announcements(redis, known, orders, sessions)
        operating = Operating(
            ids=frozenset(settings.operators),
            orders=orders,
            audit=AuditLog(redis),
            overview=overview,
            floods=guard,
            known=known,
            trainings=trainings,
            housekeeping=Housekeeping(redis, store, registry),
            faults=faults,
            backups=Backups(redis_url, settings.store_url, settings.data_dir / "backups"),
            maintenance=maintenance,
            announcements=announcements,
            quotas=quotas,
        )
        services = Services(
            predictor=predictor,
            plotter=plotter,
            examples=Examples(redis),
            nearest=NearestExamples(Examples(redis)),
            store=store,
            jobs=jobs,
            results=KeptResults(redis, write),
            registry=registry,
            feedback=feedback,
            texts=KeptTexts(redis, write),
            pools=Pools(redis),
            shares=Shares(redis),
            quotas=quotas,
            chats=TelegramChats(bot, chat_ids),
            chat_settings=ChatSettingsStore(sessions),
            ruled=Ruled(redis),
            schedules=schedules,
            mood=Mood(redis),
            posts=Posts(redis),
            optouts=OptOuts(redis),
            reaction_labels=ReactionLabels(redis),
            operating=operating,
            commands=COMMANDS,
            bot_username=bot.username,
        )
        await predictor.start()
        stack.push_async_callback(predictor.close)
        await plotter.start()
        stack.push_async_callback(plotter.close)
        parking = Parking(redis)
        metrics.registry.register(Predictions(predictor))
        sender = Sender(Limiter(redis, enforced=enforced), parking, chat_ids, metrics)
        outbox = TelegramOutbox(bot, sender, chat_ids, LeftOut(redis, metrics))
        conversation = Conversation(
            bot,
            redis,
            services,
            TABLE,
            outbox,
            chat_ids,
            guard,
            settings.language,
            metrics,
            write,
            known,
            faults,
        )
        inbox, shards = Inbox(redis), Shards(redis)
        signal.signal(signal.SIGCONT, partial(_after_pause, shards, request))
        if settings.ops_listen is not None:
            ops = Ops(
                settings.ops_listen,
                metrics,
                redis,
                inbox,
                services,
                token=token,
                operators=settings.operators,
            )
            await ops.start()
            stack.push_async_callback(ops.stop)
        parts: dict[str, Callable[[], Awaitable[None]]] = {
            "dispatcher": Dispatcher(inbox, shards, dead_letters, conversation, maintenance, metrics).run,
            "parking": parking.run,
            "progress": partial(follow_progress, services.jobs, outbox, plotter, metrics),
            "sweep": partial(sweep, services.jobs, dead_letters),
            "erasure": Eraser(redis).run,
            "announcements": partial(announcements.run, outbox, partial(announced, outbox)),
            "figures": partial(keep_figures, figures, known),
            "schedules": partial(run_schedules, services, schedules, outbox, settings.language),
            "intake": partial(_intake, settings, bot, redis, inbox, token),
        }
        tasks = [asyncio.create_task(for_ever(name, part), name=name) for name, part in parts.items()]
        log.info("answering as @%s by %s", bot.username, "webhook" if settings.webhook_url else "polling")
        shown = asyncio.create_task(_show(bot, settings), name="menus")
        stack.push_async_callback(end, [*tasks, shown])
        yield tasks


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
