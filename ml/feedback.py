"""What people thought of answers: counts of Right and Wrong by model, version and label, without any text."""

from __future__ import annotations

import json
from typing import Literal

from redis.asyncio import Redis

from ml import keys
from ml.predictor import SHIPPED_NAME

Verdict = Literal["right", "wrong"]
VERDICT_TTL = 86_400  # seconds, as long as a result is kept

# KEYS: the result's verdicts, the chat's counts, and those that operators see
# ARGV: person, verdict, other verdict, field of each, TTL, field of each among those that operators see
JUDGE = """
local before = redis.call('HGET', KEYS[1], ARGV[1])
if before == ARGV[2] then return 0 end
if before then redis.call('HINCRBY', KEYS[2], ARGV[5], -1) end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[6])
redis.call('HINCRBY', KEYS[2], ARGV[4], 1)
if before then redis.call('HINCRBY', KEYS[3], ARGV[8], -1) end
redis.call('HINCRBY', KEYS[3], ARGV[7], 1)
return 1
"""


class Feedback:
    """The verdicts of all chats, in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._judge = redis.register_script(JUDGE)

    async def judge(
        self, owner: str, result_id: str, model: str, version: str, label: str, verdict: Verdict, by: int
    ) -> bool:
        """Count a person's verdict on an answer once; a change of mind moves it.

        Returns:
            Whether anything changed.
        """
        other: Verdict = "wrong" if verdict == "right" else "right"
        fields = [_field(model, version, label, which) for which in (verdict, other)]
        shipped = model == SHIPPED_NAME  # everybody's, so that all chats count together
        place = [version] if shipped else [owner, model, version]
        where = [keys.verdicts(owner, result_id), keys.verdict_counts(owner)]
        where.append(keys.JUDGED if shipped else keys.JUDGED_MODELS)
        of_all = [json.dumps([*place, which], ensure_ascii=False) for which in (verdict, other)]
        return bool(await self._judge(keys=where, args=[by, verdict, other, *fields, VERDICT_TTL, *of_all]))

    async def shipped(self) -> dict[str, dict[Verdict, int]]:
        """Return how often the answers of each version of the shipped model were called right and wrong."""
        return {version: counts for (version,), counts in (await self._seen(keys.JUDGED)).items()}

    async def of_chats(self) -> dict[tuple[str, ...], dict[Verdict, int]]:
        """Return the same of the versions of chats' models, by chat, name and version."""
        return await self._seen(keys.JUDGED_MODELS)

    async def _seen(self, key: str) -> dict[tuple[str, ...], dict[Verdict, int]]:
        found: dict[tuple[str, ...], dict[Verdict, int]] = {}
        for field, count in (await self._redis.hgetall(key)).items():
            *place, verdict = json.loads(field)
            found.setdefault(tuple(place), {"right": 0, "wrong": 0})[verdict] += int(count)
        return found

    async def counts(self, owner: str, model: str, version: str) -> dict[Verdict, int]:
        """Return how often the answers of a version were called right and wrong in a chat."""
        counts: dict[Verdict, int] = {"right": 0, "wrong": 0}
        for field, count in (await self._redis.hgetall(keys.verdict_counts(owner))).items():
            name, judged, _, verdict = json.loads(field)
            if (name, judged) == (model, version):
                counts[verdict] += int(count)
        return counts

    async def delete(self, owner: str, model: str) -> None:
        """Forget the counts of a model that is deleted."""
        for key, place in ((keys.verdict_counts(owner), [model]), (keys.JUDGED_MODELS, [owner, model])):
            held = await self._redis.hkeys(key)
            gone = [field for field in held if json.loads(field)[: len(place)] == place]
            if gone:
                await self._redis.hdel(key, *gone)


def _field(model: str, version: str, label: str, verdict: Verdict) -> str:
    return json.dumps([model, version, label, verdict], ensure_ascii=False)
