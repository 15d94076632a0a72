"""How the bot is, and which chats it has: what operators look at, as records."""

from __future__ import annotations

import time
from collections import Counter
from importlib.metadata import version
from typing import Any

from redis.asyncio import Redis

from bot.chat_ids import ChatIds
from bot.dead_letters import DEAD
from bot.figures import Figures
from bot.inbox import STREAMS, written_at
from bot.known import DAY, Known
from bot.maintenance import HELD
from bot.orders import Orders
from bot.sessions import Sessions
from bot.shards import REPLICAS
from handlers.context import ChatSettings
from handlers.operating import ChatFacts, ChatsFacts, Now, Rightness, Status
from ml import keys
from ml.feedback import Feedback
from ml.predictor import SHIPPED_NAME
from ml.trainings import Trainings

LATEST = 20  # chats of a list
JUDGED_MOST = 5  # versions of chats on the screen
WEEK = 7 * DAY


class Overview:
    """Asks Redis; nothing here changes anything."""

    def __init__(
        self,
        redis: Redis,
        *,
        trainings: Trainings,
        feedback: Feedback,
        figures: Figures,
        known: Known,
        orders: Orders,
        sessions: Sessions,
        chat_ids: ChatIds,
    ) -> None:
        self._redis = redis
        self._trainings = trainings
        self._feedback = feedback
        self._figures = figures
        self._known = known
        self._orders = orders
        self._sessions = sessions
        self._chat_ids = chat_ids
        self._started = time.monotonic()

    async def status(self) -> Status:
        """Return how everything is, over all replicas; only the uptime is this process's."""
        return Status(
            now=await self.now(),
            uptime=time.monotonic() - self._started,
            line=await self._trainings.line(),
            hour=await self._figures.last_hour(),
            right=await self._right(),
        )

    async def _right(self) -> tuple[Rightness, ...]:
        """Return the shipped model's versions and those of chats that were judged most often."""
        shipped, chats = await self._feedback.shipped(), await self._feedback.of_chats()
        all_of_us = [
            Rightness(f"{SHIPPED_NAME} {version}", counts["right"], counts["wrong"])
            for version, counts in sorted(shipped.items())
        ]
        theirs = [
            Rightness("/".join(place), counts["right"], counts["wrong"]) for place, counts in chats.items()
        ]
        theirs.sort(key=lambda one: (-one.right - one.wrong, one.version))
        return (*all_of_us, *theirs[:JUDGED_MOST])

    async def now(self) -> Now:
        """Return how everything is at this moment, over all replicas."""
        standing = await self._orders.refresh()
        memory: Any = await self._redis.info("memory")
        waiting, oldest = await self._waiting()
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.time()
            pipe.xlen(DEAD)
            pipe.xlen(HELD)
            pipe.zrange(REPLICAS, 0, -1, withscores=True)
            (seconds, micros), dead, held, replicas = await pipe.execute()
        now = seconds * 1000 + micros / 1000
        return Now(
            version=version("tonefit"),
            replicas=sum(end > now for _, end in replicas),
            waiting=waiting,
            oldest=max(0.0, (now - oldest) / 1000) if oldest is not None else None,
            held=held,
            dead=dead,
            memory=memory["used_memory"],
            most_memory=memory.get("maxmemory", 0),
            blocks=sum(standing.blocked(one, seconds) for one in standing.blocks),
            maintenance=standing.maintenance,
        )

    async def chats(self) -> ChatsFacts:
        """Return how many chats asked something in 90 days, and the latest of them."""
        await self._known.write()
        known, now = await self._known.all(), time.time()
        kinds = Counter("people" if chat > 0 else "groups" for chat, _ in known)
        return ChatsFacts(
            people=kinds["people"],
            groups=kinds["groups"],
            of_the_day=sum(now - seen < 2 * DAY and int(seen // DAY) == int(now // DAY) for _, seen in known),
            of_the_week=sum(now - seen < WEEK for _, seen in known),
            latest=tuple([await self._facts(chat, seen) for chat, seen in known[:LATEST]]),
        )

    async def chat(self, chat: int) -> ChatFacts:
        """Return what is known of a chat, by Telegram's id or that of its records."""
        key = await self.key_of(chat)
        await self._known.write()
        return await self._facts(key, await self._known.seen(key))

    async def key_of(self, chat: int) -> int:
        """Return the id of a chat's records."""
        return await self._chat_ids.internal(chat)

    async def _facts(self, chat: int, seen: float | None) -> ChatFacts:
        settings, standing = await self._sessions.settings(chat), await self._orders.now()
        models, trainings = await owned(self._redis, chat)
        return ChatFacts(
            id=chat,
            kind=chat_kind(chat, settings),
            title=settings.title,
            seen=seen,
            language=settings.language or settings.spoken or "",
            tagging=settings.tagging,
            quiet=settings.quiet,
            learning=settings.learn,
            present=settings.present,
            models=models,
            trainings=trainings,
            block=standing.blocks.get(chat),
        )

    async def _waiting(self) -> tuple[int, float | None]:
        """Return how many updates wait, and when the oldest was written (Unix ms by the clock of Redis)."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for stream in STREAMS:
                pipe.xlen(stream)
                pipe.xrange(stream, count=1)
            answers = await pipe.execute()
        firsts = [written_at(first[0][0].decode()) for first in answers[1::2] if first]
        return sum(answers[::2]), min(firsts, default=None)


async def owned(redis: Redis, chat: int) -> tuple[int, int]:
    """Return how many models a chat has, and how many trainings of the last week."""
    async with redis.pipeline(transaction=False) as pipe:
        pipe.hlen(keys.models(str(chat)))
        pipe.zcard(keys.jobs(str(chat)))
        models, trainings = await pipe.execute()
    return models, trainings


def chat_kind(chat: int, settings: ChatSettings) -> str:
    """Return what kind of chat it is, empty where a group's is not known."""
    return settings.kind or ("private" if chat > 0 else "")
