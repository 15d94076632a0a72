"""What the page's views ask for, below `/ops/api/`: read from the query, answered by a file each.

| call | what it answers |
|---|---|
| GET chats `?id=` | a `ChatList`, of ids that begin so |
| GET models, model `?owner=&name=` | `ModelSummary` of each, a `ModelCard` |
| GET letters, POST letters/replay `{"id"}` | the dead letters; one back into the inbox |
| GET mood `?chat=&days=&lang=` | a `ChatMood` |
| POST fit `{"text", "theme", "lang"}` | a `Played`, or 409 with the sentence of the chat |
"""

from __future__ import annotations

import dataclasses
import logging
from typing import Any

from aiohttp import web
from redis.asyncio import Redis

from bot.dead_letters import DeadLetters
from bot.ops.chats import list_chats
from bot.ops.guard import VISITOR, Guard, read_json
from bot.ops.letters import LETTER_ID, list_letters
from bot.ops.models import NoSuchModel, list_models, model_card
from bot.ops.moods import DAYS, chat_mood
from bot.ops.playground import play
from bot.ops.problems import Problem, answer
from handlers.context import Services
from handlers.errors import Refusal
from handlers.op import REPLAYED
from handlers.texts import Texts, language_of

log = logging.getLogger(__name__)

TYPED = 1024 * 1024  # bytes of what is typed into the playground
DIGITS = 16  # of a chat's id


class Shown:
    """The views' calls; all of them are an operator's."""

    def __init__(self, redis: Redis, services: Services, dead_letters: DeadLetters) -> None:
        self._redis = redis
        self._services = services
        self._dead_letters = dead_letters

    def routes(self, guard: Guard) -> list[web.RouteDef]:
        """Return every route."""
        return [
            web.get("/ops/api/chats", guard.reads(self.chats)),
            web.get("/ops/api/models", guard.reads(self.models)),
            web.get("/ops/api/model", guard.reads(self.model)),
            web.get("/ops/api/letters", guard.reads(self.letters)),
            web.post("/ops/api/letters/replay", guard.changes(self.replay)),
            web.get("/ops/api/mood", guard.reads(self.mood)),
            web.post("/ops/api/fit", guard.changes(self.fit)),
        ]

    async def chats(self, request: web.Request) -> web.Response:
        """List the chats whose ids begin as asked."""
        wanted = request.query.get("id", "").strip().lstrip("-−")
        if wanted and not (wanted.isdecimal() and len(wanted) <= DIGITS):
            raise Problem(400, "An id has digits alone, with a minus before it for groups and channels.")
        return _said(await list_chats(self._redis, self._services, wanted))

    async def models(self, _: web.Request) -> web.Response:
        """List the models of all chats."""
        return answer([dataclasses.asdict(one) for one in await list_models(self._redis, self._services)])

    async def model(self, request: web.Request) -> web.Response:
        """Show a model's card."""
        owner, name = request.query.get("owner", ""), request.query.get("name", "")
        try:
            return _said(await model_card(self._services, owner, name))
        except (NoSuchModel, ValueError):  # the store has other names for what is none
            raise Problem(404, "There is no such model.") from None

    async def letters(self, _: web.Request) -> web.Response:
        """List the dead letters."""
        return answer([dataclasses.asdict(one) for one in await list_letters(self._dead_letters)])

    async def replay(self, request: web.Request) -> web.Response:
        """Put a dead letter back into the inbox."""
        letter_id = (await read_json(request)).get("id")
        if not isinstance(letter_id, str) or not LETTER_ID.fullmatch(letter_id):
            raise Problem(400, "Send the id of a dead letter.")
        if not await self._dead_letters.replay(letter_id):
            raise Problem(404, "This dead letter is gone.")
        operator = request[VISITOR].operator
        await self._services.operating.audit.note(operator, f"{REPLAYED}{letter_id}")
        log.info("operator %s replayed dead letter %s", operator, letter_id)
        return answer({})

    async def mood(self, request: web.Request) -> web.Response:
        """Show the mood of a chat."""
        chat, days = _integer(request, "chat"), _integer(request, "days")
        if days not in DAYS:
            raise Problem(400, f"days is one of {', '.join(map(str, DAYS))}.")
        return _said(await chat_mood(self._services, chat, days, language_of(request.query.get("lang"))))

    async def fit(self, request: web.Request) -> web.Response:
        """Fit what was typed into the playground."""
        asked = await read_json(request, TYPED)
        text, t = asked.get("text"), Texts(language_of(str(asked.get("lang", ""))))
        if not isinstance(text, str):
            raise Problem(400, "Send a text.")
        try:
            played = await play(self._services, text, "dark" if asked.get("theme") == "dark" else "light", t)
        except Refusal as refusal:
            raise Problem(409, refusal.words(t)) from None
        return _said(played)


def _said(record: Any) -> web.Response:
    return answer(dataclasses.asdict(record))


def _integer(request: web.Request, name: str) -> int:
    given = request.query.get(name, "").replace("−", "-")
    digits = given.removeprefix("-")
    if not (digits.isdecimal() and digits.isascii() and len(digits) <= DIGITS):
        raise Problem(400, f"{name} is a whole number.")
    return int(given)
