"""How the parameters and files of a call are read: query, form, JSON and multipart."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

import orjson
from aiohttp import web
from aiohttp.web_request import FileField

from bot.sandbox.errors import ApiError, bad_request


@dataclass(slots=True)
class Upload:
    """A file that came with a call."""

    name: str
    mime_type: str
    content: bytes = field(repr=False)


@dataclass(slots=True)
class Form:
    """What a call brought: values by name (text, or what JSON made of it) and files by name."""

    values: dict[str, Any] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)


async def read_form(request: web.BaseRequest) -> Form:
    """Read a call's parameters; of a name given twice the first counts, as Telegram has it.

    Raises:
        ApiError: The body is no JSON object, or too large.
    """
    form = Form()
    try:
        add_pairs(form.values, request.rel_url.raw_query_string)
        if request.method == "POST" and request.can_read_body:
            await _read_body(request, form)
    except web.HTTPRequestEntityTooLarge:
        raise ApiError(413, "Request Entity Too Large") from None
    except UnicodeDecodeError:
        raise bad_request("strings must be encoded in UTF-8") from None
    except ValueError:
        raise bad_request("can't parse the request body") from None
    return form


async def _read_body(request: web.BaseRequest, form: Form) -> None:
    match request.content_type:
        case "application/json":
            form.values.update(_json_object(await request.read()))
        case "multipart/form-data":
            for name, value in (await request.post()).items():
                if isinstance(value, FileField):
                    form.files[name] = await _upload(value)
                else:
                    form.values.setdefault(name, value if isinstance(value, str) else bytes(value).decode())
        case "application/x-www-form-urlencoded":
            add_pairs(form.values, (await request.read()).decode())


def add_pairs(values: dict[str, Any], source: str) -> None:
    """Add what an urlencoded form holds; a name that is there already keeps its value.

    Raises:
        UnicodeDecodeError: A value is no UTF-8.
    """
    for pair in source.split("&"):
        name, _, value = pair.partition("=")
        if name:
            values.setdefault(unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict"))


def _json_object(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        values = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise bad_request("can't parse request JSON object") from None
    if not isinstance(values, dict):
        raise bad_request("request JSON object expected")
    return {name: value for name, value in values.items() if value is not None}


async def _upload(part: FileField) -> Upload:
    content = await asyncio.to_thread(part.file.read)
    return Upload(part.filename, part.content_type or "application/octet-stream", content)
