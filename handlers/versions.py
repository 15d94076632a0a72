"""The versions of a model: which there are, and the button that makes another one live."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from handlers.context import Context
from handlers.errors import Refusal
from handlers.messages import Button, Reply
from handlers.model_names import model_key, pressed_model
from handlers.rights import decides
from handlers.shares import measured
from handlers.texts import N_, Texts
from ml.registry import ModelEntry

SHOWN = 10  # of the newest


@dataclass(frozen=True, slots=True)
class Version:
    """A version as the list shows it; the figures None where it was never judged."""

    name: str
    date: str
    f1: float | None
    live: bool


async def press(context: Context) -> None:
    """List a model's versions, or make one of them live."""
    key, _, wanted = context.args.partition(":")
    entry = await pressed_model(context, key)
    if wanted == "list":
        await context.edit(versions_card(entry.name, await _versions(context, entry), context.t))
        return
    if not await decides(context, entry.created_by):
        context.notice = context.t("Only the person who made this model can choose its version.")
        return
    services = context.services
    if wanted not in await asyncio.to_thread(services.store.versions, entry.owner, entry.name):
        raise Refusal(N_("This version is not there any more."))
    await services.registry.served(await services.registry.promote(entry.owner, entry.name, wanted))
    await context.reply(live_card(entry, wanted, context.t))


async def _versions(context: Context, entry: ModelEntry) -> list[Version]:
    store = context.services.store

    def read() -> list[tuple[str, dict[str, Any]]]:
        names = store.versions(entry.owner, entry.name)[-SHOWN:]
        return [(name, store.manifest(entry.owner, entry.name, name)) for name in reversed(names)]

    found = await asyncio.to_thread(read)
    return [
        Version(
            name,
            str(manifest.get("created", ""))[:10],
            (manifest.get("metrics") or {}).get("macro_f1"),
            name == entry.version,
        )
        for name, manifest in found
    ]


def versions_card(name: str, versions: Sequence[Version], t: Texts) -> Reply:
    """List versions, the newest first, with a button for each that is not live.

    Each F1 is of what was held out when that version was trained.
    """
    lines = [t("Versions of “{name}”:", name=name)]
    for version in versions:
        parts = [version.name, version.date]
        if version.f1 is not None:
            parts.append(t("F1 {f1} %", f1=measured(version.f1)))
        if version.live:
            parts.append(t("live"))
        lines.append("· " + " · ".join(parts))
    if not versions:
        lines.append(t("Not trained yet."))
    key = model_key(name)
    others = [version for version in versions if not version.live]
    rows = [
        (Button(t("Use {version}", version=version.name), data=f"version:{key}:{version.name}"),)
        for version in others
    ]
    return Reply("\n".join(lines), buttons=(*rows, (Button(t("The model"), data=f"model:{key}"),)))


def live_card(before: ModelEntry, version: str, t: Texts) -> Reply:
    """Say which version answers now, and offer the way back."""
    key = model_key(before.name)
    text = t("“{name}” {version} is live now.", name=before.name, version=version)
    back: tuple[Button, ...] = ()
    if before.version and before.version != version:
        back = (
            Button(t("Back to {version}", version=before.version), data=f"version:{key}:{before.version}"),
        )
    return Reply(text, buttons=((*back, Button(t("The model"), data=f"model:{key}")),))
