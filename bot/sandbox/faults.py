"""Which faults the next calls meet: what Telegram does on a bad day, on request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.sandbox.errors import ApiError, moved

REFUSALS = {
    "409": (409, "terminated by other getUpdates request; make sure that only one bot instance is running"),
    "401": (401, ""),
    "500": (500, "Internal Server Error"),
    "blocked": (403, "bot was blocked by the user"),
}
Kind = Literal["429", "409", "500", "502", "401", "slow", "cut", "cut_before", "migrated", "blocked", "error"]


@dataclass
class Fault:
    """One fault: which calls meet it and what they see.

    `slow` delays the answer by `delay` seconds, `cut` closes the connection after the call took effect and
    `cut_before` before it did. `error` answers `code` and `description` as they stand.
    """

    kind: Kind
    method: str | None = None  # None: every method
    chat: int | None = None  # None: every chat
    times: int = 1
    retry_after: int = 1  # seconds
    delay: float = 0.0  # seconds
    migrate_to: int | None = None
    code: int = 400
    description: str = ""

    def meets(self, method: str, params: Mapping[str, Any]) -> bool:
        """Whether a call is one of those that meet this fault."""
        if self.method is not None and self.method.lower() != method.lower():
            return False
        return self.chat is None or str(params.get("chat_id", "")) == str(self.chat)

    def error(self) -> ApiError | None:
        """Return the refusal, or None where the call is served all the same."""
        match self.kind:
            case "429":
                after = {"retry_after": self.retry_after}
                return ApiError(429, f"Too Many Requests: retry after {self.retry_after}", after)
            case "migrated":
                return moved(self.migrate_to)
            case "error":
                refused = ApiError(self.code, "")
                refused.description = self.description or refused.description
                return refused
            case kind if kind in REFUSALS:
                return ApiError(*REFUSALS[kind])
        return None


class Faults:
    """The faults that are waiting for their calls."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, fault: Fault) -> None:
        """Let a fault wait for its calls."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Forget every waiting fault."""
        self._waiting.clear()

    def take(self, method: str, params: Mapping[str, Any]) -> Fault | None:
        """Return the fault that this call meets, and count it off."""
        for fault in self._waiting:
            if fault.meets(method, params):
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None
