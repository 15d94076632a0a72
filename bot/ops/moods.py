"""The mood of a chat as the page draws it: shares in stretches of time; of too few people none is shown."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.context import Services
from handlers.mood import chat_series, mood_sentence
from handlers.texts import Texts
from ml.mood_series import FEWEST_PEOPLE, TONES, Bucket, trend

DAYS = (1, 7, 30, 90)


@dataclass(frozen=True)
class Stretch:
    """A stretch of time; `shares` run as the labels of the mood, empty where fewer than 5 people wrote."""

    start: str  # ISO 8601
    hours: int
    messages: int
    shares: tuple[float, ...]


@dataclass(frozen=True)
class ChatMood:
    """A chat's mood; `words` are the bot's own, empty where too few people wrote in all of the time."""

    chat: int
    days: int
    labels: tuple[str, ...]
    messages: int
    words: str
    fewest: int
    stretches: tuple[Stretch, ...]


async def chat_mood(services: Services, chat: int, days: int, language: str) -> ChatMood:
    """Return a chat's mood of the last days, as `/mood` has it."""
    settings = await services.chat_settings.of(chat)
    found, labels = await chat_series(services, chat, None, days, settings)
    label = None if set(labels) <= set(TONES) else labels[0]
    told = found.total.shown and bool(found.shown)
    t = Texts(language)
    words = mood_sentence(found, labels, trend(found, label), label, days, t) if told else ""
    stretches = tuple(_stretch(bucket, labels) for bucket in found.buckets)
    return ChatMood(chat, days, tuple(labels), found.total.messages, words, FEWEST_PEOPLE, stretches)


def _stretch(bucket: Bucket, labels: list[str]) -> Stretch:
    shares = tuple(bucket.share(label) for label in labels) if bucket.shown and bucket.messages else ()
    return Stretch(bucket.start.isoformat(), bucket.hours, bucket.messages, shares)
