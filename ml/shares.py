"""Models that somebody shares by a link: who has the link may copy what answers, never the examples."""

from __future__ import annotations

import json
import secrets

from redis.asyncio import Redis

from ml import keys

KEPT = 7 * 86_400  # seconds


class Shares:
    """The links of all chats, in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def make(self, owner: str, name: str) -> str:
        """Return the token of a new link, which holds for a week."""
        token = secrets.token_urlsafe(9).replace("-", "A").replace("_", "B")
        await self._redis.set(keys.share(token), json.dumps([owner, name], ensure_ascii=False), ex=KEPT)
        return token

    async def find(self, token: str) -> tuple[str, str] | None:
        """Return whose and which model a link shares, or None where it has ended."""
        held = await self._redis.get(keys.share(token)) if token.isalnum() else None
        if held is None:
            return None
        owner, name = json.loads(held)
        return owner, name
