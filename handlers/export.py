"""`/export`: a ZIP of a model with its examples, or of everything that is stored of a person."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from typing import Any

from handlers.asked_for import NOT_YOURS, model_or_me
from handlers.classify_table import defuse
from handlers.context import Context, Services
from handlers.errors import Refusal
from handlers.messages import File, Reply
from handlers.model_names import models_here, pressed_model
from handlers.rights import decides
from handlers.stored import stored_of
from handlers.texts import N_
from ml.examples import Taught
from ml.registry import ModelEntry

LARGEST = 50_000_000  # bytes that Telegram takes


async def export(context: Context) -> None:
    """Send what was asked for: a model, or what is stored of the person."""
    question = N_("What shall I export? A model, or write /export me for all that is stored of you.")
    asked = await model_or_me(context, "export", question)
    if asked == "me":
        await _export_person(context)
    elif asked is not None:
        await _export_model(context, asked)


async def press(context: Context) -> None:
    """Send the model of a pressed button."""
    await _export_model(context, await pressed_model(context, context.args))


async def _export_model(context: Context, entry: ModelEntry) -> None:
    if not await decides(context, entry.created_by):
        raise Refusal(NOT_YOURS)
    services = context.services
    taught = await services.examples.taught(context.owner, entry.name)
    folder = None
    if entry.version is not None:
        folder = await asyncio.to_thread(services.store.fetch, entry.owner, entry.name, entry.version)
    content = await asyncio.to_thread(model_archive, entry, taught, folder)
    said = context.t.plural("{count} example", "{count} examples", len(taught))
    version = entry.version or context.t("not trained yet")
    caption = context.t("{name}: {text}", name=entry.name, text=context.t.clauses([said, version]))
    await _send(context, f"{entry.name}.zip", content, caption)


async def _export_person(context: Context) -> None:
    sender = context.message.sender
    if sender is None or not context.private:
        raise Refusal(N_("Write /export me to me in private: nobody else should read it."))
    services = context.services
    taught = await services.examples.taught_by(sender.id)
    texts = await services.texts.of(sender.id)
    models = [entry for entry in await models_here(context) if entry.created_by == sender.id]
    jobs = [job for job in await services.jobs.list(context.owner) if job.request.user == sender.id]
    stored = {
        "settings": asdict(context.settings),
        "session": asdict(context.session),
        "texts_of_the_last_24_hours": texts,
        "counts": asdict(await stored_of(services, sender.id)),
        "left_out_of": await services.optouts.places(sender.id),
        "messages_kept_for_labels": await _heard(services, sender.id),
        "models": [asdict(entry) for entry in models],
        "trainings": [asdict(job) for job in jobs],
    }
    content = await asyncio.to_thread(person_archive, stored, taught)
    count = sum(map(len, taught.values()))
    examples = context.t.plural("{count} example", "{count} examples", count)
    kept = context.t.plural(
        "{count} text of the last 24 hours", "{count} texts of the last 24 hours", len(texts)
    )
    await _send(
        context,
        "me.zip",
        content,
        context.t(
            "All that is stored of you: {examples}, {texts}, your settings.", examples=examples, texts=kept
        ),
    )


async def _heard(services: Services, person: int) -> dict[str, list[str]]:
    """Return a person's messages that are kept for labels, by chat."""
    labels, pseudonyms, found = services.reaction_labels, services.mood.pseudonyms, {}
    for chat in await pseudonyms.chats(person):
        written = await labels.written(chat, (await pseudonyms.of(chat, person)).name)
        if written:
            found[str(chat)] = [heard.text for heard in (await labels.texts(chat, written)).values()]
    return found


async def _send(context: Context, name: str, content: bytes, caption: str) -> None:
    if len(content) > LARGEST:
        raise Refusal(N_("This is larger than what Telegram lets me send. Ask the operator for it."))
    await context.reply(Reply(caption, document=File(name, content)))


def model_archive(entry: ModelEntry, taught: Sequence[Taught], folder: Path | None) -> bytes:
    """Return a ZIP with the examples as CSV and the files of the live version."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "model.json", _json({"name": entry.name, "labels": entry.labels, "made": entry.created})
        )
        archive.writestr("examples.csv", examples_table(taught))
        for file in sorted(folder.iterdir()) if folder is not None else ():
            if file.is_file() and file.name != "weights.npz":  # what a next training begins from, and no more
                archive.write(file, f"{entry.version}/{file.name}")
    return held.getvalue()


def person_archive(stored: Mapping[str, Any], taught: Mapping[tuple[str, str], Sequence[Taught]]) -> bytes:
    """Return a ZIP with what is stored as JSON, and a CSV of examples for each model."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("stored.json", _json(stored))
        for (owner, model), examples in taught.items():
            archive.writestr(f"examples/{owner}/{model}.csv", examples_table(examples))
    return held.getvalue()


def examples_table(taught: Sequence[Taught]) -> bytes:
    """Return examples as CSV that `/teach` reads again, and no spreadsheet runs."""
    file = StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(["label", "text"])
    for example in taught:
        writer.writerow([defuse(example.label), defuse(example.text)])
    return file.getvalue().encode("utf-8-sig")


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1)
