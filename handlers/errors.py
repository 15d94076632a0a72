"""What goes wrong, in words that a person in a chat can act on."""

from __future__ import annotations

import hashlib
import logging
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handlers.texts import Texts

log = logging.getLogger(__name__)

REFERENCE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that reads like another sign


class Refusal(Exception):
    """A request that cannot be served as it stands, with the sentence that says why and what to do.

    Args:
        sentence: A text of the catalogue, marked with `N_`.
        values: What stands in its `{braces}`.
    """

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.values = values

    def words(self, t: Texts) -> str:
        """Return the sentence in the reader's language."""
        return t(self.sentence, **self.values)


def new_code(length: int) -> str:
    """Return a code that nobody guesses, drawn in one call: the dice of the system are slow."""
    return _letters(secrets.randbelow(len(REFERENCE_ALPHABET) ** length), length)


def code_of(content: str, length: int) -> str:
    """Return a code that is the same for the same content."""
    digest = hashlib.blake2b(content.encode("utf-8", "replace"), digest_size=16).digest()
    return _letters(int.from_bytes(digest), length)


def _letters(number: int, length: int) -> str:
    letters = ""
    for _ in range(length):
        number, place = divmod(number, len(REFERENCE_ALPHABET))
        letters += REFERENCE_ALPHABET[place]
    return letters


def new_reference() -> str:
    """Return a short code that ties a person's report to the entry in the log."""
    return new_code(4)
