"""`/forget`: a person's data or a model is deleted, after a question that says how much that is."""

from __future__ import annotations

import asyncio

from handlers.context import Context, Session
from handlers.errors import Refusal
from handlers.export import ME, NOT_YOURS, may_decide
from handlers.messages import Button, Reply
from handlers.model_cards import ModelFacts, delete_question
from handlers.model_names import (
    find_model,
    fold,
    model_buttons,
    models_here,
    pressed_model,
    unknown_model_card,
)
from handlers.texts import N_, Texts
from ml.job_records import TrainRequest
from ml.jobs import AlreadyRunning
from ml.registry import ModelEntry
from ml.samples import FEWEST

IN_PRIVATE = N_("Write /forget me to me in private: nobody else should read what I have of you.")


async def forget(context: Context) -> None:
    """Ask whether a model, or all that is stored of the person, shall really go."""
    name = context.args.strip()
    entries = await models_here(context)
    entry = find_model(name, entries)
    if entry is not None:
        await _ask_model(context, entry)
    elif fold(name) in ME:
        await _ask_person(context)
    elif name:
        await context.reply(unknown_model_card(name, "forget", [known.name for known in entries], context.t))
    else:
        text = context.t("What shall I forget? A model, or write /forget me for all that is stored of you.")
        await context.reply(Reply(text, model_buttons("forget", [known.name for known in entries])))


async def press(context: Context) -> None:
    """Forget the person after the question, keep everything, or ask about the model of the button."""
    what, _, person = context.args.partition(":")
    if what == "keep":
        await context.edit(Reply(context.t("Nothing was deleted.")))
    elif what == "me":
        await _forget_person(context, int(person))
    else:
        await _ask_model(context, await pressed_model(context, context.args))


async def _ask_model(context: Context, entry: ModelEntry) -> None:
    if not may_decide(context, entry):
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
    taught = await context.services.examples.taught_by(sender.id)
    texts = await context.services.texts.of(sender.id)
    counts = [len(examples) for examples in taught.values()]
    await context.reply(person_question(sender.id, sum(counts), len(counts), len(texts), context.t))


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
    await services.pools.forget(context.owner, person)
    empty = Session()
    for field, value in vars(empty).items():
        setattr(context.session, field, value)
    gone = retrained = withdrawn = 0
    for owner, model in await services.examples.places(person):
        gone += await services.examples.forget(person, owner, model)
        entry = await services.registry.get(owner, model)
        if entry is not None and entry.version is not None:
            anew = await _train_anew(context, entry)
            retrained, withdrawn = retrained + anew, withdrawn + (not anew)
        await services.examples.leave(person, owner, model)  # last: a second try finds what the first left
    await context.edit(forgotten_card(gone, texts, retrained, withdrawn, context.t))


async def _train_anew(context: Context, entry: ModelEntry) -> bool:
    """Train a model without the deleted examples; where too few are left, no version of it stays."""
    services, owner, name = context.services, entry.owner, entry.name
    counts = await services.examples.counts(owner, name)
    if all(counts.get(label, 0) >= FEWEST for label in entry.labels):
        by = context.message.sender.id if context.message.sender else 0
        request = TrainRequest(
            owner,
            name,
            by,
            chat=int(owner),  # where the model belongs: its card is nobody else's
            language=context.t.language,
            forget=True,
        )
        try:
            await services.jobs.submit(request)
        except AlreadyRunning as running:
            # That training has read the examples before they went.
            await services.jobs.cancel(running.job_id)
        else:
            return True
    await services.registry.withdraw(owner, name)
    for version in await asyncio.to_thread(services.store.versions, owner, name):
        await asyncio.to_thread(services.store.delete_version, owner, name, version)
    return False


def person_question(person: int, examples: int, models: int, texts: int, t: Texts) -> Reply:
    """Ask whether all that is stored of a person shall go."""
    text = t(
        "Delete all that is stored of you: {examples} in {models}, {texts}, your session and open pools? "
        "Models that learned from your examples are trained anew. This cannot be undone.",
        examples=t.plural("{count} example", "{count} examples", examples),
        models=t.plural("{count} model", "{count} models", models),
        texts=t.plural("{count} text of the last 24 hours", "{count} texts of the last 24 hours", texts),
    )
    yes = Button(t("Delete it"), data=f"forget:me:{person}")
    return Reply(text, buttons=((yes, Button(t("Keep it"), data="forget:keep")),))


def forgotten_card(examples: int, texts: int, retrained: int, withdrawn: int, t: Texts) -> Reply:
    """Say what was deleted and what follows."""
    lines = [
        t(
            "Deleted: {examples}, {texts}, your session.",
            examples=t.plural("{count} example", "{count} examples", examples),
            texts=t.plural("{count} text of the last 24 hours", "{count} texts of the last 24 hours", texts),
        )
    ]
    if retrained:
        lines.append(
            t.plural("{count} model is trained anew.", "{count} models are trained anew.", retrained)
        )
    if withdrawn:
        lines.append(
            t.plural(
                "{count} model has too few examples left and answers no more.",
                "{count} models have too few examples left and answer no more.",
                withdrawn,
            )
        )
    return Reply("\n".join(lines))
