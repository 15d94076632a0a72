"""Which parts of a text Telegram marks by itself: commands, mentions, hashtags, links, addresses."""

from __future__ import annotations

import re
from typing import Any

MAX_UNITS = 4096  # of a message's text
PATTERN = re.compile(
    r"(?P<url>https?://[^\s<>\"']+[^\s<>\"'.,:;!?)\]])"
    r"|(?P<email>(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<bot_command>(?<![\w/<>@])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>@]))"
    r"|(?P<mention>(?<![\w@/])@[A-Za-z][A-Za-z0-9_]{2,31}(?!\w))"
    r"|(?P<hashtag>(?<![\w#])#\w*[^\W\d]\w{0,255})"
)
TRIGGERS = re.compile(r"[/@#:]")
CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(0x2028, 0x202F)], " ")


def units(text: str) -> int:
    """Return a length as Telegram counts it: in UTF-16 code units.

    >>> units("a😁")
    3
    """
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def clean(text: str) -> str:
    """Return a text without what Telegram takes out: carriage returns, control characters."""
    if text.isprintable():
        return text
    return text.replace("\r", "").translate(CONTROL)


def detect(text: str) -> list[dict[str, Any]]:
    """Return the entities that Telegram finds in a plain text.

    >>> detect("/fit@tonefit_bot 1,2")
    [{'offset': 0, 'length': 16, 'type': 'bot_command'}]
    """
    if not TRIGGERS.search(text):
        return []
    found = []
    for match in PATTERN.finditer(text):
        offset = units(text[: match.start()])
        found.append({"offset": offset, "length": units(match.group()), "type": match.lastgroup})
    return found


def with_detected(text: str, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the given entities and those that are found outside of them, in order."""
    if not given:
        return detect(text)
    taken = [(entity["offset"], entity["offset"] + entity["length"]) for entity in given]
    free = [
        entity
        for entity in detect(text)
        if all(
            entity["offset"] + entity["length"] <= start or entity["offset"] >= end for start, end in taken
        )
    ]
    return sorted([*given, *free], key=lambda entity: (entity["offset"], -entity["length"]))


def trim(text: str, entities: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """Return a text without the blanks around it, and its entities moved along."""
    trimmed = text.strip()
    if trimmed == text or not entities:
        return trimmed, entities
    lead = units(text[: len(text) - len(text.lstrip())])
    end = units(trimmed)
    moved = []
    for entity in entities:
        start = max(0, entity["offset"] - lead)
        stop = min(end, entity["offset"] + entity["length"] - lead)
        if stop > start:
            moved.append({**entity, "offset": start, "length": stop - start})
    return trimmed, moved


def slice_units(text: str, offset: int, length: int) -> str:
    """Return the part of a text that an entity covers."""
    raw = text.encode("utf-16-le")
    return raw[2 * offset : 2 * (offset + length)].decode("utf-16-le", "replace")
