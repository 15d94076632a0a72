"""`/op`: how the bot is, on one screen."""

from __future__ import annotations

from dataclasses import replace

from handlers.context import Context
from handlers.messages import Button, Reply
from handlers.op_words import megabytes, moment, share, span
from handlers.operating import LastHour, Now, Status
from handlers.texts import Texts
from ml.trainings import Line


async def status(context: Context) -> None:
    """Show how everything is; the button below brings it up to date."""
    found = await context.services.operating.overview.status()
    await context.say(status_card(replace(found, now=without_this(found.now)), context.t))


def without_this(now: Now) -> Now:
    """Leave the command that asks out of what waits."""
    waiting = max(0, now.waiting - 1)
    return replace(now, waiting=waiting, oldest=now.oldest if waiting else None)


def status_card(status: Status, t: Texts) -> Reply:
    """Build the screen."""
    now = status.now
    lines = [
        t(
            "Tonefit {version}, up for {uptime}, {replicas}",
            version=now.version,
            uptime=span(status.uptime, t),
            replicas=t.plural("{count} replica", "{count} replicas", now.replicas),
        ),
        _waiting(now, t),
        *_hour(status.hour, t),
        line_text(status.line, t),
        _memory(now, t),
        *_right(status, t),
    ]
    if now.dead:
        lines.append(t("Dead letters of the last day: {count}", count=f"{now.dead:,}"))
    if now.blocks:
        lines.append(t("Blocked: {count}", count=f"{now.blocks:,}"))
    if now.maintenance is not None:
        lines.append(
            t(
                "Maintenance since {moment}; updates held: {count}",
                moment=moment(now.maintenance.since),
                count=f"{now.held:,}",
            )
        )
    lines.append(t("/op help lists what else there is."))
    return Reply("\n".join(lines), buttons=((Button(t("Refresh"), data="op:status"),),))


def _waiting(now: Now, t: Texts) -> str:
    if now.oldest is None:
        return t("Updates: none waits")
    return t.plural(
        "Updates: {count} waits, for {seconds} s",
        "Updates: {count} wait, the oldest for {seconds} s",
        now.waiting,
        seconds=f"{now.oldest:.1f}",
    )


def _hour(hour: LastHour, t: Texts) -> list[str]:
    lines = [
        t(
            "Last hour: {answers}, {share} % failed; 429 from Telegram: {refused}",
            answers=t.plural("{count} answer", "{count} answers", hour.answers),
            share=share(hour.failed, hour.answers),
            refused=f"{hour.refused:,}",
        )
    ]
    if hour.lag_median is not None and hour.lag_p99 is not None:
        lines.append(
            t(
                "Update lag: half within {median} s, 99 % within {p99} s",
                median=_bound(hour.lag_median),
                p99=_bound(hour.lag_p99),
            )
        )
    return lines


def _bound(seconds: float) -> str:
    return "> 300" if seconds == float("inf") else f"{seconds:g}"


def line_text(line: Line, t: Texts) -> str:
    """Say how many trainings there are, who does them, and whether they go on."""
    said = t(
        "Trainings: {running} running, {waiting} waiting, {workers}",
        running=line.running,
        waiting=line.waiting,
        workers=t.plural("{count} worker", "{count} workers", line.workers),
    )
    notes = [t("paused")] if line.paused else []
    notes += [t("closed for new ones")] if line.closed else []
    return t.clauses([said, *notes])


def _memory(now: Now, t: Texts) -> str:
    if not now.most_memory:
        return t("Redis: {used}", used=megabytes(now.memory))
    return t("Redis: {used} of {most}", used=megabytes(now.memory), most=megabytes(now.most_memory))


def _right(status: Status, t: Texts) -> list[str]:
    return [
        t(
            "Right, {version}: {share} % of {verdicts}",
            version=one.version,
            share=share(one.right, one.right + one.wrong),
            verdicts=t.plural("{count} verdict", "{count} verdicts", one.right + one.wrong),
        )
        for one in status.right
    ]
