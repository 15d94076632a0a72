"""What the local Bot API answers when a call cannot be served: a code and Telegram's own sentence."""

from __future__ import annotations

from typing import Any

REASONS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict"}


class ApiError(Exception):
    """A refused call.

    Args:
        code: HTTP status and `error_code`.
        description: Telegram's sentence without the reason before it.
        parameters: `retry_after` or `migrate_to_chat_id`.
    """

    def __init__(self, code: int, description: str, parameters: dict[str, Any] | None = None) -> None:
        reason = REASONS.get(code)
        sentence = f"{reason}: {description}" if reason and description else description or reason or ""
        super().__init__(sentence)
        self.code = code
        self.description = sentence
        self.parameters = parameters

    def envelope(self) -> dict[str, Any]:
        """Return the JSON object of the answer."""
        answer: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            answer["parameters"] = self.parameters
        return answer


def moved(chat_id: int | None) -> ApiError:
    """Return the refusal of a group that became a supergroup."""
    return ApiError(400, "group chat was upgraded to a supergroup chat", {"migrate_to_chat_id": chat_id})


def bad_request(description: str) -> ApiError:
    """Return the commonest refusal: 400."""
    return ApiError(400, description)
