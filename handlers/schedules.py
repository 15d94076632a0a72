"""`/digest` and `/alert`: what a chat's admins want to hear by themselves, and when."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from handlers.context import ChatSettings, Context
from handlers.errors import Refusal
from handlers.grammar import normalise, read_arguments, read_duration, read_switch
from handlers.messages import Button, Reply
from handlers.model_names import find_model, fold, models_here, nearest
from handlers.sentiment import label_name
from handlers.tagging import ONLY_GROUPS
from handlers.texts import N_, Texts
from ml.mood_series import FEWEST_PEOPLE, TONES

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_NAMES = (
    N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"),
)  # fmt: skip
EVERY = {"daily": "daily", "每天": "daily", "每日": "daily", "weekly": "weekly", "每周": "weekly"}
CHINESE_DAY = re.compile(r"(?:周|星期)([一二三四五六日天])")
TIME = re.compile(r"(\d{1,2}):(\d{2})")
CONDITION = re.compile(r"(?P<label>[^>=]{1,24}?)\s*>\s*(?P<share>\d*\.?\d+)(?P<percent>%?)")
EXAMPLE = "/digest weekly mon 09:00 tz=Asia/Shanghai"
ALERT_EXAMPLE = "/alert negative>0.4 over=1h min=20"
SHORTEST, LONGEST = 900, 7 * 86_400  # seconds that an alert looks back
FEWEST, MOST = 5, 100_000  # messages
CHECK_EVERY = 60  # seconds between two looks at what alerts watch
NO_MEMBERS = N_("A channel has posts and no members' words: set the alert in its linked group.")
NOTHING_YET = N_("Tagging is off, so there is nothing to sum up yet: /tagging digest begins it.")
CHINESE_TONES = {"消极": "negative", "积极": "positive", "中性": "neutral"}


async def digest(context: Context) -> None:
    """Set when a summary comes, or show it."""
    if context.private:
        raise Refusal(ONLY_GROUPS)
    settings = context.settings
    given = read_arguments(normalise(context.args), {"tz"})
    if "tz" in given.options:
        settings.timezone = read_zone(given.options["tz"])
    if given.words:
        settings.digest = _here(read_digest(given.words), context)
        context.remember_chat()
    context.plan()
    await context.reply(digest_card(settings, context.t))


async def press_digest(context: Context) -> None:
    """Take the schedule of a pressed button."""
    if context.args in {"off", "daily", "weekly"}:
        context.settings.digest = _here(read_digest((context.args,)), context)
        context.plan()
    await context.edit(digest_card(context.settings, context.t))


async def alert(context: Context) -> None:
    """Set what the admins are told of at once, or show it."""
    if context.private:
        raise Refusal(ONLY_GROUPS)
    given = read_arguments(normalise(context.args), {"over", "min"})
    if given.text:
        if context.message.chat.type == "channel" and read_switch(given.text) is not False:
            raise Refusal(NO_MEMBERS)
        wanted = read_alert(given.text, given.options)
        if wanted is not None:
            await _check_label(context, wanted["label"])
        context.settings.alert = wanted
        context.remember_chat()
    context.plan()
    await context.reply(alert_card(context.settings, context.t))


async def _check_label(context: Context, label: str) -> None:
    """Go on where messages can get a label at all.

    Raises:
        Refusal: The model that tags here does not know it.
    """
    entry = find_model(context.settings.tagging_model or "", await models_here(context))
    labels = entry.labels if entry is not None else TONES
    if fold(label) not in map(fold, labels):
        raise Refusal(
            N_("No message here can be “{label}”. The labels are {labels}."),
            label=label,
            labels=", ".join(labels),
        )


async def press_alert(context: Context) -> None:
    """Switch the alert off by its button."""
    if context.args == "off":
        context.settings.alert = None
        context.plan()
    await context.edit(alert_card(context.settings, context.t))


def _here(wanted: dict[str, Any] | None, context: Context) -> dict[str, Any] | None:
    """Let a summary come to the topic in which it was asked for; from private it stays where it came."""
    topic = context.message.chat.topic
    if context.asked_in is not None:
        topic = (context.settings.digest or {}).get("topic")
    return None if wanted is None else wanted | {"topic": topic}


def read_digest(words: tuple[str, ...]) -> dict[str, Any] | None:
    """Read `off`, `daily 09:00` or `weekly mon 09:00`.

    >>> read_digest(("weekly", "fri", "18:30"))
    {'every': 'weekly', 'at': '18:30', 'day': 4}

    Raises:
        Refusal: It is none of these.
    """
    first = words[0].lower()
    if read_switch(first) is False:
        return None
    if first not in EVERY:
        raise _no_digest(words)
    at, day = "09:00", 0
    for word in words[1:]:
        found, weekday = TIME.fullmatch(word), _weekday(word)
        if found and int(found[1]) < 24 and int(found[2]) < 60:
            at = f"{int(found[1]):02}:{found[2]}"
        elif weekday is not None and EVERY[first] == "weekly":
            day = weekday
        else:
            raise _no_digest(words)
    return {"every": EVERY[first], "at": at, "day": day}


def _weekday(word: str) -> int | None:
    chinese = CHINESE_DAY.fullmatch(word)
    if chinese is not None:
        return min(6, "一二三四五六日天".index(chinese[1]))
    return DAYS.index(word.lower()[:3]) if word.isalpha() and word.lower()[:3] in DAYS else None


def _no_digest(words: tuple[str, ...]) -> Refusal:
    return Refusal(
        N_("“{words}” is no schedule. Write off, daily 09:00 or weekly mon 09:00, for example:\n{example}"),
        words=" ".join(words)[:40],
        example=EXAMPLE,
    )


def read_zone(name: str) -> str:
    """Return the time zone that is meant, whatever its case.

    Raises:
        Refusal: There is no such zone.
    """
    known = {zone.lower(): zone for zone in available_timezones()}
    wanted = name.strip().lower().replace(" ", "_")
    if wanted in known:
        return known[wanted]
    ends = [zone for low, zone in known.items() if low.rpartition("/")[2] == wanted]
    if len(ends) == 1:
        return ends[0]
    raise Refusal(
        N_("I do not know the time zone “{name}”. Did you mean {nearest}?"),
        name=name[:32],
        nearest=", ".join(nearest(name, sorted(known.values()))) or "Asia/Shanghai",
    )


def read_alert(text: str, options: dict[str, str]) -> dict[str, Any] | None:
    """Read `off` or `negative>0.4` with `over=` and `min=`.

    >>> read_alert("negative>40%", {"over": "2h"})
    {'label': 'negative', 'share': 0.4, 'over': 7200, 'min': 20}

    Raises:
        Refusal: It is neither, or a value is out of its range.
    """
    if read_switch(text) is False:
        return None
    found = CONDITION.fullmatch(text)
    share = float(found["share"]) / (100 if found["percent"] else 1) if found else 0.0
    if found is None or not 0 < share < 1:
        raise Refusal(
            N_(
                "An alert is a label and the share from which I tell the admins, below 1, for example:\n"
                "{example}"
            ),
            example=ALERT_EXAMPLE,
        )
    over = read_duration(options.get("over", "1h"))
    if over is None or not SHORTEST <= over <= LONGEST:
        raise Refusal(
            N_("over= is the time I look back, from 15m to 7d; you wrote “{value}”."),
            value=options.get("over", "")[:12],
        )
    least = options.get("min", "20")
    if not least.isdecimal() or not FEWEST <= int(least) <= MOST:
        raise Refusal(
            N_("min= is the number of messages from which I look, {fewest} or more; you wrote “{value}”."),
            fewest=FEWEST,
            value=least[:12],
        )
    label = CHINESE_TONES.get(found["label"], found["label"].lower())
    return {"label": label, "share": share, "over": over, "min": int(least)}


def next_digest(settings: ChatSettings, now: datetime) -> datetime | None:
    """Return when the next summary is due, None where none is wanted.

    By the clock on the wall: a day of 23 or 25 hours changes nothing.
    """
    wanted = settings.digest
    if wanted is None or not settings.present:
        return None
    zone = ZoneInfo(settings.timezone)
    here = now.astimezone(zone)
    hour, minute = map(int, wanted["at"].split(":"))
    due = here.replace(hour=hour, minute=minute, second=0, microsecond=0, tzinfo=None)
    if wanted["every"] == "weekly":
        due += timedelta(days=(int(wanted["day"]) - due.weekday()) % 7)
    while due.replace(tzinfo=zone).timestamp() <= now.timestamp():
        due += timedelta(days=7 if wanted["every"] == "weekly" else 1)
    return due.replace(tzinfo=zone)


def digest_card(settings: ChatSettings, t: Texts) -> Reply:
    """Tell when summaries come, with a button for each other way."""
    wanted = settings.digest
    if wanted is None:
        lines = [t("No summary is sent."), t("For example:") + f"\n{EXAMPLE}"]
    elif wanted["every"] == "daily":
        lines = [t("A summary comes every day at {at} ({zone}).", at=wanted["at"], zone=settings.timezone)]
    else:
        day = t(DAY_NAMES[int(wanted["day"])])
        lines = [
            t(
                "A summary comes every {day} at {at} ({zone}).",
                day=day,
                at=wanted["at"],
                zone=settings.timezone,
            )
        ]
    if wanted is not None and settings.tagging == "off":
        lines.append(t(NOTHING_YET))
    if wanted is not None and settings.quiet:
        lines.append(t("/quiet is on: no summary comes until it is off."))
    ways = {"off": t("off"), "daily": t("daily"), "weekly": t("weekly")}
    now = wanted["every"] if wanted else "off"
    buttons = tuple(Button(words, data=f"digest:{way}") for way, words in ways.items() if way != now)
    return Reply("\n".join(lines), buttons=(buttons,))


def alert_card(settings: ChatSettings, t: Texts) -> Reply:
    """Tell what the admins are told of."""
    wanted = settings.alert
    if wanted is None:
        return Reply("\n".join([t("No alert is set."), t("For example:"), ALERT_EXAMPLE]))
    lines = [
        t(
            "The admins get a private message when more than {share} % of the messages of {over} "
            "are {label}, from {least} messages of at least {people} people on.",
            share=f"{100 * wanted['share']:g}",
            over=duration(wanted["over"], t),
            label=label_name(wanted["label"], t),
            least=wanted["min"],
            people=FEWEST_PEOPLE,
        ),
        t("It reaches those admins who once wrote to me in private."),
    ]
    if settings.tagging == "off":
        lines.append(t(NOTHING_YET))
    return Reply("\n".join(lines), buttons=((Button(t("off"), data="alert:off"),),))


def duration(seconds: int, t: Texts) -> str:
    """Write a duration in its largest whole unit."""
    if seconds % 86_400 == 0:
        return t.plural("{count} day", "{count} days", seconds // 86_400)
    if seconds % 3600 == 0:
        return t.plural("{count} hour", "{count} hours", seconds // 3600)
    return t.plural("{count} minute", "{count} minutes", seconds // 60)
