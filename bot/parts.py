"""The composition root: every part of the bot's process, built once and given to those that ask it."""

from __future__ import annotations

from dataclasses import dataclass

import telegram
from redis.asyncio import Redis

from bot.announcements import Announcements
from bot.audit import AuditLog
from bot.backups import Backups
from bot.chat_ids import ChatIds
from bot.chat_settings import ChatSettingsStore
from bot.chats import TelegramChats
from bot.conversation import Conversation
from bot.dead_letters import DeadLetters
from bot.faults import Faults
from bot.figures import Figures
from bot.flood import FloodGuard
from bot.known import Known
from bot.maintenance import MaintenanceMode
from bot.metrics import Metrics
from bot.orders import Orders
from bot.outbox import TelegramOutbox
from bot.overview import Overview
from bot.ruled import Ruled
from bot.schedules import Schedules
from bot.sessions import KeptResults, Sessions
from bot.settings import Settings
from handlers import COMMANDS
from handlers.context import Services
from handlers.operating import Operating
from handlers.routing import Table
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


@dataclass(frozen=True)
class Shared:
    """What more than one part asks."""

    settings: Settings
    redis: Redis
    redis_url: str
    bot: telegram.Bot
    metrics: Metrics
    write: Writes
    chat_ids: ChatIds
    sessions: Sessions
    schedules: Schedules
    store: Store
    registry: Registry
    jobs: Jobs
    feedback: Feedback
    dead_letters: DeadLetters
    faults: Faults
    figures: Figures
    known: Known
    orders: Orders
    floods: FloodGuard
    maintenance: MaintenanceMode
    announcements: Announcements
    quotas: Quotas


def enforced(settings: Settings) -> bool:
    """Say whether Telegram's limits and our own are kept."""
    return settings.limits == "telegram"


def shared_parts(settings: Settings, redis: Redis, redis_url: str, bot: telegram.Bot) -> Shared:
    """Build what more than one part asks."""
    metrics, write, store = Metrics(), Writes(redis), Store(settings.store_url)
    sessions, known, orders = Sessions(redis, write), Known(redis), Orders(redis)
    dead_letters = DeadLetters(redis)
    return Shared(
        settings=settings,
        redis=redis,
        redis_url=redis_url,
        bot=bot,
        metrics=metrics,
        write=write,
        chat_ids=ChatIds(redis),
        sessions=sessions,
        schedules=Schedules(redis),
        store=store,
        registry=Registry(redis),
        jobs=Jobs(redis, redis_url, store=store),
        feedback=Feedback(redis),
        dead_letters=dead_letters,
        faults=Faults(redis, dead_letters),
        figures=Figures(redis, metrics),
        known=known,
        orders=orders,
        floods=FloodGuard(redis, enforced=enforced(settings)),
        maintenance=MaintenanceMode(redis),
        announcements=Announcements(redis, known, orders, sessions),
        quotas=Quotas(settings.most_examples, settings.most_models, settings.training_minutes),
    )


def operating_of(shared: Shared) -> Operating:
    """Build whom the operators' handlers ask."""
    settings, redis = shared.settings, shared.redis
    trainings = Trainings(redis, shared.redis_url, shared.jobs)
    return Operating(
        ids=frozenset(settings.operators),
        orders=shared.orders,
        audit=AuditLog(redis),
        overview=_overview(shared, trainings),
        floods=shared.floods,
        known=shared.known,
        trainings=trainings,
        housekeeping=Housekeeping(redis, shared.store, shared.registry),
        faults=shared.faults,
        backups=Backups(shared.redis_url, settings.store_url, settings.data_dir / "backups"),
        maintenance=shared.maintenance,
        announcements=shared.announcements,
        quotas=shared.quotas,
    )


def _overview(shared: Shared, trainings: Trainings) -> Overview:
    return Overview(
        shared.redis,
        trainings=trainings,
        feedback=shared.feedback,
        figures=shared.figures,
        known=shared.known,
        orders=shared.orders,
        sessions=shared.sessions,
        chat_ids=shared.chat_ids,
    )


def services_of(shared: Shared, operating: Operating) -> Services:
    """Build whom all handlers ask."""
    redis, write, bot = shared.redis, shared.write, shared.bot
    examples = Examples(redis)
    return Services(
        predictor=Predictor(shared.store, shared.registry),
        plotter=Plotter(),
        examples=examples,
        nearest=NearestExamples(examples),
        store=shared.store,
        jobs=shared.jobs,
        results=KeptResults(redis, write),
        registry=shared.registry,
        feedback=shared.feedback,
        texts=KeptTexts(redis, write),
        pools=Pools(redis),
        shares=Shares(redis),
        quotas=shared.quotas,
        chats=TelegramChats(bot, shared.chat_ids),
        chat_settings=ChatSettingsStore(shared.sessions),
        ruled=Ruled(redis),
        schedules=shared.schedules,
        mood=Mood(redis),
        posts=Posts(redis),
        optouts=OptOuts(redis),
        reaction_labels=ReactionLabels(redis),
        operating=operating,
        commands=COMMANDS,
        bot_username=bot.username,
    )


def conversation_of(shared: Shared, services: Services, table: Table, outbox: TelegramOutbox) -> Conversation:
    """Build what answers updates."""
    return Conversation(
        shared.bot,
        shared.redis,
        services,
        table,
        outbox,
        chat_ids=shared.chat_ids,
        flood_guard=shared.floods,
        default_language=shared.settings.language,
        metrics=shared.metrics,
        write=shared.write,
        known=shared.known,
        faults=shared.faults,
    )
