"""The files of the operators' page, and what a browser is told it may do with them."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).parent / "static"
WEB_CHAT = STATIC.parents[1] / "sandbox" / "web"  # whose colours and icon the page shares
SHARED = ("theme.css", "dom.js", "icon.svg")
TELEGRAM_SCRIPT = "https://telegram.org/js/telegram-web-app.js"
POLICY = (
    "default-src 'none'; script-src 'self'{script}; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {frames}"
)
BROWSER_POLICY = POLICY.format(script="", frames="'none'") + "; require-trusted-types-for 'script'"
# Telegram's web client shows Mini Apps in a frame, and its script is the one thing that comes from elsewhere.
APP_POLICY = POLICY.format(script=f" {TELEGRAM_SCRIPT}", frames="https://web.telegram.org")
SCRIPT_PLACE = "<!-- the script of Mini Apps -->"
SCRIPT = f'<script async src="{TELEGRAM_SCRIPT}"></script>'
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class Files:
    """Serves the page from memory: its files are few and small."""

    def __init__(self) -> None:
        own = [path for path in STATIC.iterdir() if path.is_file()]
        shared = [WEB_CHAT / name for name in SHARED]
        self._held = {path.name: path.read_bytes() for path in (*own, *shared)}
        self._index = self._held.pop("index.html").decode()

    async def browser(self, _: web.Request) -> web.Response:
        """Serve the page as a browser opens it, with scripts from here alone."""
        return _page(self._index.replace(SCRIPT_PLACE, ""), BROWSER_POLICY)

    async def app(self, _: web.Request) -> web.Response:
        """Serve the page as a Mini App of Telegram."""
        return _page(self._index.replace(SCRIPT_PLACE, SCRIPT), APP_POLICY)

    async def static(self, request: web.Request) -> web.Response:
        """Serve a script, a style or a picture."""
        name = request.match_info["name"]
        content = self._held.get(name)
        if content is None:
            raise web.HTTPNotFound
        kind = mimetypes.types_map.get(Path(name).suffix, "application/octet-stream")
        return web.Response(body=content, content_type=kind, headers=HEADERS)


def _page(text: str, policy: str) -> web.Response:
    headers = {**HEADERS, "Content-Security-Policy": policy}
    return web.Response(text=text, content_type="text/html", headers=headers)
