"""What runs beside the answers: the progress of trainings, and the jobs whose worker died."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence

from redis.exceptions import RedisError
from telegram.error import TelegramError

from bot.dead_letters import DeadLetters
from bot.logs import traceback_without_values
from bot.metrics import Metrics
from bot.outbox import TelegramOutbox
from bot.schedules import Once, Schedules
from handlers.context import ChatSettings, Services
from handlers.op_say import progress_card
from handlers.operating import Announcement
from handlers.progress import ProgressCards
from handlers.texts import Texts
from handlers.unasked import send_alert, send_digest
from ml.jobs import FINAL, Job, Jobs, Progress
from ml.plots import Plotter

log = logging.getLogger(__name__)

SHOWN_WITHIN = 2.0  # seconds; then the next report is looked at
SWEEP_EVERY = 2.0  # seconds between looks at jobs whose worker died
END_TIMEOUT = 4.0  # seconds for everything that runs, when the bot stops
ASK_AGAIN_EVERY = 0.2


async def follow_progress(jobs: Jobs, outbox: TelegramOutbox, plotter: Plotter, metrics: Metrics) -> None:
    """Show trainings as they go on, in the message that each began with, and count those that end.

    A chat that Telegram makes us wait for holds up the others' trainings only for a moment.
    """
    cards = ProgressCards(outbox, plotter=plotter)
    held_up: set[asyncio.Task[None]] = set()
    try:
        async for progress in jobs.progress():
            job = await jobs.get(progress.job)
            if job is None:
                continue
            if progress.stage in FINAL:
                metrics.job_ended(job, progress)
            showing = asyncio.create_task(_show(cards, progress, job))
            held_up.add(showing)
            showing.add_done_callback(held_up.discard)
            done, _ = await asyncio.wait({showing}, timeout=SHOWN_WITHIN)
            for task in done:
                task.result()
    finally:
        for task in held_up:
            task.cancel()
        await cards.close()


async def _show(cards: ProgressCards, progress: Progress, job: Job) -> None:
    try:
        await cards.show(progress, job, Texts(job.request.language))
    except (TelegramError, RedisError) as error:
        log.info("progress of job %s was not shown (%s)", progress.job, type(error).__name__)
    except Exception as error:
        # A report that a newer worker wrote, say: the next ones must be shown all the same.
        log.error("progress of job %s broke\n%s", progress.job, traceback_without_values(error))


async def sweep(jobs: Jobs, dead_letters: DeadLetters) -> None:
    """Give back jobs whose worker died, which a fully busy fleet does not do, and forget old dead letters."""
    while True:
        await asyncio.sleep(SWEEP_EVERY)
        try:
            await jobs.sweep()
            await dead_letters.forget_old()
        except (RedisError, TimeoutError) as error:
            log.warning("lost jobs could not be looked for (%s)", type(error).__name__)


async def run_schedules(
    services: Services, schedules: Schedules, outbox: TelegramOutbox, language: str
) -> None:
    """Send digests and alerts when they are due, but not to chats that get no answers."""

    async def blocked(chat: int) -> bool:
        return (await services.operating.orders.now()).blocked(chat, time.time())

    async def fresh(chat: int) -> ChatSettings:
        services.chat_settings.forget(chat)
        return await services.chat_settings.of(chat)

    async def digest(chat: int, settings: ChatSettings, once: Once) -> None:
        if await blocked(chat):
            return
        await send_digest(services, outbox.unasked(once), chat, settings, Texts(settings.heard_in(language)))

    async def alert(chat: int, settings: ChatSettings, once: Once) -> None:
        if await blocked(chat):
            return
        await send_alert(services, outbox.unasked(once), chat, settings, Texts(settings.heard_in(language)))

    await schedules.run(fresh, digest, alert, services.mood)


async def announced(outbox: TelegramOutbox, announcement: Announcement) -> None:
    """Tell an operator that everybody was written to."""
    try:
        await outbox.tell(announcement.by, progress_card(announcement, Texts(announcement.language)))
    except TelegramError as error:
        log.info("an operator was not told (%s)", type(error).__name__)


async def end(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel tasks until they are done.

    Once is not enough: a cancel that arrives while a connection to Redis opens is lost in Python 3.11.
    """
    waiting = set(tasks)
    deadline = asyncio.get_running_loop().time() + END_TIMEOUT
    while waiting and asyncio.get_running_loop().time() < deadline:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=ASK_AGAIN_EVERY)
    for task in waiting:
        log.warning("%s did not end", task.get_name())
