"""What `/jobs` and `/cancel` show: trainings with their state, and the buttons that stop them."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.messages import Button, Reply
from handlers.texts import Texts
from handlers.train_card import STAGES, no_worker_line, time_text
from ml.job_records import FINAL, Job

ENDED_SHOWN = 3
ID_SHOWN = 6  # characters: enough to name a job in `/cancel`


def jobs_card(jobs: Sequence[Job], t: Texts, *, workers: int) -> Reply:
    """List trainings, those that wait or run first.

    Args:
        jobs: The newest first.
        t: The reader's language.
        workers: How many workers are alive.
    """
    active = [job for job in jobs if job.state not in FINAL]
    ended = [job for job in jobs if job.state in FINAL][:ENDED_SHOWN]
    if not active and not ended:
        return Reply(t("No training waits or runs here. /train and a model's name begins one."))
    lines = [job_line(job, t) for job in active]
    if not active:
        lines.append(t("No training waits or runs here."))
    elif not workers:
        lines.append(no_worker_line(t))
    if ended:
        lines += [t("Lately:"), *(job_line(job, t) for job in ended)]
    return Reply("\n".join(lines), buttons=cancel_buttons(active, t))


def job_line(job: Job, t: Texts) -> str:
    """Return what a training does, in one line."""
    return f"· {short_id(job)} {job.request.model} – {state_text(job, t)}"


def state_text(job: Job, t: Texts) -> str:
    """Return how far a training is: its stage, its place in the queue, the time that it takes still."""
    parts = [t(STAGES.get(job.stage, job.stage))]
    if job.state == "queued" and job.place is not None:
        parts.append(t("place {place}", place=job.place))
    if job.state not in FINAL and job.estimate is not None:
        parts.append(t("about {time} left", time=time_text(job.estimate, t)))
    return t.clauses(parts)


def short_id(job: Job) -> str:
    """Return the part of a job's id that people see and type."""
    return job.id[:ID_SHOWN]


def running_card(job: Job | None, name: str, t: Texts) -> Reply:
    """Say that a model is being trained already, and how that goes."""
    lines = [t("“{name}” is being trained already.", name=name)]
    if job is None:
        return Reply(lines[0])
    return Reply("\n".join([*lines, job_line(job, t)]), buttons=cancel_buttons([job], t))


def cancel_card(jobs: Sequence[Job], t: Texts) -> Reply:
    """Ask which training is to stop."""
    if not jobs:
        return Reply(
            t("There is nothing to cancel: no training of yours waits or runs, and I asked nothing.")
        )
    return Reply(t("Which training shall I stop?"), buttons=cancel_buttons(jobs, t))


def closed_card(jobs: Sequence[Job], t: Texts) -> Reply:
    """Say that the open question is closed, and that trainings go on all the same."""
    if not jobs:
        return Reply(t("Cancelled: I ask no more."))
    text = t("I ask no more. Your training goes on; stop it here:")
    return Reply(text, buttons=cancel_buttons(jobs, t))


def cancel_buttons(jobs: Sequence[Job], t: Texts) -> tuple[tuple[Button, ...], ...]:
    """Return a button to stop each training."""
    return tuple(
        (
            Button(
                t("Cancel {id} {name}", id=short_id(job), name=job.request.model), data=f"job:cancel:{job.id}"
            ),
        )
        for job in jobs
    )
