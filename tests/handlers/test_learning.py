"""A classifier from its name to its first answer, over a real worker with TensorFlow."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from handlers.classify import answer
from handlers.models import new, press
from handlers.progress import ProgressCards
from handlers.teach import teach
from handlers.texts import Texts
from handlers.train import train
from ml.job_records import FINAL
from tests.handlers.conftest import Talk

WORKER = "import sys; from ml.worker import work; work(sys.argv[1], sys.argv[2])"
JUNK = ("win a free cruise", "claim your cash prize", "cheap pills online", "you won a free phone")
FINE = ("see you at six", "lunch at noon then", "call me after work", "the meeting is moved")


@pytest.fixture
def worker(redis_url: str, tmp_path: Path) -> Iterator[None]:
    """A worker on the same queue and store as the chat."""
    command = [sys.executable, "-c", WORKER, redis_url, str(tmp_path / "store")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield
    process.terminate()
    process.wait(20)


async def follow(talk: Talk, cards: ProgressCards) -> None:
    """Show the progress of trainings until one ends."""
    async with aclosing(talk.services.jobs.progress()) as reports:  # type: ignore[type-var]
        async for progress in reports:
            job = await talk.services.jobs.get(progress.job)
            assert job is not None
            await cards.show(progress, job, Texts())
            if progress.stage in FINAL:
                return


@pytest.mark.slow
@pytest.mark.timeout(240)  # TensorFlow takes its time on a busy machine
@pytest.mark.usefixtures("worker")
async def test_a_model_learns_from_an_uploaded_file_and_answers_without_a_restart(talk: Talk) -> None:
    await talk.services.predictor.start()
    await talk.say(new, "spam junk fine")
    pairs = [("junk", JUNK), ("fine", FINE)]
    rows = [f"{label},{text} {n}" for n in range(4) for label, texts in pairs for text in texts]
    document = talk.upload("\n".join(["label,text", *rows]).encode(), "x.csv")
    assert "That is enough" in (await talk.say(teach, "spam", document=document)).text
    await talk.say(train, "spam epochs=8")
    message = talk.outbox.order[-1][1]
    async with asyncio.timeout(180):
        await follow(talk, ProgressCards(talk.outbox, 0.2))
    assert {how for how in talk.outbox.order if how[1] == message} == {("send", message), ("edit", message)}
    assert talk.outbox.last.text.startswith("✓ “spam” v1 is live.\nOn 6 examples it had not seen:\naccuracy ")
    await talk.press_labelled(press, "Try it")
    said = await talk.say(answer, "you won a cruise, claim your prize")
    assert said.text.startswith("junk, ")
    assert said.text.endswith("by spam v1")
