"""`/mood`: how the tone of a chat was, as a picture and one honest sentence."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from handlers.context import ChatSettings, Context, Services
from handlers.errors import Refusal
from handlers.grammar import normalise, read_arguments, read_duration
from handlers.label_words import label_name
from handlers.messages import Button, Chat, Reply
from handlers.posts import looked_back, posts_card
from handlers.shares import measured
from handlers.tagging import ONLY_GROUPS
from handlers.texts import N_, Texts
from ml.mood import DAY, labels_of
from ml.mood_series import FEWEST_PEOPLE, TONES, Series, Trend, series, trend
from ml.plots import PlotError

log = logging.getLogger(__name__)

SPANS = {"24h": 1, "7d": 7, "30d": 30}
LONGEST = 90  # days
Theme = Literal["light", "dark"]
NOT_COUNTED = N_("Nothing is counted here. An admin switches that on with /tagging digest or /tagging react.")
TOO_FEW = N_(
    "Fewer than {fewest} people wrote in this time, so there is nothing I could show without pointing at one."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which time and place are meant."""

    days: int = 7
    everywhere: bool | None = None  # none: this topic where one is, else the whole chat
    theme: Theme = "light"


async def mood(context: Context) -> None:
    """Show the mood of this chat or topic."""
    if context.private:
        raise Refusal(ONLY_GROUPS)
    asked = read_mood(context.args)
    await context.reply(
        await mood_reply(context.services, context.message.chat, context.settings, asked, context.t)
    )


async def press(context: Context) -> None:
    """Show another time or place in the same message."""
    days, _, rest = context.args.partition(":")
    place, _, theme = rest.partition(":")
    asked = Asked(read_days(f"{days}d"), place == "all", "dark" if theme == "dark" else "light")
    await context.edit(
        await mood_reply(context.services, context.message.chat, context.settings, asked, context.t)
    )


def read_mood(args: str) -> Asked:
    """Read the time, `topic=` and `theme=`.

    >>> read_mood("30d topic=all")
    Asked(days=30, everywhere=True, theme='light')

    Raises:
        Refusal: A word or value that means none of it.
    """
    given = read_arguments(normalise(args), {"topic", "theme"})
    days, topic, theme = 7, given.options.get("topic", "").lower(), given.options.get("theme", "").lower()
    if given.words:
        days = SPANS.get(given.words[0].lower()) or read_days(given.words[0])
    if len(given.words) > 1 or topic not in {"", "here", "all", "全部", "这里"}:
        raise Refusal(N_("Write /mood with 24h, 7d or 30d, and topic=here or topic=all."))
    return Asked(days, topic in {"all", "全部"} if topic else None, "dark" if theme == "dark" else "light")


def read_days(word: str) -> int:
    """Read a duration as whole days.

    Raises:
        Refusal: It is none, or longer than what is kept.
    """
    seconds = read_duration(word)
    if seconds is None or not DAY <= seconds <= LONGEST * DAY:
        raise Refusal(
            N_("“{word}” is no time I can look back: write 24h, 7d or 30d, up to {limit} days."),
            word=word[:12],
            limit=LONGEST,
        )
    return round(seconds / DAY)


async def mood_reply(services: Services, chat: Chat, settings: ChatSettings, asked: Asked, t: Texts) -> Reply:
    """Gather and draw what is shown of a chat's mood.

    Raises:
        Refusal: Nothing is counted, or too few people wrote.
    """
    if chat.type == "channel":
        since = int(time.time()) - asked.days * DAY
        return posts_card(await services.posts.since(chat.key, since), chat, asked.days, t)
    topic = None if asked.everywhere or (asked.everywhere is None and chat.topic is None) else chat.topic or 0
    found, labels = await chat_series(services, chat.key, topic, asked.days, settings)
    if not found.total.messages:
        raise Refusal(
            NOT_COUNTED if settings.tagging == "off" else N_("No message was counted in this time.")
        )
    if not found.total.shown or not found.shown:
        raise Refusal(TOO_FEW, fewest=FEWEST_PEOPLE)
    label = None if set(labels) <= set(TONES) else labels[0]
    course = trend(found, label)
    photo = await draw(services, mood_picture(found, labels, course, label, chat, settings, asked, t))
    buttons = mood_buttons(asked, chat, t)
    return Reply(mood_sentence(found, labels, course, label, asked.days, t), buttons=buttons, photo=photo)


async def chat_series(
    services: Services, chat: int, topic: int | None, days: int, settings: ChatSettings
) -> tuple[Series, list[str]]:
    """Return a chat's buckets up to now, and the labels in them, tones in their own order."""
    now = datetime.now(UTC)
    since, until = int(now.timestamp()) - (days + 8) * DAY, int(now.timestamp()) + DAY
    spans = await services.mood.read(chat, topic, since, until)
    found = series(spans, days, now, ZoneInfo(settings.timezone))
    counted = found.total.counts
    labels = [label for label in labels_of(spans) if label in counted]
    if set(labels) <= set(TONES):
        return found, list(TONES)
    return found, labels[:6]


