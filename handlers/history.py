"""A chat's export from Telegram Desktop (result.json): a chart of the past mood; no text of it is kept."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from handlers.context import Context
from handlers.errors import Refusal
from handlers.messages import Chat, Document, Reply
from handlers.mood import TOO_FEW, Asked, draw, mood_picture, mood_sentence
from handlers.texts import N_
from ml.mood import DAY, HOUR, Span
from ml.mood_series import FEWEST_PEOPLE, TONES, Series, series, trend

LONGEST = 2000  # characters of a message that are read
MOST = 100_000  # messages, the latest
MOST_DAYS = 366
AT_ONCE = 1000  # texts that are classified in one go, so that others get their turn
MESSAGES = re.compile(r'"messages"\s*:\s*\[')
NAME = re.compile(r'"name"\s*:\s*(?=")')
NOT_ONE = N_(
    "This is no export of one chat. In Telegram Desktop open the chat, then ⋮ > Export chat history, "
    "Format: machine-readable JSON, without media."
)
NOTHING = N_("This export holds no messages with words.")


@dataclass(frozen=True, slots=True)
class Said:
    """A message of an export: seconds since 1970, who wrote it, and its words."""

    at: int
    who: str
    text: str


def is_export(document: Document) -> bool:
    """Say whether a file may be an export."""
    return document.name.lower().endswith(".json") or document.mime_type == "application/json"


async def show_history(context: Context, document: Document) -> None:
    """Show the mood of an exported chat up to its last message.

    Raises:
        Refusal: It is no export, holds no words, or too few people wrote.
    """
    content = await context.outbox.download(document)
    title, messages = await asyncio.to_thread(read_export, content)
    labels: list[str] = []
    for start in range(0, len(messages), AT_ONCE):
        texts = [said.text for said in messages[start : start + AT_ONCE]]
        labels += [one.label for one in await context.services.predictor.predict_many(texts)]
    days, found = await asyncio.to_thread(_series, messages, labels, context.settings.timezone)
    if not found.total.shown or not found.shown:
        raise Refusal(TOO_FEW, fewest=FEWEST_PEOPLE)
    course, t = trend(found, None), context.t
    asked, chat = Asked(days), Chat(context.message.chat.id, "group", title)
    payload = mood_picture(found, list(TONES), course, None, chat, context.settings, asked, t)
    first, last = found.buckets[0].start, datetime.fromtimestamp(messages[-1].at, UTC)
    payload["subtitle"] = f"{first:%Y-%m-%d} – {last:%Y-%m-%d} · {context.settings.timezone}"
    kept = t("I read the file once and kept none of its texts.")
    words = t.sentences([mood_sentence(found, list(TONES), course, None, days, t), kept])
    await context.reply(Reply(words, photo=await draw(context.services, payload)))


def read_export(content: bytes) -> tuple[str, list[Said]]:
    """Return the title of a chat and the latest messages with words, in order of time.

    The list is read message by message: as one object it would take many times its size.

    Raises:
        Refusal: It is no export of one chat, or holds no words.
    """
    text = content.decode("utf-8-sig", "replace")
    begun = MESSAGES.search(text)
    head = text[: begun.start()] if begun else ""
    if begun is None or '"chats"' in head:
        raise Refusal(NOT_ONE)
    name, title = NAME.search(head), ""
    try:
        if name is not None:
            title = str(json.JSONDecoder().raw_decode(text, name.end())[0])
        said = [one for message in _items(text, begun.end()) if (one := _said(message)) is not None]
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise Refusal(NOT_ONE) from error
    if not said:
        raise Refusal(NOTHING)
    return title, sorted(said, key=lambda one: one.at)[-MOST:]


def _items(text: str, place: int) -> Iterator[Any]:
    """Yield the items of a JSON array whose bracket stands before a place."""
    decoder, gap = json.JSONDecoder(), re.compile(r"[\s,]*")
    while True:
        found = gap.match(text, place)
        place = found.end() if found else place
        if text[place : place + 1] == "]":
            return
        item, place = decoder.raw_decode(text, place)
        yield item


def _said(message: Any) -> Said | None:
    """Read a message; what holds nobody's own words is left out: service, forwards, commands."""
    if not isinstance(message, dict) or message.get("type") != "message":
        return None
    if message.get("forwarded_from") is not None or message.get("via_bot"):
        return None
    parts = message.get("text") or ""
    pieces = parts if isinstance(parts, list) else [parts]
    words = "".join(str(one.get("text", "")) if isinstance(one, dict) else str(one) for one in pieces).strip()
    who = message.get("from_id")
    if not words or words.startswith("/") or not who:
        return None
    at = message.get("date_unixtime")
    moment = int(at) if at else int(datetime.fromisoformat(str(message["date"])).timestamp())
    return Said(moment, str(who), words[:LONGEST]) if 0 < moment < time.time() + DAY else None


def _series(messages: list[Said], labels: list[str], timezone: str) -> tuple[int, Series]:
    """Sum up by hours, and return the days that are looked at with their buckets."""
    last = messages[-1].at
    days = min(MOST_DAYS, (last - messages[0].at) // DAY + 2)  # whole days of the chat's own time hold all
    counts: dict[int, Counter[str]] = {}
    people: dict[int, set[str]] = {}
    for said, label in zip(messages, labels, strict=True):
        hour = said.at // HOUR * HOUR
        counts.setdefault(hour, Counter())[label] += 1
        people.setdefault(hour, set()).add(said.who)
    spans = [Span(hour, HOUR, dict(counts[hour]), frozenset(people[hour])) for hour in sorted(counts)]
    return days, series(spans, days, datetime.fromtimestamp(last + 1, UTC), ZoneInfo(timezone))
