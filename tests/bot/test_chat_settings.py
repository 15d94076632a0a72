"""What a chat chose, read and changed from outside of it, and kept over its move."""

from __future__ import annotations

from datetime import UTC, datetime

import redis.asyncio

from bot.chat_settings import ChatSettingsStore
from bot.sessions import Sessions
from handlers.messages import Chat, Message, Person

GROUP = -77


def message(chat: Chat) -> Message:
    return Message(1, "text", chat, 1, datetime.now(UTC), Person(7))


async def test_a_change_from_outside_leaves_the_other_fields_and_a_handlers_change_leaves_it(
    redis_client: redis.asyncio.Redis,
) -> None:
    sessions = Sessions(redis_client)
    store = ChatSettingsStore(sessions)
    await store.change(GROUP, tagging="react", tagging_min=0.7)
    in_chat = await sessions.load(message(Chat(GROUP, "group")))
    await store.change(GROUP, digest={"every": "daily", "at": "09:00", "day": 0})
    in_chat.chat.timezone = "Asia/Shanghai"
    await sessions.store(message(Chat(GROUP, "group")), in_chat)
    store.forget(GROUP)
    kept = await store.of(GROUP)
    assert (kept.tagging, kept.tagging_min, kept.timezone) == ("react", 0.7, "Asia/Shanghai")
    assert kept.digest == {"every": "daily", "at": "09:00", "day": 0}


async def test_a_chat_that_became_a_supergroup_keeps_its_settings(redis_client: redis.asyncio.Redis) -> None:
    store = ChatSettingsStore(Sessions(redis_client))
    await store.change(GROUP, tagging="react", models={"4": "spam"})
    moved = Chat(-1_000_000_000_077, "supergroup", internal=GROUP, topic=4)
    loaded = await Sessions(redis_client).load(message(moved))
    assert loaded.chat.tagging == "react"
    assert (loaded.chat.model_in(4), loaded.chat.model_in(None)) == ("spam", None)
