"""Logs as JSON lines that hold neither a token nor what people wrote."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

TOKEN = re.compile(r"\b\d{1,20}:[A-Za-z0-9_-]{8,}|/bot[^/\s]+/")
QUIET = ("httpx", "httpcore", "telegram", "aiohttp.access", "rq.worker", "asyncio")


def set_up(level: str = "INFO") -> None:
    """Send every logger of this process to standard error, redacted."""
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _without_exception_values,
            _redact,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def about(**ids: object) -> None:
    """Write ids into every line of the log that this task writes from here on; an update begins anew."""
    if "update" in ids:
        structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**ids)


def result_told() -> str:
    """Return the short id of the result that this task told last, empty without one."""
    return str(structlog.contextvars.get_contextvars().get("result", ""))


def traceback_without_values(error: BaseException) -> str:
    """Return where an exception came from without its message, which may quote somebody's text."""
    lines: list[str] = []
    link: BaseException | None = error
    while link is not None:
        lines.append(type(link).__qualname__)
        lines += [
            f"  {frame.filename.rsplit('site-packages/')[-1].rsplit('/', 3)[-1]}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(link.__traceback__)
        ]
        link = link.__cause__ or link.__context__
    return "\n".join(lines)


def _without_exception_values(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    info = event.pop("exc_info", None)
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["traceback"] = traceback_without_values(error)
    return event


def _redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {
        key: TOKEN.sub("[token]", value) if isinstance(value, str) else value for key, value in event.items()
    }
