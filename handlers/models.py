"""`/new` and `/models`: the classifiers of a chat, made, shown, chosen and deleted."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from handlers.context import Context
from handlers.errors import Refusal
from handlers.evaluate import draw
from handlers.job_cards import state_text
from handlers.messages import Document, Reply
from handlers.model_cards import (
    ModelFacts,
    delete_question,
    deleted_card,
    model_card,
    models_card,
    try_question,
)
from handlers.model_names import (
    default_model,
    find_model,
    fold,
    models_here,
    pressed_model,
    pressed_name,
    unknown_model_card,
)
from handlers.new_model import (
    NewModel,
    check_room,
    invitation,
    labels_question,
    made_card,
    name_question,
    read_labels,
    read_name,
    read_new,
    taken_card,
)
from handlers.rights import decides
from handlers.teach import take_file
from handlers.texts import N_
from ml.feedback import Verdict
from ml.jobs import FINAL
from ml.predictor import SHIPPED_NAME
from ml.registry import ModelEntry, NameTaken


async def new(context: Context) -> None:
    """Make a model, or ask for what is missing."""
    context.session.close("new")
    if not context.args.strip():
        await context.ask({"ask": "new"}, invitation(context.t), anew=True)
        return
    await _make(context, read_new(context.args))


async def answer_new(context: Context) -> None:
    """Take the name, the labels or both that were asked for."""
    question = context.session.question or {}
    if "name" in question:
        await _make(context, NewModel(question["name"], read_labels(context.args, question["name"])))
    elif "labels" in question:
        await _make(context, NewModel(read_name(context.args), tuple(question["labels"])))
    else:
        await _make(context, read_new(context.args))


async def press_new(context: Context) -> None:
    """Ask for a model, or for another name."""
    question = context.session.question or {}
    if context.args == "again" and question.get("ask") == "new" and "labels" in question:
        await context.ask(question, name_question(tuple(question["labels"]), context.t), anew=True)
    else:
        await context.ask({"ask": "new"}, invitation(context.t), anew=True)


async def _make(context: Context, model: NewModel) -> None:
    """Enter a model in the registry, or ask on where labels or a free name are missing."""
    question = context.session.question or {}
    entries = await models_here(context)
    check_room(entries, context.services.quotas.models)
    taken = find_model(model.name, entries)
    if taken is not None:
        kept = {"labels": model.labels} if model.labels else {}
        again = {"ask": "new", "document": question.get("document"), **kept}
        await context.ask(again, taken_card(taken, context.t), anew=True)
        return
    if not model.labels:
        await context.ask(
            {"ask": "new", "name": model.name}, labels_question(model.name, context.t), anew=True
        )
        return
    by = context.message.sender.id if context.message.sender else 0
    try:
        entry = await context.services.registry.create(context.owner, model.name, model.labels, by)
    except NameTaken as error:  # by somebody else in this very moment
        raise Refusal(N_("This name was taken just now. Choose another one.")) from error
    context.session.close("new")
    await context.reply(made_card(entry, context.t, private=context.private))
    if question.get("ask") == "new" and question.get("document"):
        await take_file(context, entry, Document(**question["document"]))


async def models(context: Context) -> None:
    """List the models, or show one."""
    entries = await models_here(context)
    name = context.args.strip()
    if not name:
        counts = {entry.name: sum((await _counts(context, entry.name)).values()) for entry in entries}
        used, trainings = default_model(context, entries), await _trainings(context)
        await context.reply(models_card(entries, counts, trainings, used, context.t, private=context.private))
        return
    entry = find_model(name, entries)
    if entry is not None or fold(name) == SHIPPED_NAME:
        await context.reply(await _card(context, entry))
    else:
        names = [entry.name for entry in entries] + [SHIPPED_NAME]
        await context.reply(unknown_model_card(name, "model", names, context.t))


async def press(context: Context) -> None:
    """Show a model's card, ask for a text to try it on, or delete it after a question."""
    if context.args == "list":
        context.args = ""
        await models(context)
        return
    key, _, what = context.args.partition(":")
    name = await pressed_name(context, key)
    if what == "try":
        await context.ask({"ask": "classify", "model": name}, try_question(name, context.t), anew=True)
        return
    entry = None if name == SHIPPED_NAME else await pressed_model(context, key)
    if what == "picture":
        await _picture(context, entry)
    elif entry is not None and what in {"delete", "gone"}:
        await _delete(context, entry, confirmed=what == "gone")
    else:
        await context.edit(await _card(context, entry))


