"""`/op`: what operators see and do. To anybody else there is no such command, see `routing.orders`."""

from __future__ import annotations

from collections.abc import Mapping

from handlers import op_log, op_maintenance, op_models, op_people, op_queue, op_say, op_status
from handlers.context import Context, Handler
from handlers.errors import Refusal
from handlers.messages import Reply
from handlers.op_words import moment, read_order
from handlers.operating import AuditEntry
from handlers.texts import N_, Texts

AUDITED = 20  # entries of a list
REPLAYED = "[page] letters/replay "  # and the id of a dead letter, in the log
USAGE = (
    ("/op", N_("how everything is")),
    ("/op chats [ID]", N_("how many chats there are, or one of them")),
    ("/op block ID [7d] [reason]", N_("no answers for a person or a chat")),
    ("/op unblock ID", N_("answers again")),
    ("/op flood [N]", N_("commands a minute and person")),
    ("/op quota [examples|models|minutes N]", N_("what people may have")),
    ("/op queue [pause|resume|drain]", N_("trainings: begin nothing, go on, or take nothing new in")),
    ("/op job ID [retry|kill]", N_("one training, queued anew or ended now")),
    (
        "/op models [gc|pin|unpin|sentiment set]",
        N_("models: what can go, what stays, which one reads the tone"),
    ),
    ("/op say all|admins TEXT", N_("something for many chats, shown first")),
    ('/op maintenance [on "..."|off]', N_("answers wait, and people are told why")),
    ("/op log REF", N_("what broke under a reference, or which result has an id")),
    ("/op log level [CHAT debug|info|warning|error|default]", N_("how much the log tells of a chat")),
    ("/op backup", N_("everything into one file on the bot's machine")),
    ("/op audit", N_("the last commands of operators")),
)


async def op(context: Context) -> None:
    """Write the command into the audit log, and run it."""
    verb, rest = read_order(context.args)
    context.args = rest
    await _audited(context, VERBS.get(verb, unknown), f"{verb} {rest}".strip())


async def press(context: Context) -> None:
    """Do what a button of an operator's screen says; looking again is no command."""
    verb, _, rest = context.args.partition(":")
    handler = PRESSES.get(verb)
    if handler is None:
        return
    context.args = rest
    if verb == "status" or not rest:
        await handler(context)
    else:
        await _audited(context, handler, f"[{verb}] {rest}".strip())


async def _audited(context: Context, handler: Handler, command: str) -> None:
    """Run a command that is noted before it begins, and noted again where it does not succeed."""
    audit, sender = context.services.operating.audit, context.message.sender
    by = sender.id if sender is not None else 0
    await audit.note(by, command)
    try:
        await handler(context)
    except Refusal:
        await audit.note(by, command, "refused")
        raise
    except Exception as error:
        await audit.note(by, command, type(error).__name__)
        raise


async def unknown(context: Context) -> None:
    """Say which subcommands there are."""
    raise Refusal(N_("There is no such subcommand; /op help lists them."))


async def show_help(context: Context) -> None:
    """List the subcommands."""
    await context.reply(help_card(context.t))


async def audit(context: Context) -> None:
    """Show what operators did last."""
    entries = await context.services.operating.audit.last(2 * AUDITED)
    await context.reply(audit_card(entries, context.t))


def help_card(t: Texts) -> Reply:
    """Build the list of subcommands."""
    return Reply("\n".join(f"{written} – {t(summary)}" for written, summary in USAGE))


def audit_card(entries: list[AuditEntry], t: Texts) -> Reply:
    """Build the list of what operators did, the latest first; what did not succeed stands there once."""
    shown: list[AuditEntry] = []
    for entry in entries:
        end = shown[-1] if shown else entry
        begun = not entry.outcome and bool(end.outcome)
        if not (begun and (entry.by, entry.command) == (end.by, end.command)):
            shown.append(entry)
    lines = [_done(entry, t) for entry in shown[:AUDITED]]
    return Reply("\n".join([t("The last commands of operators:"), *lines]))


def _done(entry: AuditEntry, t: Texts) -> str:
    """Say what was ordered, by whom, by which way, and how it ended where it did not succeed."""
    way, _, rest = entry.command.partition("] ")
    if entry.command.startswith(REPLAYED):
        said = t("on the page: dead letter {id} put back", id=entry.command.removeprefix(REPLAYED))
    elif entry.command.startswith("["):
        said = t("{command}, by a button", command=f"/op {way[1:]} {rest}")
    else:
        said = f"/op {entry.command}".strip()
    by = str(entry.by) if entry.by else t("who has a link to the page")
    ended = {"": "", "refused": t("refused")}.get(entry.outcome, entry.outcome)
    return " · ".join([moment(entry.at), by, said]) + (f" → {ended}" if ended else "")


VERBS: Mapping[str, Handler] = {
    "": op_status.status,
    "help": show_help,
    "audit": audit,
    "chats": op_people.chats,
    "block": op_people.block,
    "unblock": op_people.unblock,
    "flood": op_people.flood,
    "quota": op_people.quota,
    "queue": op_queue.queue,
    "job": op_queue.job,
    "models": op_models.models,
    "say": op_say.say,
    "maintenance": op_maintenance.maintenance,
    "log": op_log.log,
    "backup": op_log.backup,
}
PRESSES: Mapping[str, Handler] = {"status": op_status.status, "queue": op_queue.queue, "say": op_say.press}
