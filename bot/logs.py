"""Logs that hold neither a token nor what people wrote: JSON lines, or words where a person looks on.

Every line says which update, chat and result it is about, where it is about one.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from typing import Any

import structlog

TOKEN = re.compile(r"\b\d{1,20}:[A-Za-z0-9_-]{8,}|/bot[^/\s]+/")
QUIET = ("httpx", "httpcore", "telegram", "aiohttp.access", "rq.worker", "asyncio")
OURS = ("bot", "handlers", "ml")  # what may be told in more detail: libraries would quote people

_about: ContextVar[dict[str, object]] = ContextVar("about", default={})  # noqa: B039 - never changed in place


class ByChat(logging.Filter):
    """Lets a line through from the level on that its chat has, else from the level of all."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self.level = level
        self.levels: dict[int, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a line is written."""
        chat = _about.get().get("chat")
        wanted = self.levels.get(chat, self.level) if isinstance(chat, int) else self.level
        return record.levelno >= wanted


def set_up(level: str = "INFO", *, readable: bool | None = None) -> None:
    """Send every logger of this process to standard error, redacted.

    Args:
        level: The least that is written.
        readable: Whether a person reads it; none: where standard error is a terminal.
    """
    if readable is None:
        readable = sys.stderr.isatty()
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if readable:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            _with_ids,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="%H:%M:%S" if readable else "iso", utc=not readable),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _without_exception_values,
            _redact,
            renderer,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    handler.addFilter(ByChat(root.level))
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def set_levels(levels: Mapping[int, str]) -> None:
    """Write the log of some chats from another level on, by the ids of their records."""
    root = logging.getLogger()
    numbers = {chat: logging.getLevelNamesMapping()[level.upper()] for chat, level in levels.items()}
    for handler in root.handlers:
        for each in handler.filters:
            if isinstance(each, ByChat):
                each.levels = numbers
    for name in OURS:
        logging.getLogger(name).setLevel(min([root.level, *numbers.values()]))


def about(**ids: object) -> None:
    """Write ids into every line of the log that this task writes from here on; an update begins anew."""
    _about.set(ids if "update" in ids else {**_about.get(), **ids})


def result_told() -> str:
    """Return the short id of the result that this task told last, empty without one."""
    return str(_about.get().get("result", ""))


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


def _with_ids(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {**event, **_about.get()}


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
