"""Which version of the layout lies in Redis, and how an older one becomes ours."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from redis.asyncio import Redis

from bot.inbox import Inbox
from bot.known import KNOWN
from bot.ruled import UNNOTED
from bot.sessions import SETTINGS
from ml import keys
from ml.keys import as_text
from ml.lease import Lease
from ml.pseudonyms import KEPT

log = logging.getLogger(__name__)

VERSION = 4
SCHEMA = "tonefit:schema"  # string: the version
MIGRATING = "tonefit:schema:migrating"  # string with a TTL: which process migrates
LONGEST = 600.0  # seconds
AT_ONCE = 500

OLD_INBOX = "tonefit:inbox"  # version 1: one stream, and a key for each update that was seen
OLD_SEEN = "tonefit:seen:"
OLD_HEARD = "tonefit:heard:chats"  # version 2: chats that learned from reactions


class NewerSchema(RuntimeError):
    """What lies in Redis was written by a newer Tonefit."""


async def migrate(redis: Redis) -> int:
    """Bring what lies in Redis to our version and return the version that was found.

    Raises:
        NewerSchema: See there.
    """
    async with asyncio.timeout(LONGEST), Lease(redis, MIGRATING) as lease:
        await lease.wait()
        found = await version(redis)
        if found > VERSION:
            raise NewerSchema(
                f"Redis holds layout {found}, this Tonefit knows {VERSION}: install a newer one"
            )
        for number in range(found, VERSION):
            log.info("the layout in Redis goes from version %s to %s", number, number + 1)
            await STEPS[number](redis)
        await redis.set(SCHEMA, VERSION)
        return found


async def version(redis: Redis) -> int:
    """Return the version that lies in Redis; an empty database has ours."""
    held = await redis.get(SCHEMA)
    if held is not None:
        return int(as_text(held))
    return 1 if await redis.exists(OLD_INBOX) else VERSION


async def _shard_the_inbox(redis: Redis) -> None:
    """From 1 to 2: updates move into the stream of their chat's shard, seen ids into bitmaps."""
    inbox = Inbox(redis)
    after = "-"
    while True:
        held: Any = await redis.xrange(OLD_INBOX, min=after, count=AT_ONCE)
        await inbox.put([orjson.loads(fields[b"update"]) for _, fields in held])
        if len(held) < AT_ONCE:
            break
        after = f"({held[-1][0].decode()}"
    await redis.delete(OLD_INBOX)
    async for key in redis.scan_iter(f"{OLD_SEEN}*", count=AT_ONCE):
        update_id = as_text(key).removeprefix(OLD_SEEN)
        if update_id.isdigit():
            await inbox.note_seen(int(update_id))
            await redis.delete(key)


async def _note_chats(redis: Redis) -> None:
    """From 2 to 3: of the chats that counted until now nobody knows who was seen there, for 90 days more."""
    await redis.zunionstore(keys.UNNOTED_CHATS, [keys.MOOD_CHATS, OLD_HEARD])
    await redis.expire(keys.UNNOTED_CHATS, KEPT)
    await redis.delete(OLD_HEARD)


async def _list_chats(redis: Redis) -> None:
    """From 3 to 4: of the groups and channels until now it was not noted who rules them."""
    known: Any = await redis.zunion([KNOWN, keys.MOOD_CHATS])
    found = set(map(int, known))
    async for key in redis.scan_iter(f"{SETTINGS}-*", count=AT_ONCE):
        found.add(int(as_text(key).removeprefix(SETTINGS)))
    groups = [str(chat) for chat in found if chat < 0]
    for start in range(0, len(groups), AT_ONCE):
        await redis.sadd(UNNOTED, *groups[start : start + AT_ONCE])


STEPS: dict[int, Callable[[Redis], Awaitable[None]]] = {1: _shard_the_inbox, 2: _note_chats, 3: _list_chats}
