"""Which requests of the operators' page are let in: a session, and for changes a word that it alone knows."""

from __future__ import annotations

import hmac
from typing import Any

import orjson
from aiohttp import web

from bot.ops.problems import Handler, Problem
from bot.ops.signin import Signins, Visitor

COOKIE = "tonefit_ops"
CSRF_HEADER = "X-CSRF-Token"
BEARER = "Bearer "
SMALL_BODY = 16_384  # bytes
VISITOR: web.RequestKey[Visitor] = web.RequestKey("visitor", Visitor)
NOT_SIGNED_IN = "Open this page by a new link, or as a Mini App of the bot."


class Guard:
    """Asks every request for its session.

    A browser that came by a link shows a cookie that no other site makes it send (SameSite=Strict) and no
    script can read. A Mini App runs in a frame of Telegram's, where there are no such cookies, and shows the
    token itself.
    """

    def __init__(self, signins: Signins) -> None:
        self._signins = signins

    def reads(self, handler: Handler) -> Handler:
        """Return a handler that only operators reach."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            await self.admit(request)
            return await handler(request)

        return guarded

    def changes(self, handler: Handler) -> Handler:
        """Return a handler that only the page itself reaches, for an operator."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            check_origin(request)
            visitor = await self.admit(request)
            shown = request.headers.get(CSRF_HEADER, "")
            if not hmac.compare_digest(shown.encode("utf-8", "replace"), visitor.csrf.encode()):
                raise Problem(403, "This did not come from the operators' page.")
            return await handler(request)

        return guarded

    async def admit(self, request: web.Request) -> Visitor:
        """Return who asks.

        Raises:
            Problem: Nobody who is signed in.
        """
        visitor = await self._signins.visitor(token_of(request))
        if visitor is None:
            raise Problem(401, NOT_SIGNED_IN, {"WWW-Authenticate": "Bearer"})
        request[VISITOR] = visitor
        return visitor


def token_of(request: web.Request) -> str:
    """Return the token of a session, from the header or the cookie."""
    return bearer_of(request) or request.cookies.get(COOKIE, "")


def bearer_of(request: web.Request) -> str:
    """Return what the header shows of a token or key, empty where it shows none."""
    header = request.headers.get("Authorization", "")
    return header.removeprefix(BEARER) if header.startswith(BEARER) else ""


def check_origin(request: web.Request) -> None:
    """Refuse what another site sends through an operator's browser.

    Raises:
        Problem: See above.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise Problem(403, "This did not come from the operators' page.")


async def read_body(request: web.Request, most: int) -> bytes:
    """Return a body that says it is JSON.

    Args:
        most: Bytes.

    Raises:
        Problem: It says something else, or is too long.
    """
    if request.content_type != "application/json":
        raise Problem(415, "Send application/json.")
    if (request.content_length or 0) > most:
        raise Problem(413, f"Send {most} bytes at most.")
    body = await request.read()
    if len(body) > most:
        raise Problem(413, f"Send {most} bytes at most.")
    return body


async def read_json(request: web.Request, most: int = SMALL_BODY) -> dict[str, Any]:
    """Return the JSON object of a body.

    Args:
        most: Bytes.

    Raises:
        Problem: It is something else, or too long.
    """
    body = await read_body(request, most)
    try:
        held = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Problem(400, "The body is no JSON.") from None
    if not isinstance(held, dict):
        raise Problem(400, "The body is no JSON object.")
    return held
