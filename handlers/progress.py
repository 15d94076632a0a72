"""Shows trainings as they go on, each in the one message that began it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from handlers.judgement import picture
from handlers.messages import Chat, Reply, Sent
from handlers.surroundings import Outbox
from handlers.texts import Texts
from handlers.train_card import end_card, progress_card
from ml.job_records import FINAL, Job, Progress
from ml.plots import PlotError, Plotter

log = logging.getLogger(__name__)

PAUSE = 3.0  # seconds between two edits of a message: Telegram allows 20 a minute in a group


@dataclass
class _Shown:
    """What a job's message shows, and what waits for its turn."""

    next_edit: float = 0.0  # by the loop's clock
    waiting: Reply | None = None
    turn: asyncio.Task[None] | None = None
    editing: asyncio.Lock = field(default_factory=asyncio.Lock)  # so that edits arrive in their order


class ProgressCards:
    """Edits the messages of jobs: at most every three seconds, with the latest state; its end at once."""

    def __init__(self, outbox: Outbox, pause: float = PAUSE, plotter: Plotter | None = None) -> None:
        self._outbox = outbox
        self._plotter = plotter
        self._pause = pause
        self._shown: dict[str, _Shown] = {}

    async def show(self, progress: Progress, job: Job, t: Texts) -> None:
        """Show one report of a job: now, or when its message may be edited again."""
        if progress.stage in FINAL:
            await self._end(progress, job, t)
            return
        if job.message is None or progress.stage == "queued":  # the message says that from the start
            return
        shown = self._shown.setdefault(job.id, _Shown())
        shown.waiting = progress_card(progress, job.request.model, t, job.estimate)
        wait = shown.next_edit - asyncio.get_running_loop().time()
        if wait <= 0:
            await self._edit(shown, _sent(job, job.message))
        elif shown.turn is None or shown.turn.done():
            shown.turn = asyncio.create_task(self._later(shown, _sent(job, job.message), wait))
            shown.turn.add_done_callback(_log_failure)

    async def close(self) -> None:
        """Give up edits that wait for their turn; a next follower shows a later state."""
        turns = [shown.turn for shown in self._shown.values() if shown.turn is not None]
        for turn in turns:
            turn.cancel()
        await asyncio.gather(*turns, return_exceptions=True)

    async def _later(self, shown: _Shown, sent: Sent, wait: float) -> None:
        await asyncio.sleep(wait)
        await self._edit(shown, sent)

    async def _edit(self, shown: _Shown, sent: Sent) -> None:
        async with shown.editing:
            card, shown.waiting = shown.waiting, None
            shown.next_edit = asyncio.get_running_loop().time() + self._pause
            if card is not None:
                await self._outbox.edit(sent, card)

    async def _end(self, progress: Progress, job: Job, t: Texts) -> None:
        """Show the end at once, and nothing after it."""
        shown = self._shown.pop(job.id, _Shown())
        shown.waiting = None
        request = job.request
        card = end_card(progress, request.model, t, private=request.chat > 0)
        async with shown.editing:
            if job.message is not None:
                await self._outbox.edit(_sent(job, job.message), card)
            else:  # it ended before anybody could say which message is its own
                await self._outbox.send(_chat(job), card)
        await self._picture(progress, job, t)

    async def _picture(self, progress: Progress, job: Job, t: Texts) -> None:
        """Send the picture of a version that was trained, below its card."""
        report = progress.report or {}
        metrics = report.get("metrics")
        payload = picture(metrics, job.request.model, report["version"], t) if metrics else None
        if payload is None or self._plotter is None:
            return
        try:
            drawn = await self._plotter.draw("judgement", payload)
        except PlotError as failure:
            log.info("a training has no picture (%s)", failure)
            return
        await self._outbox.send(_chat(job), Reply(payload["title"], photo=drawn), job.message)


def _chat(job: Job) -> Chat:
    request = job.request
    return Chat(request.chat, "private" if request.chat > 0 else "supergroup", topic=request.topic)


def _sent(job: Job, message: int) -> Sent:
    return Sent(job.request.chat, message)


def _log_failure(turn: asyncio.Task[None]) -> None:
    """Say that an edit failed; the next report brings another."""
    if not turn.cancelled() and turn.exception() is not None:
        log.info("a progress card was not shown (%s)", type(turn.exception()).__name__)
