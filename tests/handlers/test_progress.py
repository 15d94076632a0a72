"""How often the message of a training is edited, and what it shows in the end."""

import asyncio
from dataclasses import replace

from handlers.progress import ProgressCards
from handlers.texts import Texts
from ml.job_records import Job, Progress, TrainRequest
from tests.handlers.conftest import RecordingOutbox, metrics

JOB = Job("abc234", TrainRequest("7", "spam", 7, 7), "running", None, 10.0, 55, "training", 0.0)
DONE = Progress(
    "abc234",
    "done",
    report={"version": "v1", "promoted": True, "metrics": metrics(("junk", "fine")), "live": None},
)
EN = Texts()
PAUSE = 0.15  # seconds


def epoch(number: int) -> Progress:
    return Progress("abc234", "training", number, 10, 0.5, 0.8, 0.7, 5.0)


async def test_the_first_report_is_shown_at_once_in_the_jobs_message() -> None:
    outbox = RecordingOutbox()
    await ProgressCards(outbox).show(epoch(1), JOB, EN)
    assert outbox.order == [("edit", 55)]


async def test_reports_in_quick_succession_become_one_edit_with_the_latest() -> None:
    outbox = RecordingOutbox()
    cards = ProgressCards(outbox, PAUSE)
    for number in range(1, 6):
        await cards.show(epoch(number), JOB, EN)
    assert len(outbox.order) == 1
    await asyncio.sleep(3 * PAUSE)
    assert len(outbox.order) == 2
    assert "epoch 5 of 10" in outbox.last.text


async def test_the_end_is_shown_at_once_and_nothing_after_it() -> None:
    outbox = RecordingOutbox()
    cards = ProgressCards(outbox, PAUSE)
    for progress in (epoch(1), epoch(2), DONE):
        await cards.show(progress, JOB, EN)
    await asyncio.sleep(3 * PAUSE)
    assert len(outbox.order) == 2
    assert outbox.last.text.startswith("✓ “spam” v1 is live.")


async def test_each_job_has_its_own_pause() -> None:
    outbox = RecordingOutbox()
    cards = ProgressCards(outbox, PAUSE)
    await cards.show(epoch(1), JOB, EN)
    await cards.show(epoch(1), replace(JOB, id="other2", message=56), EN)
    assert outbox.order == [("edit", 55), ("edit", 56)]


async def test_a_slow_edit_never_overtakes_the_end() -> None:
    class SlowOutbox(RecordingOutbox):
        async def edit(self, sent, reply) -> None:  # type: ignore[no-untyped-def]
            if "epoch" in reply.text:
                await asyncio.sleep(PAUSE)
            await super().edit(sent, reply)

    outbox = SlowOutbox()
    cards = ProgressCards(outbox, 0)
    showing = asyncio.create_task(cards.show(epoch(1), JOB, EN))
    await asyncio.sleep(0.01)
    await cards.show(DONE, JOB, EN)
    await showing
    assert outbox.last.text.startswith("✓")


async def test_an_end_before_the_message_is_known_is_sent_on_its_own() -> None:
    outbox = RecordingOutbox()
    await ProgressCards(outbox).show(Progress("abc234", "cancelled"), replace(JOB, message=None), EN)
    assert outbox.order[0][0] == "send"


async def test_the_queue_is_not_told_twice() -> None:
    outbox = RecordingOutbox()
    await ProgressCards(outbox).show(Progress("abc234", "queued"), JOB, EN)
    assert outbox.order == []


async def test_closing_gives_up_what_waits() -> None:
    outbox = RecordingOutbox()
    cards = ProgressCards(outbox, PAUSE)
    await cards.show(epoch(1), JOB, EN)
    await cards.show(epoch(2), JOB, EN)
    await cards.close()
    await asyncio.sleep(2 * PAUSE)
    assert len(outbox.order) == 1
