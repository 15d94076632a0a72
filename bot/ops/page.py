"""The operators' page over HTTP: `/ops/`, its way in, and what it asks for below `/ops/api/`.

| call | what it answers |
|---|---|
| POST signin `{"code"}` or `{"init_data"}` | a session: a cookie, for a Mini App its token |
| GET session | `{"operator", "csrf"}` |
| POST signout | nothing; the session is over |
| GET events | the stream of `bot.ops.events`, each `state` a `Live` |

What the other views ask for is in `bot.ops.shown`.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Collection

import orjson
from aiohttp import web
from redis.asyncio import Redis

from bot.dead_letters import DeadLetters
from bot.ops.events import Events
from bot.ops.files import Files
from bot.ops.guard import COOKIE, VISITOR, Guard, check_origin, read_json, token_of
from bot.ops.live import live
from bot.ops.problems import Problem, answer
from bot.ops.shown import Shown
from bot.ops.signin import SESSION_TTL, SigninRefused, Signins, operator_of
from handlers.context import Services

log = logging.getLogger(__name__)

REFUSED = {
    "forged": "Telegram did not sign this for this bot.",
    "old": "Telegram signed this too long ago: close the app and open it again.",
    "stranger": "You are not among the operators of this bot.",
    "used": "This link was used already, or is older than ten minutes: make a new one by `tonefit ops-link`.",
}


class Page:
    """The page's calls.

    Args:
        token: The bot's, by which Telegram signs what a Mini App says of its person.
        operators: Telegram ids.
    """

    def __init__(self, redis: Redis, services: Services, token: str, operators: Collection[int]) -> None:
        self._services = services
        self._shown = Shown(redis, services, DeadLetters(redis))
        self._token = token
        self._operators = operators
        self._signins = Signins(redis, operators)
        self._guard = Guard(self._signins)
        self.events = Events(self._guard, self._state)

    def routes(self, files: Files) -> list[web.RouteDef]:
        """Return every route of the page."""
        reads, changes = self._guard.reads, self._guard.changes
        return [
            web.get("/ops", _to_page),
            web.get("/ops/", files.browser),
            web.get("/ops/app", files.app),
            web.get("/ops/static/{name}", files.static),
            web.post("/ops/api/signin", self.sign_in),
            web.post("/ops/api/signout", changes(self.sign_out)),
            web.get("/ops/api/session", reads(self.session)),
            *self._shown.routes(self._guard),
            web.get("/ops/api/events", self.events.stream, name="events"),
        ]

    async def sign_in(self, request: web.Request) -> web.Response:
        """Let an operator in, by a link's code or by what Telegram signed."""
        check_origin(request)
        asked = await read_json(request)
        code, init_data = asked.get("code"), asked.get("init_data")
        try:
            if isinstance(code, str):
                token = await self._signins.use_link(code)
                log.info("a link opened the operators' page")
                return _with_cookie(request, token)
            if isinstance(init_data, str):
                operator = operator_of(init_data, self._token, self._operators, time.time())
                log.info("operator %s opened the operators' page", operator)
                return answer({"token": await self._signins.open(operator)})
        except SigninRefused as refused:
            log.warning("nobody was let in to the operators' page (%s)", refused.reason)
            raise Problem(403, REFUSED[refused.reason], reason=refused.reason) from None
        raise Problem(400, "Send a code or init_data.")

    async def sign_out(self, request: web.Request) -> web.Response:
        """End the session."""
        await self._signins.close(token_of(request))
        response = answer({})
        response.del_cookie(COOKIE, path="/ops")
        return response

    async def session(self, request: web.Request) -> web.Response:
        """Say who has the page open, and what changes must be sent with."""
        visitor = request[VISITOR]
        return answer({"operator": visitor.operator, "csrf": visitor.csrf})

    async def _state(self) -> bytes:
        state = await live(self._services.operating.overview, self._services.jobs)
        return orjson.dumps(dataclasses.asdict(state))


async def _to_page(_: web.Request) -> web.StreamResponse:
    raise web.HTTPPermanentRedirect("/ops/")


def _with_cookie(request: web.Request, token: str) -> web.Response:
    """Answer with a session that only this site's own pages send, and no script reads."""
    response = answer({})
    response.set_cookie(
        COOKIE,
        token,
        max_age=SESSION_TTL,
        path="/ops",
        httponly=True,
        samesite="Strict",
        secure=scheme_of(request) == "https",
    )
    return response


def scheme_of(request: web.Request) -> str:
    """Return what the browser itself speaks; a proxy that ends TLS says so, of several the first.

    Who says so without one only keeps the cookie from plain HTTP.
    """
    return request.headers.get("X-Forwarded-Proto", request.scheme).partition(",")[0].strip().lower()
