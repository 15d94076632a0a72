"""The dead letters as operators see them: what kind, of which chat, why; never what was written."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.dead_letters import DeadLetter, DeadLetters
from bot.faults import kind_of
from bot.inbox import chat_of

MOST = 200
LETTER_ID = re.compile(r"[0-9]{1,16}-[0-9]{1,16}")


@dataclass(frozen=True)
class Letter:
    """An update that could not be answered, without what it holds."""

    id: str
    at: float  # seconds since 1970
    reference: str  # as the person was told, and as the log has it
    reason: str
    kind: str  # message, callback_query, ...
    chat: int


async def list_letters(dead_letters: DeadLetters) -> tuple[Letter, ...]:
    """Return the newest dead letters, the newest first."""
    return tuple(_letter(letter) for letter in await dead_letters.list(MOST))


def _letter(letter: DeadLetter) -> Letter:
    kind = kind_of(letter.update)
    return Letter(letter.id, letter.at, letter.reference, letter.reason, kind, chat_of(letter.update))
