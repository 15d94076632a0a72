"""`/forget`: a person's data or a model is deleted, after a question that says how much that is."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from enum import Enum

from handlers.asked_for import NOT_YOURS, model_or_me
from handlers.context import ChatSettings, Context, Session
from handlers.errors import Refusal
from handlers.messages import Button, Reply
from handlers.model_cards import ModelFacts, delete_question
from handlers.model_names import pressed_model
from handlers.pseudonyms import note_models, take_out
from handlers.rights import decides
from handlers.stored import Stored, labels_counted, stored_of, texts_counted
from handlers.texts import N_, Texts
from ml.job_records import TrainRequest
from ml.jobs import AlreadyRunning
from ml.registry import ModelEntry
from ml.samples import FEWEST

IN_PRIVATE = N_("Write /forget me to me in private: nobody else should read what I have of you.")


class Became(Enum):
    """What became of a model that learned from deleted examples."""

    UNTRAINED = "untrained"  # there was nothing that had learned
    TRAINED_ANEW = "trained anew"
    TOO_FEW = "too few"
    UNSTOPPED = "unstopped"  # a training that has read them does not stop


async def forget(context: Context) -> None:
    """Ask whether a model, or all that is stored of the person, shall really go."""
    question = N_("What shall I forget? A model, or write /forget me for all that is stored of you.")
    asked = await model_or_me(context, "forget", question)
    if asked == "me":
        await _ask_person(context)
    elif asked is not None:
        await _ask_model(context, asked)


async def press(context: Context) -> None:
    """Forget the person after the question, keep everything, or ask about the model of the button."""
    what, _, person = context.args.partition(":")
    if what == "keep":
        await context.edit(Reply(context.t("Nothing was deleted.")))
    elif what == "me":
        await _forget_person(context, int(person) if person.isdecimal() else 0)
    else:
        await _ask_model(context, await pressed_model(context, context.args))


async def _ask_model(context: Context, entry: ModelEntry) -> None:
    if not await decides(context, entry.created_by):
        raise Refusal(NOT_YOURS)
    counts = await context.services.examples.counts(context.owner, entry.name)
    versions = await asyncio.to_thread(context.services.store.versions, context.owner, entry.name)
    await context.say(
        delete_question(ModelFacts(entry.name, entry.labels, counts=counts), len(versions), context.t)
    )


async def _ask_person(context: Context) -> None:
    sender = context.message.sender
    if sender is None or not context.private:
        raise Refusal(IN_PRIVATE)
    stored = await stored_of(context.services, sender.id)
    await context.reply(person_question(sender.id, stored, context.t))


async def _forget_person(context: Context, person: int) -> None:
    """Delete what is stored of a person, and train anew what was learned from it."""
    sender = context.message.sender
    if sender is None or sender.id != person:
        context.notice = context.t("Only the person who asked can answer this.")
        return
    if not context.private:
        raise Refusal(IN_PRIVATE)
    services = context.services
    texts = await services.texts.forget(person)
    await note_models(services, person)  # first: a second try finds what this one leaves
    counted = await take_out(services, person)
    await services.pools.forget(context.owner, person)
    await services.operating.known.forget(person)
    await services.operating.maintenance.forget(person)
    await services.ruled.drop(person)
    for empty, held in ((Session(), context.session), (ChatSettings(), context.settings)):
        for field, value in vars(empty).items():
            setattr(held, field, value)
    gone, became = 0, Counter[Became]()
    for owner, model in await services.examples.places(person):
        gone += await services.examples.forget(person, owner, model)
        await services.pools.forget(owner, person)
        entry = await services.registry.get(owner, model)
        if entry is not None:
            became[await _train_anew(context, entry)] += 1
        await services.examples.leave(person, owner, model)  # last: a second try finds what the first left
    await context.edit(forgotten_card(gone, texts, counted, became, context.t))


async def _train_anew(context: Context, entry: ModelEntry) -> Became:
    """Train a model without the deleted examples; where that cannot be, no version of it stays."""
    services, owner, name = context.services, entry.owner, entry.name
    active = await services.jobs.active(owner, name)
    versions = await asyncio.to_thread(services.store.versions, owner, name)
    if entry.version is None and active is None and not versions:
        return Became.UNTRAINED
    became = await _queue(context, entry)
    if became is not Became.TRAINED_ANEW:
        await services.registry.withdraw(owner, name)
        for version in await asyncio.to_thread(services.store.versions, owner, name):
            await asyncio.to_thread(services.store.delete_version, owner, name, version)
    return became


async def _queue(context: Context, entry: ModelEntry) -> Became:
    """Queue a training that reads what is left, where that is enough; one that has read more stops."""
    jobs = context.services.jobs
    counts = await context.services.examples.counts(entry.owner, entry.name)
    try:
        if not all(counts.get(label, 0) >= FEWEST for label in entry.labels):
            await jobs.make_way(entry.owner, entry.name)
            return Became.TOO_FEW
        request = TrainRequest(
            entry.owner,
            entry.name,
            context.message.sender.id if context.message.sender else 0,
            chat=int(entry.owner),  # where the model belongs: its card is nobody else's
            language=context.t.language,
            forget=True,
        )
        await jobs.replace(request)
    except AlreadyRunning:
        return Became.UNSTOPPED
    return Became.TRAINED_ANEW


def person_question(person: int, stored: Stored, t: Texts) -> Reply:
    """Ask whether all that is stored of a person shall go."""
    text = t(
        "Delete what is stored of you: {examples} in {models}, {texts}, {counted}, your settings, your "
        "session and open pools here? Models that learned from your examples are trained anew. This cannot "
        "be undone. "
        "Your sessions and pools in other chats go by themselves, within 24 hours of their last use.",
        examples=t.plural("{count} example", "{count} examples", stored.examples),
        models=t.plural("{count} model", "{count} models", stored.models),
        texts=texts_counted(stored.texts + stored.heard, t),
        counted=labels_counted(stored.days + stored.posts + stored.votes, t),
    )
    yes = Button(t("Delete it"), data=f"forget:me:{person}")
    return Reply(text, buttons=((yes, Button(t("Keep it"), data="forget:keep")),))


def forgotten_card(examples: int, texts: int, counted: int, became: Mapping[Became, int], t: Texts) -> Reply:
    """Say what was deleted and what follows."""
    lines = [
        t(
            "Deleted: {examples}, {texts}, {counted}, your settings and your session here.",
            examples=t.plural("{count} example", "{count} examples", examples),
            texts=texts_counted(texts, t),
            counted=labels_counted(counted, t),
        )
    ]
    if anew := became.get(Became.TRAINED_ANEW):
        lines.append(t.plural("{count} model is trained anew.", "{count} models are trained anew.", anew))
    if too_few := became.get(Became.TOO_FEW):
        lines.append(
            t.plural(
                "{count} model has too few examples left and answers no more.",
                "{count} models have too few examples left and answer no more.",
                too_few,
            )
        )
    if unstopped := became.get(Became.UNSTOPPED):
        lines.append(
            t.plural(
                "{count} model answers no more: a training of it has to end first. Then write /train.",
                "{count} models answer no more: a training of each has to end first. Then write /train.",
                unstopped,
            )
        )
    return Reply("\n".join(lines))
