"""Telegram's limits on what a bot sends, where the sandbox is asked to enforce them."""

from __future__ import annotations

import math
from collections import Counter, deque

from bot.sandbox.errors import ApiError

OVERALL = 30  # calls a second
PER_CHAT = 1  # messages a second; Telegram lets a short burst pass
BURST = 2  # messages of a chat that may come at once
PER_GROUP = 20  # messages a minute
PER_CHAT_REACTIONS = 5  # a second
SENDING = ("send", "edit", "copy", "forward")


class Limits:
    """Counts calls and refuses those that are too many; `highest` has the most there were in each window."""

    def __init__(self) -> None:
        self.refused = 0
        self.highest: Counter[str] = Counter()
        self._windows: dict[tuple[str, object], deque[float]] = {}

    def check(self, method: str, chat: object, now: float) -> None:
        """Count a call.

        Raises:
            ApiError: 429, with how long to wait.
        """
        reaction = method == "setMessageReaction"
        if not reaction and (not method.startswith(SENDING) or method == "sendChatAction"):
            return
        windows: list[tuple[str, object, float, int]] = [("overall", None, 1.0, OVERALL)]
        if reaction:
            windows.append(("reactions of a chat", chat, 1.0, PER_CHAT_REACTIONS))
        else:
            windows.append(("messages of a chat", chat, BURST * 0.95 / PER_CHAT, BURST))
            if isinstance(chat, int) and chat < 0:
                windows.append(("messages of a group", chat, 60.0, PER_GROUP))
        for name, place, seconds, most in windows:
            window = self._windows.setdefault((name, place), deque())
            while window and window[0] <= now - seconds:
                window.popleft()
            if len(window) >= most:
                self.refused += 1
                after = max(1, math.ceil(window[0] + seconds - now))
                raise ApiError(429, f"Too Many Requests: retry after {after}", {"retry_after": after})
        for name, place, _, _ in windows:
            window = self._windows[name, place]
            window.append(now)
            self.highest[name] = max(self.highest[name], len(window))
