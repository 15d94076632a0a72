"""`/op say`: something for many chats, shown first with a code, then sent, stopped and gone on with."""

from __future__ import annotations

import re

from handlers.context import Context
from handlers.errors import REFERENCE_ALPHABET, Refusal
from handlers.messages import Button, Reply
from handlers.op_words import span, split_word
from handlers.operating import Announcement, Draft
from handlers.texts import N_, Texts

AUDIENCES = ("all", "admins")
CODE = re.compile(rf"[{REFERENCE_ALPHABET}]{{6}}")
LONGEST = 4096  # UTF-16 units, as Telegram counts
USAGE = N_(
    "Write to whom and what: /op say all TEXT or /op say admins TEXT. Nothing is sent before you confirm. "
    "Then: /op say, /op say stop, /op say resume, /op say cancel."
)
NOTHING = N_("Nothing is being sent.")


async def say(context: Context) -> None:
    """Show what would be sent, send it where its code is written, or show how far that is."""
    word, text = split_word(context.args)
    verb = word.lower()
    if verb in AUDIENCES:
        await _draft(context, verb, text)
    elif verb in {"", "stop", "resume", "cancel"} and not text:
        await _turn(context, verb)
    elif CODE.fullmatch(word.upper()) and not text:
        await _begin(context, word.upper())
    else:
        raise Refusal(USAGE)


async def press(context: Context) -> None:
    """Stop, go on, or look again; what begins is written, never pressed."""
    if context.args in {"", "stop", "resume"}:
        await _turn(context, context.args)


async def _draft(context: Context, audience: str, text: str) -> None:
    if not text.strip():
        raise Refusal(USAGE)
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    if units > LONGEST:
        raise Refusal(N_("That is {length} characters; Telegram takes 4,096."), length=f"{units:,}")
    announcements = context.services.operating.announcements
    draft = await announcements.draft(audience, text, _me(context), context.t.language)
    await context.reply(draft_card(draft, context.t))
    await context.reply(Reply(text))


async def _begin(context: Context, code: str) -> None:
    outcome = await context.services.operating.announcements.begin(code, _me(context))
    if outcome == "busy":
        raise Refusal(N_("Something else is being sent; /op say shows it."))
    if outcome != "begun":
        raise Refusal(N_("There is no draft with this code, or it is older than ten minutes. Write it anew."))
    await _show(context)


async def _turn(context: Context, verb: str) -> None:
    """Do what a word says to what is being sent, and show it."""
    announcements = context.services.operating.announcements
    done = True
    if verb == "stop":
        done = await announcements.stop()
    elif verb == "resume":
        done = await announcements.resume()
    elif verb == "cancel":
        done = await announcements.cancel()
    if not done and context.message.press is None:
        raise Refusal(NOTHING)
    await _show(context)


async def _show(context: Context) -> None:
    now = await context.services.operating.announcements.state()
    await context.say(Reply(context.t(NOTHING)) if now is None else progress_card(now, context.t))


def _me(context: Context) -> int:
    return context.message.sender.id if context.message.sender is not None else 0


def draft_card(draft: Draft, t: Texts) -> Reply:
    """Say whom something would reach, how long that takes, and how it is confirmed."""
    to = draft.recipients
    whom = t(
        "Nothing is sent yet. This would go to {people} and {groups}, in {time}.",
        people=t.plural("{count} person", "{count} people", to.people),
        groups=t.plural("{count} group", "{count} groups", to.groups),
        time=span(max(1.0, draft.seconds), t),
    )
    lines = [whom]
    if to.left_out:
        lines.append(
            t("Left out: {count} (channels, quiet groups, who is blocked).", count=f"{to.left_out:,}")
        )
    lines.append(t("Within ten minutes /op say {code} sends what follows.", code=draft.code))
    return Reply("\n".join(lines))


def progress_card(now: Announcement, t: Texts) -> Reply:
    """Say how far something is that is being sent."""
    head = {
        "running": t("Being sent to {audience}.", audience=now.audience),
        "stopped": t("Stopped; it goes on where it was."),
    }.get(now.state, t("Sent."))
    counts = t(
        "{sent} of {total} have it, {failed} could not be reached.",
        sent=f"{now.sent:,}",
        total=f"{now.total:,}",
        failed=f"{now.failed:,}",
    )
    rows: list[Button] = []
    if now.state == "running":
        rows = [Button(t("Stop"), "op:say:stop"), Button(t("Refresh"), "op:say:")]
    elif now.state == "stopped":
        rows = [Button(t("Resume"), "op:say:resume")]
    return Reply(f"{head}\n{counts}", buttons=(tuple(rows),) if rows else ())