async def _picture(context: Context, entry: ModelEntry | None) -> None:
    """Send the picture of the live version."""
    facts = await _shipped_facts(context) if entry is None else await _facts(context, entry)
    manifest = facts.manifest or {}
    version = str(manifest.get("version", ""))
    drawn = await draw(context, manifest.get("metrics") or {}, facts.name, version)
    if drawn is None:
        raise Refusal(N_("There is no picture of this version. Train it again to get one."))
    await context.reply(Reply(f"{facts.name} {version}", photo=drawn))


async def press_use(context: Context) -> None:
    """Let `/classify` use a model where it is given none: in private for good, in a group for this person."""
    name = await pressed_name(context, context.args)
    if context.private:
        context.settings.model = name
        context.session.model = None
    else:
        context.session.model = name
    context.notice = context.t("/classify without a name now uses “{name}” here.", name=name)
    if context.private:
        await context.reply(Reply(context.notice))


async def _delete(context: Context, entry: ModelEntry, *, confirmed: bool) -> None:
    """Delete a model with all that hangs on it, once that was confirmed."""
    if not await decides(context, entry.created_by):
        raise Refusal(N_("Only the person who made this model can delete it."))
    services, owner, name = context.services, context.owner, entry.name
    # One that forgets cannot be stopped; it ends by itself once its model is gone.
    training = [
        job
        for job in await services.jobs.list(owner)
        if job.request.model == name and job.state not in FINAL and not job.request.forget
    ]
    if training:
        raise Refusal(N_("“{name}” is being trained. Stop that with /cancel, then delete it."), name=name)
    if not confirmed:
        versions = await asyncio.to_thread(services.store.versions, owner, name)
        facts = ModelFacts(name, entry.labels, counts=await _counts(context, name))
        await context.edit(delete_question(facts, len(versions), context.t))
        return
    await services.registry.delete(owner, name)  # first, so that nobody is answered by half a model
    await services.examples.delete(owner, name)
    await services.feedback.delete(owner, name)
    await asyncio.to_thread(services.store.delete, owner, name)
    context.settings.model = None if context.settings.model == name else context.settings.model
    context.session.model = None if context.session.model == name else context.session.model
    await context.edit(deleted_card(name, context.t))


async def _counts(context: Context, name: str) -> dict[str, int]:
    return await context.services.examples.counts(context.owner, name)


async def _trainings(context: Context) -> dict[str, str]:
    """Return how far the trainings of this chat are that run or wait, by their models."""
    jobs = await context.services.jobs.list(context.owner)
    return {job.request.model: state_text(job, context.t) for job in jobs if job.state not in FINAL}


async def _card(context: Context, entry: ModelEntry | None) -> Reply:
    """Gather what a model's card tells; None is the shipped model."""
    facts = await _shipped_facts(context) if entry is None else await _facts(context, entry)
    return model_card(facts, context.t, private=context.private)


async def _facts(context: Context, entry: ModelEntry) -> ModelFacts:
    services, manifest, size = context.services, None, 0
    verdicts: dict[Verdict, int] = {}
    if entry.version is not None:
        folder = await asyncio.to_thread(services.store.fetch, entry.owner, entry.name, entry.version)
        manifest, size = await asyncio.to_thread(_read_folder, folder)
        verdicts = await services.feedback.counts(entry.owner, entry.name, entry.version)
    return ModelFacts(
        entry.name,
        entry.labels,
        created=entry.created,
        counts=await _counts(context, entry.name),
        manifest=manifest,
        size=size,
        verdicts=verdicts,
        training=(await _trainings(context)).get(entry.name, ""),
        used_here=default_model(context, await models_here(context)) == entry.name,
    )


async def _shipped_facts(context: Context) -> ModelFacts:
    manifest, size = await asyncio.to_thread(_read_folder, context.services.predictor.shipped_folder)
    version = str(manifest.get("version", ""))
    verdicts = await context.services.feedback.counts(context.owner, SHIPPED_NAME, version)
    return ModelFacts(
        SHIPPED_NAME,
        tuple(manifest["labels"]),
        manifest=manifest,
        size=size,
        verdicts=verdicts,
        used_here=default_model(context, await models_here(context)) == SHIPPED_NAME,
    )


def _read_folder(folder: Path) -> tuple[dict[str, Any], int]:
    """Return a version's manifest, and how many bytes its files have."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return manifest, sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
