"""Which taught example is most like a text: by the words and the pairs of signs that both have."""

from __future__ import annotations

import asyncio
import zlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.examples import Examples, Taught
from ml.text import normalise

ALIKE = 0.1  # cosine below which two texts have nothing in common
COMPARED = 5000  # examples of a model among which is looked
KEPT = 16  # models of which an index stays in memory, up to 5 MB each
WORD = np.uint64(1 << 63)  # what tells the number of a word from that of a pair


class Index:
    """Texts as numbers; a text's words and pairs weigh the more, the fewer other texts have them.

    It holds no text. Building it takes some 60 microseconds a text, a question one millisecond.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        held = [_features(text) for text in texts]
        self._rows = np.repeat(np.arange(len(held)), [len(each) for each in held])
        joined = np.concatenate([*held, np.zeros(0, np.uint64)])
        self._known, self._columns, holders = np.unique(joined, return_inverse=True, return_counts=True)
        self._size = len(held)
        self._weights = self._rarity(holders)
        self._lengths = np.sqrt(self._sum(self._weights**2))

    def nearest(self, text: str) -> int | None:
        """Return the place of the text that is most like one, by the cosine; None where none is like it."""
        wanted = _features(text)
        if not len(self._known) or not len(wanted):
            return None
        places = np.minimum(np.searchsorted(self._known, wanted), len(self._known) - 1)
        found = self._known[places] == wanted
        own = np.where(found, self._weights[places], self._rarity(np.zeros(1))) ** 2
        common = np.zeros(len(self._known))
        common[places[found]] = own[found]
        scores = self._sum(common) / np.maximum(np.sqrt(own.sum()) * self._lengths, 1e-12)
        best = int(scores.argmax())
        return best if scores[best] > ALIKE else None

    def _rarity(self, holders: np.ndarray) -> np.ndarray:
        return np.asarray(np.log((1 + self._size) / (0.5 + holders)))

    def _sum(self, by_column: np.ndarray) -> np.ndarray:
        """Return what the features of each text come to."""
        return np.bincount(self._rows, by_column[self._columns], self._size)


def _features(text: str) -> np.ndarray:
    """Return a number for each word of a text, and each pair of its signs: these find what has no blanks."""
    form = normalise(text)
    signs = np.frombuffer(form.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    words = np.array([zlib.crc32(word.encode("utf-8", "replace")) for word in form.split()], np.uint64)
    return np.unique(np.concatenate([signs[:-1] << np.uint64(21) | signs[1:], words | WORD]))


@dataclass(frozen=True)
class _Held:
    """The index of a model's examples, by their digests; `size` is how many it had then."""

    size: int
    digests: list[str]
    index: Index


class NearestExamples:
    """Looks for examples of chats' models; their indices are made at the first question."""

    def __init__(self, examples: Examples) -> None:
        self._examples = examples
        self._held: OrderedDict[str, _Held] = OrderedDict()

    async def find(self, owner: str, model: str, text: str) -> Taught | None:
        """Return the example that is most like a text, None where none is.

        It is read from the examples themselves: one that was deleted is never shown.
        """
        for _ in range(2):  # what an index names may be gone
            set_id, size = await self._examples.size(owner, model)
            if not size:
                return None
            held = self._held.get(set_id)
            if held is None or held.size != size:
                held = await self._build(set_id, size)
            place = await asyncio.to_thread(held.index.nearest, text)
            if place is None:
                return None
            found = await self._examples.named(set_id, [held.digests[place]])
            if found:
                return found[0]
            self._held.pop(set_id, None)
        return None

    async def _build(self, set_id: str, size: int) -> _Held:
        digests = (await self._examples.digests(set_id))[:COMPARED]
        taught = await self._examples.named(set_id, digests)
        index = await asyncio.to_thread(Index, [each.text for each in taught])
        held = self._held[set_id] = _Held(size, [each.digest for each in taught], index)
        self._held.move_to_end(set_id)
        while len(self._held) > KEPT:
            self._held.popitem(last=False)
        return held