async def draw(services: Services, payload: dict[str, Any]) -> bytes | None:
    """Draw a mood; where that fails the words go without it."""
    try:
        return await services.plotter.draw("mood", payload)
    except PlotError as error:
        log.warning("no picture: %s", error)
        return None


def mood_picture(
    found: Series,
    labels: list[str],
    course: Trend | None,
    label: str | None,
    chat: Chat,
    settings: ChatSettings,
    asked: Asked,
    t: Texts,
) -> dict[str, Any]:
    """Build the payload of the picture: shares, the mood with its trend, the volume."""
    zero = found.buckets[0].start
    at = [bucket.days_since(zero) for bucket in found.buckets]
    payload: dict[str, Any] = {
        "theme": asked.theme,
        "title": t("Mood of {chat}", chat=chat.title or t("this chat")),
        "subtitle": _subtitle(found, settings, asked, t),
        "origin": zero.replace(tzinfo=None).isoformat(),
        "at": at,
        "width": found.buckets[0].hours / 24,
        "shown": [bucket.shown and bucket.messages > 0 for bucket in found.buckets],
        "names": [label_name(one, t) for one in labels],
        "tones": labels,
        "shares": [[bucket.share(one) for bucket in found.buckets] for one in labels],
        "volume": [bucket.messages for bucket in found.buckets],
        "hidden": t("fewer than {fewest} people", fewest=FEWEST_PEOPLE),
        "words": {
            "shares": t("share of messages"),
            "mood": t("mood, points") if label is None else f"{label}, %",
            "volume": t("messages"),
        },
        "mood": [bucket.mood if label is None else 100 * bucket.share(label) for bucket in found.buckets],
    }
    if course is not None:
        shown = found.shown
        band = course.fit.predict([bucket.days_since(shown[0].start) for bucket in shown])
        payload["trend"] = {
            "x": [bucket.days_since(zero) for bucket in shown],
            "mean": band.mean.tolist(),
            "low": band.mean_low.tolist(),
            "high": band.mean_high.tolist(),
        }
    return payload


def _subtitle(found: Series, settings: ChatSettings, asked: Asked, t: Texts) -> str:
    messages = t.plural("{count} message", "{count} messages", found.total.messages)
    people = t.plural("{count} person", "{count} people", found.total.people)
    return " · ".join([looked_back(asked.days, t), messages, people, settings.timezone])


def mood_sentence(
    found: Series, labels: list[str], course: Trend | None, label: str | None, days: int, t: Texts
) -> str:
    """Say in words what the picture shows, and no more than the numbers bear."""
    total = found.total
    shares = t.listed(
        f"{label_name(one, t)} {measured(total.share(one))} %"
        for one in sorted(labels, key=lambda one: -total.share(one))
    )
    parts = [
        t(
            "{messages} of {people}: {shares}.",
            messages=t.plural("{count} message", "{count} messages", total.messages),
            people=t.plural("{count} person", "{count} people", total.people),
            shares=shares,
        ),
        trend_sentence(course, label, t, hours=days == 1),
    ]
    if found.hidden:
        parts.append(
            t.plural(
                "{count} stretch of time is not shown: fewer than {fewest} people wrote in it.",
                "{count} stretches of time are not shown: fewer than {fewest} people wrote in them.",
                found.hidden,
                fewest=FEWEST_PEOPLE,
            )
        )
    return t.sentences(parts)


def trend_sentence(course: Trend | None, label: str | None, t: Texts, *, hours: bool = False) -> str:
    """Say where the mood goes, with its interval; or that this cannot be said."""
    if course is None:
        return t("That is too little to speak of a trend.")
    scale = 1 / 24 if hours else 1
    values = {
        "points": f"{abs(course.slope) * scale:.1f}",
        "low": f"{course.low * scale:+.1f}".replace("-", "−"),
        "high": f"{course.high * scale:+.1f}".replace("-", "−"),
        "unit": t("an hour") if hours else t("a day"),
        "what": t("The mood") if label is None else t("The share of “{label}”", label=label),
    }
    if course.course == "rising":
        return t("{what} rose by {points} points {unit} (95 %: {low} to {high}).", **values)
    if course.course == "falling":
        return t("{what} fell by {points} points {unit} (95 %: {low} to {high}).", **values)
    return t("No clear trend: {low} to {high} points {unit} (95 %).", **values)


def mood_buttons(asked: Asked, chat: Chat, t: Texts) -> tuple[tuple[Button, ...], ...]:
    """Offer the other times, and in a topic the other place."""
    everywhere = asked.everywhere if asked.everywhere is not None else chat.topic is None
    place, theme = ("all" if everywhere else "here"), asked.theme
    times = tuple(
        Button(word, data=f"mood:{days}:{place}:{theme}")
        for word, days in SPANS.items()
        if days != asked.days
    )
    if chat.topic is None:
        return (times,)
    other = "here" if everywhere else "all"
    words = t("this topic") if everywhere else t("all topics")
    return (times, (Button(words, data=f"mood:{asked.days}:{other}:{theme}"),))
