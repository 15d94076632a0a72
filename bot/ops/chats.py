"""Which chats the bot serves and how much it does in each: ids and counts, neither names nor texts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from bot.overview import chat_kind, owned
from bot.sessions import settings_key
from handlers.context import Services
from ml import keys
from ml.mood import DAY

MOST = 200  # chats that are shown
MOST_KNOWN = 20_000  # chats that are looked for
LOOKED_BACK = 7  # days of counted messages


@dataclass(frozen=True)
class ChatSummary:
    """A chat by the id of its records, which of a person is the person's."""

    id: int
    kind: str  # private, group, supergroup, channel, or empty where nobody has said
    present: bool
    tagging: str
    learns: bool
    models: int
    trainings: int  # that are remembered, a week
    messages: int  # with a tone, of the last 7 days


@dataclass(frozen=True)
class ChatList:
    """The groups and channels first, then people; `known` counts those that are not shown too."""

    known: int
    chats: tuple[ChatSummary, ...]


async def list_chats(redis: Redis, services: Services, wanted: str = "") -> ChatList:
    """Return the chats that chose something, made a model, or have their messages counted.

    Args:
        wanted: How the id begins, its sign left out; empty for all.
    """
    counted = set(await services.mood.chats())
    known = counted | await _owners(redis, settings_key) | await _owners(redis, keys.models)
    ids = sorted(chat for chat in known if str(abs(chat)).startswith(wanted))
    shown = [await _summary(redis, services, chat, chat in counted) for chat in ids[:MOST]]
    return ChatList(len(ids), tuple(shown))


async def model_owners(redis: Redis) -> list[str]:
    """Return the chats that have models of their own."""
    return [str(chat) for chat in sorted(await _owners(redis, keys.models))]


async def _owners(redis: Redis, key: Callable[[Any], str]) -> set[int]:
    """Return the chats that have a key of this kind."""
    prefix, found = key(""), set()
    async for name in redis.scan_iter(f"{prefix}*", count=1000):
        rest = keys.as_text(name).removeprefix(prefix)
        if rest.removeprefix("-").isdecimal():
            found.add(int(rest))
        if len(found) >= MOST_KNOWN:
            break
    return found


async def _summary(redis: Redis, services: Services, chat: int, counted: bool) -> ChatSummary:
    settings = await services.chat_settings.of(chat)
    models, trainings = await owned(redis, chat)
    return ChatSummary(
        chat,
        chat_kind(chat, settings),
        settings.present,
        settings.tagging,
        settings.learn,
        models,
        trainings,
        await _messages(services, chat) if counted else 0,
    )


async def _messages(services: Services, chat: int) -> int:
    now = int(time.time())
    spans = await services.mood.read(chat, None, now - LOOKED_BACK * DAY, now + DAY)
    return sum(sum(span.counts.values()) for span in spans)
