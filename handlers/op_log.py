"""`/op log` and `/op backup`: what broke under a reference, what a result was, and a backup of everything."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from handlers.context import Context
from handlers.errors import Refusal
from handlers.messages import Reply, Sent
from handlers.op_words import megabytes, moment, read_id, split_word
from handlers.operating import BackupFacts, Fault
from handlers.texts import N_, Texts

logger = logging.getLogger(__name__)

LOG_USAGE = N_("Write the reference that a person was told, or the id of a result: /op log 7F3K.")
LEVELS = ("debug", "info", "warning", "error")
LEVEL_USAGE = N_("/op log level takes a chat's id and debug, info, warning, error or default.")
PATIENCE = 90.0  # seconds that a backup is waited for
LONGEST_PLACE = 3000  # characters


async def log(context: Context) -> None:
    """Show what broke under a reference, or what a result of the last day was; or set a chat's level."""
    verb, rest = split_word(context.args)
    if verb.lower() == "level":
        await _level(context, rest)
        return
    wanted = context.args.strip().upper()
    if not wanted.isalnum() or not wanted.isascii() or len(wanted) > 12:
        raise Refusal(LOG_USAGE)
    faults = context.services.operating.faults
    fault = await faults.find(wanted)
    if fault is not None:
        await context.reply(fault_card(fault, context.t))
        return
    found = await faults.result(wanted)
    if found is None:
        raise Refusal(
            N_("Nothing is kept under {reference}: faults for 7 days, results for one."), reference=wanted
        )
    await context.reply(result_card(wanted, *found, context.t))


async def _level(context: Context, rest: str) -> None:
    """Have a chat's log written in more detail or in less, or show which are."""
    operating = context.services.operating
    chat, level = split_word(rest.lower())
    if chat:
        key = await operating.overview.key_of(read_id(chat))
        await operating.orders.set_level(key, read_level(level))
    await context.reply(levels_card((await operating.orders.refresh()).levels, context.t))


def read_level(word: str) -> str | None:
    """Read a level of the log, None for that of all others.

    Raises:
        Refusal: It is none.
    """
    if word in {"default", "off"}:
        return None
    if word not in LEVELS:
        raise Refusal(LEVEL_USAGE)
    return word


async def backup(context: Context) -> None:
    """Write a backup, and say where it lies; one that takes long is told of when it is done."""
    backups = context.services.operating.backups
    if backups.busy:
        raise Refusal(N_("A backup is being written already."))
    sent = await context.reply(Reply(context.t("Writing a backup …")))
    writing = asyncio.create_task(_write(context, sent), name="backup")
    RUNNING.add(writing)
    writing.add_done_callback(RUNNING.discard)
    done, _ = await asyncio.wait({writing}, timeout=PATIENCE)
    for task in done:
        task.result()


RUNNING: set[asyncio.Task[None]] = set()  # so that none is lost to the garbage collector


async def _write(context: Context, sent: Sent) -> None:
    try:
        card = backup_card(await context.services.operating.backups.make(), context.t)
    except (RuntimeError, OSError) as error:
        card = Reply(
            context.t("No backup was written ({kind}); the log has more.", kind=type(error).__name__)
        )
    await context.outbox.edit(sent, card)


def levels_card(levels: Mapping[int, str], t: Texts) -> Reply:
    """Say whose log is written in more detail or less."""
    if not levels:
        return Reply(t("The log of all chats is written alike.") + "\n" + t(LEVEL_USAGE))
    return Reply("\n".join(f"{chat}: {level}" for chat, level in sorted(levels.items())))


def fault_card(fault: Fault, t: Texts) -> Reply:
    """Build what is known of a fault."""
    lines = [
        f"{fault.reference} · {moment(fault.at)} · {fault.kind}",
        t(
            "Chat {chat}, update {update} ({kind})",
            chat=fault.chat,
            update=fault.update_id,
            kind=fault.update_kind,
        ),
    ]
    lines += [t("Result {id}", id=fault.result)] if fault.result else []
    return Reply("\n".join([*lines, fault.place[-LONGEST_PLACE:]]).rstrip())


def result_card(result_id: str, chat: int, record: dict[str, Any], t: Texts) -> Reply:
    """Build what is known of a result: which model answered, never what was asked."""
    words = [str(record[name]) for name in ("kind", "version") if record.get(name)]
    return Reply("\n".join([" · ".join([result_id, *words]), t("Chat {chat}", chat=chat)]))


def backup_card(facts: BackupFacts, t: Texts) -> Reply:
    """Say where a backup lies and what is in it."""
    lines = [
        t(
            "{path}: {keys} keys, {files} files of models, {size}",
            path=facts.path,
            keys=f"{facts.keys:,}",
            files=f"{facts.files:,}",
            size=megabytes(facts.size),
        )
    ]
    if not facts.steady:
        lines.append(t("The keys are not all of one moment: this user of Redis may not ask for that."))
    if facts.kept > 1:
        lines.append(
            t(
                "{count} backups lie there. They hold what people taught before they deleted it.",
                count=facts.kept,
            )
        )
    return Reply("\n".join(lines))
