"""How a call of the bot is taken, checked, served and answered: `/bot<token>/<method>`."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, deque

import orjson
from aiohttp import web

from bot.sandbox import (
    methods_chats,
    methods_edits,
    methods_media,
    methods_messages,
    methods_profile,
    methods_queries,
    methods_updates,
)
from bot.sandbox.backend import Backend, Call, Method
from bot.sandbox.errors import ApiError, bad_request
from bot.sandbox.faults import Fault, Faults
from bot.sandbox.files import DOWNLOAD_LIMIT
from bot.sandbox.form import read_form
from bot.sandbox.limits import Limits
from bot.sandbox.parameters import SCHEMAS, Schema

log = logging.getLogger(__name__)

MODULES = (
    methods_messages,
    methods_media,
    methods_edits,
    methods_chats,
    methods_profile,
    methods_queries,
    methods_updates,
)
METHODS: dict[str, Method] = {name: method for module in MODULES for name, method in module.METHODS.items()}
CALLS_KEPT = 10_000
UPLOADS_KEPT = 50  # of these calls: the newest that hold files
BAD_GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"


class Api:
    """The bot's side of the sandbox."""

    def __init__(self, backend: Backend, limits: Limits | None = None) -> None:
        self.backend = backend
        self.limits = limits
        self.faults = Faults()
        self.calls: deque[Call] = deque(maxlen=CALLS_KEPT)
        self.counts: Counter[str] = Counter()  # calls by method
        self._with_files: deque[Call] = deque()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one call; names of methods are read in any case, as Telegram does."""
        schema = SCHEMAS.get(request.match_info["method"].lower())
        if schema is None:
            return refusal(ApiError(404, "method not found"))
        try:
            form = await read_form(request)
        except ApiError as error:
            return refusal(error)
        call = Call(schema.name, form.values, time.time(), form.files)
        self._record(call)
        try:
            if self.faults and (fault := self.faults.take(schema.name, form.values)):
                return await self._serve_badly(request, fault, schema, call)
            return answer(await self._serve(schema, call))
        except ApiError as error:
            call.error = error.description
            return refusal(error)
        except Exception:
            log.exception("the sandbox failed in %s", schema.name)
            return refusal(ApiError(500, "Internal Server Error"))

    def _record(self, call: Call) -> None:
        self.calls.append(call)
        self.counts[call.method] += 1
        if call.files:
            self._with_files.append(call)
            if len(self._with_files) > UPLOADS_KEPT:
                self._with_files.popleft().files.clear()

    async def _serve(self, schema: Schema, call: Call) -> bytes:
        call.params = schema.read(call.params, call.files)
        if self.limits is not None:
            self.limits.check(schema.name, call.params.get("chat_id"), call.time)
        result = await METHODS[schema.name](self.backend, call)
        return orjson.dumps({"ok": True, "result": result})

    async def _serve_badly(
        self, request: web.Request, fault: Fault, schema: Schema, call: Call
    ) -> web.StreamResponse:
        """Serve a call that meets a fault."""
        error = fault.error()
        if error is not None:
            raise error
        call.error = fault.kind
        match fault.kind:
            case "502":
                return web.Response(body=BAD_GATEWAY, status=502, content_type="text/html")
            case "cut_before":
                return cut(request)
            case "slow":
                await asyncio.sleep(fault.delay)
        body = await self._serve(schema, call)
        return cut(request) if fault.kind == "cut" else answer(body)

    async def serve_file(self, request: web.Request) -> web.StreamResponse:
        """Serve a file of the chats, as `/file/bot<token>/<path>`; its faults go by the method `file`."""
        fault = self.faults.take("file", {}) if self.faults else None
        if fault is not None:
            error = fault.error()
            if error is not None:
                return refusal(error)
            if fault.kind != "slow":
                return cut(request)
            await asyncio.sleep(fault.delay)
        return await self._file(request.match_info["path"])

    async def _file(self, path: str) -> web.Response:
        stored = self.backend.files.by_path.get(path)
        if stored is not None and stored.size > DOWNLOAD_LIMIT:
            return refusal(bad_request("file is too big"))
        content = await self.backend.files.content(stored) if stored else None
        if content is None:
            return refusal(ApiError(404, ""))
        return web.Response(body=content, content_type="application/octet-stream")


def answer(body: bytes) -> web.Response:
    """Return a served call's answer."""
    return web.Response(body=body, content_type="application/json")


def refusal(error: ApiError) -> web.Response:
    """Return a refused call's answer."""
    return web.Response(
        body=orjson.dumps(error.envelope()), status=error.code, content_type="application/json"
    )


def cut(request: web.Request) -> web.Response:
    """Close the connection with no answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
