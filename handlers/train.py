"""`/train`, `/jobs` and `/cancel`: trainings are asked for, listed and stopped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from handlers.asked_for import NOT_YOURS
from handlers.context import Context
from handlers.errors import Refusal
from handlers.grammar import read_arguments, read_switch
from handlers.job_cards import cancel_card, closed_card, jobs_card, running_card
from handlers.messages import Reply
from handlers.model_names import (
    STALE,
    find_model,
    fold,
    models_here,
    no_models_card,
    pressed_model,
    shipped_card,
    unknown_model_card,
)
from handlers.quality import examine, mend, quality_card
from handlers.rights import decides
from handlers.teach_card import missing
from handlers.texts import N_
from handlers.train_card import queued_card, too_few_card, which_model_card
from ml.jobs import FINAL, AlreadyRunning, Job, TrainRequest
from ml.predictor import SHIPPED_NAME
from ml.quality import Quality
from ml.registry import ModelEntry

ARCHITECTURES = ("lstm", "gru", "cnn", "transformer", "article")
ENSEMBLES = ("bag5", "boost5")
MOST_EPOCHS = 200
MOST_DROPOUT = 0.9
OPTIONS = frozenset({"epochs", "arch", "balance", "l1", "l2", "dropout", "tune", "ensemble"})
OPTION_LINES = N_(
    "epochs=5 – passes over the examples, 1 to 200\n"
    "arch=lstm, gru, cnn, transformer, article – the network; without it the LSTM, which stays as it came "
    "below 550 examples, under a linear layer that learns\n"
    "balance=on – rare labels weigh as much as frequent ones\n"
    "dropout=0.3 l1=0.0001 l2=0.0001 – what keeps it from learning by heart\n"
    "tune=on – looks for the best of these figures\n"
    "ensemble=bag5, boost5 – five networks that vote"
)
DECIMAL = re.compile(r"\d+(\.\d+)?([eE]-?\d+)?|\.\d+")


@dataclass(frozen=True, slots=True)
class Training:
    """A training as somebody asked for it; `options` are those of `ml.train.TrainConfig`."""

    name: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


def read_training(args: str) -> Training:
    """Read `/train model [epochs=] [arch=] [balance=on] [tune=on] [ensemble=] [dropout=] [l1=] [l2=]`.

    >>> read_training("spam —epochs 5 balance=on")
    Training(name='spam', options={'epochs': 5, 'balance': True})

    Raises:
        Refusal: An option that there is not, or a value that it cannot have.
    """
    read = read_arguments(args, OPTIONS)
    options = {key: _value(key, value) for key, value in read.options.items()}
    unknown = next((word for word in read.words if "=" in word), None)
    if unknown is not None or len(read.words) > 1:
        raise Refusal(
            N_(
                "I cannot read “{word}”. Options are epochs=, arch=, balance=, tune=, ensemble=, dropout=, "
                "l1= and l2=, for example: /train spam epochs=5"
            ),
            word=(unknown or read.words[1])[:40],
        )
    return Training(read.words[0] if read.words else "", options)


def _value(key: str, value: str) -> Any:
    """Read the value of one option."""
    if key == "epochs":
        if not value.isdecimal() or not 1 <= int(value) <= MOST_EPOCHS:
            raise Refusal(
                N_("epochs= takes a number from 1 to {limit}, for example epochs=5."), limit=MOST_EPOCHS
            )
        return int(value)
    if key == "arch":
        arch = value.lower()
        if arch not in ARCHITECTURES:
            raise Refusal(N_("There is no such arch=. There are {names}."), names=", ".join(ARCHITECTURES))
        return arch
    if key == "ensemble":
        ensemble = value.lower()
        if ensemble not in ENSEMBLES:
            raise Refusal(N_("ensemble= is bag5 or boost5, for example ensemble=bag5."))
        return ensemble
    if key in {"balance", "tune"}:
        switch = read_switch(value)
        if switch is None:
            raise Refusal(N_("{option}= is on or off, for example {option}=on."), option=key)
        return switch
    most = MOST_DROPOUT if key == "dropout" else 1
    if not DECIMAL.fullmatch(value) or float(value) > most:
        example = "0.4" if key == "dropout" else "0.0001"
        raise Refusal(
            N_("{option}= takes a number from 0 to {most}, for example {option}={example}."),
            option=key,
            most=most,
            example=example,
        )
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
        await _begin(context, entry, training.options)
    elif training.name:
        await context.reply(unknown_model_card(training.name, "train", names, context.t))
    else:
        await context.reply(which_model_card(names, context.t))


async def press(context: Context) -> None:
    """Queue a training with our own settings."""
    await _begin(context, await pressed_model(context, context.args), {})


async def press_quality(context: Context) -> None:
    """Mend the examples as the button says and show what is left, or train as it was asked for."""
    key, _, rest = context.args.partition(":")
    what, _, asked = rest.partition(":")
    entry = await pressed_model(context, key)
    kept = await context.services.results.find(context.owner, asked)
    if kept is None or kept.get("kind") != "training" or kept["model"] != entry.name:
        raise Refusal(STALE)
    if what == "train":
        await _queue(context, entry, kept["options"])
    elif what == "balance":
        await _queue(context, entry, kept["options"] | {"balance": True})
    elif not await decides(context, entry.created_by):
        context.notice = context.t(NOT_YOURS)
    else:
        await mend(context, entry, what)
        left = _to_be_said(await examine(context, entry), kept["options"])
        await context.edit(quality_card(entry, left, asked, context.t, mended=context.notice))


async def _begin(context: Context, entry: ModelEntry, options: Mapping[str, Any]) -> None:
    """Say what is wrong with the examples, if anything, each with the tap that mends it, and train then.

    What spoils good examples is asked about before anything is queued: texts that contradict each other,
    and labels that hardly occur. The rest holds nobody up.
    """
    counts = await context.services.examples.counts(context.owner, entry.name)
    found = Quality() if missing(entry.labels, counts) else await examine(context, entry)
    found = _to_be_said(found, options)
    if found:
        record = {"kind": "training", "model": entry.name, "options": dict(options)}
        asked = await context.services.results.keep(context.owner, record)
        await context.reply(quality_card(entry, found, asked, context.t))
    if not found.serious:
        await _queue(context, entry, options)


def _to_be_said(found: Quality, options: Mapping[str, Any]) -> Quality:
    """Return what is wrong and not dealt with by the options."""
    return replace(found, uneven=None) if options.get("balance") else found


async def _queue(context: Context, entry: ModelEntry, options: Mapping[str, Any]) -> None:
    """Ask for a training; its message shows from now on how it goes."""
    counts = await context.services.examples.counts(context.owner, entry.name)
    if missing(entry.labels, counts):
        await context.reply(too_few_card(entry, counts, context.t))
        return
    jobs, message = context.services.jobs, context.message
    if await context.services.operating.trainings.closed():
        raise Refusal(
            N_("No new trainings are taken in for a while. Your examples are safe; try again later.")
        )
    limit = context.services.quotas.minutes
    if message.sender is not None and await jobs.minutes_today(message.sender.id) >= limit:
        raise Refusal(
            N_("Your trainings ran {limit} minutes today, as long as they may. Go on tomorrow."), limit=limit
        )
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
    mine = [job for job in await _active(context) if await decides(context, job.request.user)]
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
    if not await decides(context, job.request.user):
        context.notice = context.t("Only the person who began this training can stop it.")
        return
    await _cancel(context, job)


async def _cancel(context: Context, job: Job) -> None:
    name = job.request.model
    if job.request.forget and job.state not in FINAL:
        raise Refusal(
            N_("This training makes “{name}” forget what was deleted and cannot be stopped."), name=name
        )
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
