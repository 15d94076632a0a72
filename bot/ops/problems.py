"""What is said over HTTP when something cannot be done: `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import web
from redis.exceptions import RedisError

from bot.logs import traceback_without_values
from handlers.errors import new_reference

log = logging.getLogger(__name__)

PROBLEM = "application/problem+json"
PATIENCE = 60.0  # seconds for a whole answer
KEPT_HEADERS = ("Allow", "Location", "Retry-After", "WWW-Authenticate")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Problem(Exception):
    """A request that is not served, with a sentence that says why."""

    def __init__(
        self, status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return JSON that nobody keeps."""
    return web.Response(
        body=orjson.dumps(body),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def told(problem: Problem) -> web.Response:
    """Return a problem as RFC 9457 has it."""
    title = HTTPStatus(problem.status).phrase
    body = {"title": title, "status": problem.status, "detail": problem.detail, **problem.more}
    return web.Response(
        body=orjson.dumps(body),
        status=problem.status,
        content_type=PROBLEM,
        headers={"Cache-Control": "no-store", **problem.headers},
    )


@web.middleware
async def as_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer whatever goes wrong as a problem, and in time; what was asked reaches no log."""
    endless = request.match_info.route.name == "events"
    try:
        async with asyncio.timeout(None if endless else PATIENCE):
            return await handler(request)
    except Problem as problem:
        return told(problem)
    except web.HTTPException as refusal:
        if refusal.status < 400:
            raise
        kept = {name: refusal.headers[name] for name in KEPT_HEADERS if name in refusal.headers}
        return told(Problem(refusal.status, refusal.reason, kept))
    except RedisError:
        return told(Problem(503, "Redis does not answer.", {"Retry-After": "5"}))
    except TimeoutError:
        return told(Problem(503, "This takes too long now.", {"Retry-After": "5"}))
    except Exception as error:
        reference = new_reference()
        log.error(
            "fault %s at %s\n%s", reference, request.match_info.route.name, traceback_without_values(error)
        )
        return told(Problem(500, f"Something broke on my side (ref {reference}).", reference=reference))
