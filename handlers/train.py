"""`/train`, `/jobs` and `/cancel`: trainings are asked for, listed and stopped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from handlers.context import Context
from handlers.errors import Refusal
from handlers.grammar import read_arguments, read_switch
from handlers.job_cards import cancel_card, closed_card, jobs_card, running_card
from handlers.messages import Reply
from handlers.model_names import (
    find_model,
    fold,
    models_here,
    no_models_card,
    pressed_model,
    shipped_card,
    unknown_model_card,
)
from handlers.teach_card import missing
from handlers.texts import N_
from handlers.train_card import queued_card, too_few_card, which_model_card
from ml.jobs import FINAL, AlreadyRunning, Job, TrainRequest
from ml.predictor import SHIPPED_NAME
from ml.registry import ModelEntry

ARCHITECTURES = ("lstm", "article")
LATER = frozenset({"gru", "cnn", "transformer"})
MOST_EPOCHS = 200
OPTIONS = frozenset({"epochs", "arch", "balance", "l1", "l2"})
NOT_YET = frozenset({"tune", "ensemble"})
OPTION_LINES = N_(
    "epochs=5 – passes over the examples, 1 to 200\n"
    "arch=lstm, arch=article – the network\n"
    "balance=on – rare labels weigh as much as frequent ones\n"
    "l1=0.0001 l2=0.0001 – penalties on large weights"
)
DECIMAL = re.compile(r"\d+(\.\d+)?([eE]-?\d+)?|\.\d+")


@dataclass(frozen=True, slots=True)
class Training:
    """A training as somebody asked for it; `options` are those of `ml.train.TrainConfig`."""

    name: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


def read_training(args: str) -> Training:
    """Read `/train model [epochs=] [arch=] [balance=on] [l1=] [l2=]`.

    >>> read_training("spam —epochs 5 balance=on")
    Training(name='spam', options={'epochs': 5, 'balance': True})

    Raises:
        Refusal: An option that there is not, or a value that it cannot have.
    """
    read = read_arguments(args, OPTIONS | NOT_YET)
    options = {key: _value(key, value) for key, value in read.options.items()}
    unknown = next((word for word in read.words if "=" in word), None)
    if unknown is not None or len(read.words) > 1:
        raise Refusal(
            N_(
                "I cannot read “{word}”. Options are epochs=, arch=, balance=, l1= and l2=, "
                "for example: /train spam epochs=5"
            ),
            word=(unknown or read.words[1])[:40],
        )
    return Training(read.words[0] if read.words else "", options)


def _value(key: str, value: str) -> Any:
    """Read the value of one option."""
    if key in NOT_YET:
        raise Refusal(
            N_("{option}= is not there yet. There are epochs=, arch=, balance=, l1= and l2=."), option=key
        )
    if key == "epochs":
        if not value.isdecimal() or not 1 <= int(value) <= MOST_EPOCHS:
            raise Refusal(
                N_("epochs= takes a number from 1 to {limit}, for example epochs=5."), limit=MOST_EPOCHS
            )
        return int(value)
    if key == "arch":
        arch = value.lower()
        if arch in LATER:
            raise Refusal(
                N_("arch={arch} is not there yet. There are arch=lstm and arch=article."), arch=arch
            )
        if arch not in ARCHITECTURES:
            raise Refusal(N_("There is no such arch=. There are arch=lstm and arch=article."))
        return arch
    if key == "balance":
        switch = read_switch(value)
        if switch is None:
            raise Refusal(N_("balance= is on or off, for example balance=on."))
        return switch
    if not DECIMAL.fullmatch(value) or float(value) > 1:
        raise Refusal(N_("{option}= takes a number from 0 to 1, for example {option}=0.0001."), option=key)
    return float(value)


async def train(context: Context) -> None:
    """Queue a training, or say what is missing for it."""
    training = read_training(context.args)
    entries = await models_here(context)
    if fold(training.name) == SHIPPED_NAME:
        await context.reply(shipped_card(context.t))
        return
    if not entries:
        await context.reply(no_models_card(context.t))
        return
    entry = find_model(training.name, entries)
    if entry is None and not training.name and len(entries) == 1:
        entry = entries[0]
    names = [known.name for known in entries]
    if entry is not None:
        await _queue(context, entry, training.options)
    elif training.name:
        await context.reply(unknown_model_card(training.name, "train", names, context.t))
    else:
        await context.reply(which_model_card(names, context.t))


async def press(context: Context) -> None:
    """Queue a training with our own settings."""
    await _queue(context, await pressed_model(context, context.args), {})


async def _queue(context: Context, entry: ModelEntry, options: Mapping[str, Any]) -> None:
    """Ask for a training; its message shows from now on how it goes."""
    counts = await context.services.examples.counts(context.owner, entry.name)
    if missing(entry.labels, counts):
        await context.reply(too_few_card(entry, counts, context.t))
        return
    jobs, message = context.services.jobs, context.message
    request = TrainRequest(
        owner=context.owner,
        model=entry.name,
        user=message.sender.id if message.sender else 0,
        chat=message.chat.id,
        topic=message.chat.topic,
        language=context.t.language,
        options=dict(options),
    )
    try:
        job = await jobs.submit(request)
    except AlreadyRunning as error:
        running = await jobs.get(error.job_id)
        await context.reply(running_card(running, entry.name, context.t))
        return
    sent = await context.reply(queued_card(job, context.t, workers=await jobs.workers()))
    await jobs.attach(job.id, sent.message_id)


async def jobs(context: Context) -> None:
    """List the trainings of this chat."""
    await context.reply(await _jobs_card(context))


async def cancel(context: Context) -> None:
    """Close the open question; else stop the one training there is, or ask which."""
    mine = [job for job in await _active(context) if _may_cancel(context, job)]
    if context.session.question is not None and not context.args.strip():
        context.session.question = None
        await context.reply(closed_card(mine, context.t))
        return
    wanted = context.args.strip().lower()
    if wanted:
        chosen = [job for job in mine if job.id.lower().startswith(wanted)]
        if not chosen:
            raise Refusal(N_("No training of yours that waits or runs has this id. /jobs shows them."))
        mine = chosen
    if len(mine) == 1:
        await _cancel(context, mine[0])
    else:
        await context.reply(cancel_card(mine, context.t))


async def press_job(context: Context) -> None:
    """Stop the training of a pressed button."""
    job = await context.services.jobs.get(context.args.removeprefix("cancel:"))
    if job is None or job.request.owner != context.owner:
        raise Refusal(N_("This training is over."))
    if not _may_cancel(context, job):
        context.notice = context.t("Only the person who began this training can stop it.")
        return
    await _cancel(context, job)


async def _cancel(context: Context, job: Job) -> None:
    name = job.request.model
    if not await context.services.jobs.cancel(job.id):
        said = context.t("The training of “{name}” is over already.", name=name)
    elif job.state == "running":
        said = context.t("Stopping the training of “{name}” …", name=name)
    else:
        said = context.t("The training of “{name}” is cancelled.", name=name)
    if context.message.press is None:
        await context.reply(Reply(said))
        return
    context.notice = said
    if context.message.message_id != job.message:  # the job's own message follows the job
        await context.edit(await _jobs_card(context))


async def _jobs_card(context: Context) -> Reply:
    service = context.services.jobs
    listed = await service.list(context.owner)
    return jobs_card(listed, context.t, workers=await service.workers())


async def _active(context: Context) -> Sequence[Job]:
    return [job for job in await context.services.jobs.list(context.owner) if job.state not in FINAL]


def _may_cancel(context: Context, job: Job) -> bool:
    """Say whether a training is this person's; in private everything is."""
    sender = context.message.sender
    return context.private or (sender is not None and sender.id == job.request.user)
