"""[Share] on a model's card, and the link behind it: another chat gets a copy of what answers."""

from __future__ import annotations

import asyncio
import secrets

from handlers.asked_for import NOT_YOURS
from handlers.context import Context
from handlers.errors import Refusal
from handlers.messages import Button, Reply
from handlers.model_names import find_model, model_key, models_here, pressed_model
from handlers.new_model import check_room
from handlers.rights import decides
from handlers.texts import N_
from ml.registry import ModelEntry
from ml.shares import Share

PAYLOAD = "model_"  # of a deep link
ENDED = N_("This link has ended. Ask for a new one.")


async def press(context: Context) -> None:
    """Make a link to a model."""
    entry = await pressed_model(context, context.args)
    if not await decides(context, entry.created_by):
        raise Refusal(NOT_YOURS)
    if entry.version is None:
        raise Refusal(N_("“{name}” is not trained yet, so there is nothing to share."), name=entry.name)
    token = await context.services.shares.make(Share(context.owner, entry.name, entry.created))
    link = f"https://t.me/{context.services.bot_username}?start={PAYLOAD}{token}"
    text = context.t(
        "Whoever opens this link within a week gets a copy of “{name}”, without its examples:\n{link}",
        name=entry.name,
        link=link,
    )
    await context.reply(Reply(text, buttons=((Button(context.t("Copy the link"), copy=link),),)))


async def take(context: Context, payload: str) -> None:
    """Copy a shared model into this chat, under a name that is free.

    Raises:
        Refusal: The link has ended, or the model is gone.
    """
    services = context.services
    share = await services.shares.find(payload.removeprefix(PAYLOAD))
    source = await services.registry.get(share.owner, share.name) if share is not None else None
    if share is None or source is None or source.version is None or source.created != share.created:
        raise Refusal(ENDED)
    if source.owner == context.owner:
        raise Refusal(N_("“{name}” is a model of this chat already."), name=source.name)
    entries = await models_here(context)
    check_room(entries, services.quotas.models)
    name = _free_name(source.name, entries)
    by = context.message.sender.id if context.message.sender else 0
    folder = await asyncio.to_thread(services.store.fetch, source.owner, source.name, source.version)
    await services.registry.create(context.owner, name, source.labels, by)
    version = await asyncio.to_thread(services.store.publish, context.owner, name, folder)
    await services.registry.promote(context.owner, name, version)
    key = model_key(name)
    text = context.t("“{name}” is yours now: {labels}.", name=name, labels=context.t.listed(source.labels))
    buttons = (
        Button(context.t("Try it"), data=f"model:{key}:try"),
        Button(context.t("The model"), data=f"model:{key}"),
    )
    await context.reply(Reply(text, buttons=(buttons,)))


def _free_name(name: str, entries: list[ModelEntry]) -> str:
    """Return the name, or one like it that no model here has."""
    if find_model(name, entries) is None:
        return name
    return f"{name[:19]}-{secrets.token_hex(2)}"
