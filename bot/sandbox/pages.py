"""Who may ask this server at all, and the files of the web chat."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from bot.sandbox.api import refusal
from bot.sandbox.errors import ApiError

WEB = Path(__file__).parent / "web"
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
CONTENT_POLICY = "default-src 'self'; img-src 'self' data: blob:; frame-ancestors 'none'; base-uri 'none'"


@web.middleware
async def guard(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Serve only who names this machine: a web page elsewhere must not reach the chats through a browser."""
    if not at_home(request):
        return refusal(ApiError(403, "the sandbox serves its own machine only"))
    return await handler(request)


def at_home(request: web.Request) -> bool:
    """Whether a call names this machine, and comes from no page of another one.

    Only the web chat itself may be opened by a link from elsewhere.
    """
    host = request.host if request.host.endswith("]") else request.host.rsplit(":", 1)[0]
    if host.lower() not in LOOPBACK_NAMES:
        return False
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"http://{request.host}":
        return False
    return request.path == "/" or request.headers.get("Sec-Fetch-Site") not in ("cross-site", "same-site")


async def healthz(_: web.Request) -> web.Response:
    """Say that the server runs."""
    return web.json_response({"ok": True})


async def page(_: web.Request) -> web.StreamResponse:
    """Serve the web chat."""
    return served("index.html")


async def static(request: web.Request) -> web.StreamResponse:
    """Serve a file of the web chat."""
    return served(request.match_info["name"])


def served(name: str) -> web.StreamResponse:
    """Return a file below `web/`, and nothing above it."""
    path = (WEB / name).resolve()
    if not path.is_relative_to(WEB.resolve()) or not path.is_file():
        return web.Response(status=404, text="Not found")
    headers = {
        "Content-Security-Policy": CONTENT_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
    return web.FileResponse(path, headers=headers)
