"""What is said of a model that cannot answer yet: nobody trained it, or its first training runs."""

from __future__ import annotations

from handlers.context import Context
from handlers.job_cards import job_line
from handlers.messages import Button, Reply
from handlers.model_names import model_key
from handlers.texts import Texts
from ml.jobs import Job
from ml.registry import ModelEntry


async def can_answer(context: Context, entry: ModelEntry) -> bool:
    """Say whether a model has learned anything; if not, the person is told what to do."""
    if entry.version is None:
        job_id = await context.services.jobs.active(entry.owner, entry.name)
        job = await context.services.jobs.get(job_id) if job_id is not None else None
        await context.say(untrained_card(entry, job, context.t))
    return entry.version is not None


def untrained_card(entry: ModelEntry, job: Job | None, t: Texts) -> Reply:
    """Say that a model has not learnt anything yet; `job` is the training that changes it, if one does."""
    if job is not None:
        lines = [
            t("“{name}” is being trained, and answers once that is done:", name=entry.name),
            job_line(job, t),
            t("/jobs shows how it goes."),
        ]
        return Reply("\n".join(lines))
    key = model_key(entry.name)
    return Reply(
        t("“{name}” is not trained yet. Teach it some examples and train it.", name=entry.name),
        buttons=((Button(t("Teach"), data=f"teach:{key}"), Button(t("Train"), data=f"train:{key}")),),
    )
