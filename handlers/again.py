"""Commands that waited long are offered again instead of run: who sent them may not want them any more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from handlers.context import Context
from handlers.messages import Button, Message, Reply
from handlers.rights import admin
from handlers.texts import Texts

OLD = 600  # seconds
TOO_OLD = 90_000  # seconds; Telegram keeps nothing for so long, so that a clock must be wrong
SHOWN = 200  # characters of the command


def waited_long(message: Message, now: datetime) -> bool:
    """Say whether a command waited so long that its sender should be asked."""
    return OLD < (now - message.date).total_seconds() < TOO_OLD


async def offer(context: Context, update: dict[str, Any]) -> None:
    """Ask whether a command is still wanted, and keep it for a day."""
    result_id = await context.services.results.keep(context.owner, {"kind": "again", "update": update})
    await context.reply(offer_card(context.message.text, result_id, context.t))


def offer_card(command: str, result_id: str, t: Texts) -> Reply:
    """Build the question, with the command as it was sent."""
    shown = command if len(command) <= SHOWN else command[: SHOWN - 1] + "…"
    words = t("I was away when you sent this. Still want it?")
    yes = Button(t("Yes"), f"again:yes-{result_id}")
    return Reply(f"{words}\n{shown}", ((yes, Button(t("No"), f"again:no-{result_id}")),))


async def press(context: Context) -> None:
    """Run the command, or leave it; only its sender decides."""
    wish, _, result_id = context.args.partition("-")
    kept = await context.services.results.find(context.owner, result_id)
    if kept is None or kept.get("kind") != "again":
        context.notice = context.t("This is too old; send the command again.")
        return
    if not await _sent_it(context, kept["update"]):
        context.notice = context.t("Only the person who sent this command can answer.")
        return
    shown = context.message.text.partition("\n")[2]
    if wish == "yes":
        await context.edit(Reply(shown or context.t("Yes")))
        context.rerun = kept["update"]
    else:
        await context.edit(Reply(context.t("Left undone: {command}", command=shown)))


async def _sent_it(context: Context, update: dict[str, Any]) -> bool:
    """Say whether the presser sent a command; for an anonymous admin and a channel any admin answers."""
    message = update.get("message") or update.get("channel_post") or {}
    sender, presser = message.get("from"), context.message.sender
    if "sender_chat" in message or sender is None:
        return await admin(context)
    return presser is not None and sender["id"] == presser.id
