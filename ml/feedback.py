"""What people thought of answers: counts of Right and Wrong by model, version and label, without any text."""

from __future__ import annotations

import json
from typing import Literal

from redis.asyncio import Redis

from ml import keys
from ml.predictor import SHIPPED_NAME

Verdict = Literal["right", "wrong"]
VERDICT_TTL = 86_400  # seconds, as long as a result is kept

# KEYS: the result's verdicts, counts, and the counts of all chats where they count there
# ARGV: person, verdict, other verdict, field of each, TTL, field of each among those of all chats
JUDGE = """
local before = redis.call('HGET', KEYS[1], ARGV[1])
if before == ARGV[2] then return 0 end
if before then redis.call('HINCRBY', KEYS[2], ARGV[5], -1) end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[6])
redis.call('HINCRBY', KEYS[2], ARGV[4], 1)
if KEYS[3] then
  if before then redis.call('HINCRBY', KEYS[3], ARGV[8], -1) end
  redis.call('HINCRBY', KEYS[3], ARGV[7], 1)
end
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
        where = [keys.verdicts(owner, result_id), keys.verdict_counts(owner)]
        if model == SHIPPED_NAME:  # everybody's: their share says how good it is
            where.append(keys.JUDGED)
        of_all = [json.dumps([version, which]) for which in (verdict, other)]
        return bool(await self._judge(keys=where, args=[by, verdict, other, *fields, VERDICT_TTL, *of_all]))

    async def shipped(self) -> dict[str, dict[Verdict, int]]:
        """Return how often the answers of each version of the shipped model were called right and wrong."""
        found: dict[str, dict[Verdict, int]] = {}
        for field, count in (await self._redis.hgetall(keys.JUDGED)).items():
            version, verdict = json.loads(field)
            found.setdefault(version, {"right": 0, "wrong": 0})[verdict] += int(count)
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
        held = await self._redis.hkeys(keys.verdict_counts(owner))
        gone = [field for field in held if json.loads(field)[0] == model]
        if gone:
            await self._redis.hdel(keys.verdict_counts(owner), *gone)


def _field(model: str, version: str, label: str, verdict: Verdict) -> str:
    return json.dumps([model, version, label, verdict], ensure_ascii=False)
