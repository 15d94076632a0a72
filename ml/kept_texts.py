"""The texts that were answered, for 24 h: `/why` explains them, and Right may make one an example."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from ml import keys, writes
from ml.writes import Write, Writes

KEPT = 86_400  # seconds


@dataclass(frozen=True, slots=True)
class KeptText:
    """A text that somebody asked about; `by` is 0 where nobody is known."""

    text: str
    by: int


class KeptTexts:
    """The texts of all chats, in Redis, by the id of their result; a person's can be listed and taken out."""

    def __init__(self, redis: Redis, write: Writes | None = None) -> None:
        self._redis = redis
        self.write = write or Writes(redis)

    async def keep(self, owner: str, result_id: str, kept: KeptText, message_id: int) -> None:
        """Keep the text of a result for 24 h, findable by the message that answered it."""
        await self.write(*self.kept(owner, result_id, kept, message_id))

    def kept(self, owner: str, result_id: str, kept: KeptText, message_id: int) -> tuple[Write, ...]:
        """Return what keeps a text, to be written together with what else an answer leaves behind."""
        record = json.dumps({"text": kept.text, "by": kept.by}, ensure_ascii=False)
        return (
            writes.keep(keys.kept_text(owner, result_id), record, KEPT),
            writes.keep(keys.answered(owner, message_id), result_id, KEPT),
            writes.enlist(keys.kept_texts(kept.by), json.dumps([owner, result_id]), time.time(), KEPT),
        )

    async def overhear(self, owner: str, result_id: str, kept: KeptText, message_id: int) -> None:
        """Keep a member's message whose tone was shown without anybody asking, while that is wanted."""
        await self.write(
            writes.enlist(keys.overheard_texts(owner), result_id, time.time(), KEPT),
            *self.kept(owner, result_id, kept, message_id),
        )

    async def drop_overheard(self, owner: str) -> None:
        """Take out a chat's texts that nobody asked about: it shows no tones any more."""
        members: Any = await self._redis.zrange(keys.overheard_texts(owner), 0, -1)
        names = [keys.kept_text(owner, keys.as_text(result_id)) for result_id in members]
        await self._redis.unlink(keys.overheard_texts(owner), *names)

    async def find(self, owner: str, result_id: str) -> KeptText | None:
        """Return the text of a result of this chat, or None where it is gone."""
        held = await self._redis.get(keys.kept_text(owner, result_id))
        return KeptText(**json.loads(held)) if held is not None else None

    async def answered_by(self, owner: str, message_id: int) -> str | None:
        """Return the id of the result that a message of ours told."""
        held = await self._redis.get(keys.answered(owner, message_id))
        return keys.as_text(held) if held is not None else None

    async def of(self, person: int) -> list[str]:
        """Return a person's texts that are still kept, the oldest first."""
        members: Any = await self._redis.zrange(keys.kept_texts(person), 0, -1)
        if not members:
            return []
        held = await self._redis.mget([keys.kept_text(*json.loads(member)) for member in members])
        return [json.loads(record)["text"] for record in held if record is not None]

    async def forget(self, person: int, owner: str | None = None) -> int:
        """Take a person's texts out, of all chats or of one, and return how many there were."""
        members: Any = await self._redis.zrange(keys.kept_texts(person), 0, -1)
        places = {member: json.loads(member) for member in members}
        going = {member: place for member, place in places.items() if owner in {None, place[0]}}
        if not going:
            return 0
        await self._redis.zrem(keys.kept_texts(person), *going)
        return int(await self._redis.unlink(*(keys.kept_text(*place) for place in going.values())))
