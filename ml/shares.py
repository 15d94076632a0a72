"""Models that somebody shares by a link: who has the link may copy what answers, never the examples."""

from __future__ import annotations

import json
import secrets
from dataclasses import astuple, dataclass

from redis.asyncio import Redis

from ml import keys

KEPT = 7 * 86_400  # seconds


@dataclass(frozen=True, slots=True)
class Share:
    """Whose and which model is shared; `created` tells it from one that has its name later."""

    owner: str
    name: str
    created: str = ""  # as the registry has it; a link without it has ended


class Shares:
    """The links of all chats, in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def make(self, share: Share) -> str:
        """Return the token of a new link, which holds for a week."""
        token = secrets.token_urlsafe(9).replace("-", "A").replace("_", "B")
        await self._redis.set(keys.share(token), json.dumps(astuple(share), ensure_ascii=False), ex=KEPT)
        return token

    async def find(self, token: str) -> Share | None:
        """Return what a link shares, or None where it has ended."""
        held = await self._redis.get(keys.share(token)) if token.isalnum() else None
        if held is None:
            return None
        return Share(*json.loads(held))
