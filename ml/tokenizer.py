"""How a text becomes numbers: the longest pieces of one vocabulary over all languages, in one JSON file."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from ml.text import normalise

PAD, UNKNOWN = 0, 1
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]  # what a sign outside the vocabulary is spelled with
SPECIAL = ["<pad>", "<unk>", *BYTES]
MAXLEN = 192  # pieces of a text that the network reads
KEPT_WORDS, SHORT_WORD = 20_000, 20  # words whose pieces are kept, about 5 MB, and characters of the longest
INNER = " "  # marks a piece that goes on within a word; no normalised text has a blank inside a word
# Scripts without blanks between words: Thai, Lao, Burmese, Khmer, kana, Chinese characters.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# Vowel signs of Arabic, Hebrew and Devanagari, which belong to their word though they are no letters.
MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0951-\u0957"
LETTER = rf"[^\W\d_{UNSPACED}]"
RUN = re.compile(rf"({LETTER}(?:{LETTER}|[{MARKS}])*)|[{UNSPACED}]+|\d+|[^\w{UNSPACED}]+|[\w_]")


class Pieces:
    """A vocabulary of pieces and the way to cut texts into them: from the left, the longest that fits.

    A word is cut where letters meet digits, punctuation or a script without blanks. A piece within a
    run of letters is another than the same one at its beginning: "able" and " able" as in "notable".

    >>> pieces = Pieces(["good", "bad", " ly", "!"])
    >>> pieces.spell(pieces.encode(["Bad  GOODly!"])[0])
    ['bad', 'good', 'ly', '!']

    Args:
        vocabulary: Different pieces, `INNER` before those that go on within letters.
    """

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self.names = [*SPECIAL, *vocabulary]
        numbered = list(enumerate(self.names))[len(SPECIAL) :]
        self._first = {piece: number for number, piece in numbered if not piece.startswith(INNER)}
        self._inner = {piece[1:]: number for number, piece in numbered if piece.startswith(INNER)}
        self._words: dict[str, list[int]] = {}
        # Characters of the longest piece that begins with a sign: what need not be tried is most of the time.
        self._longest_first = _longest(self._first)
        self._longest_inner = _longest(self._inner)

    @classmethod
    def load(cls, path: Path) -> Pieces:
        """Read a vocabulary that `save` wrote, or the byte pairs of a model made before there were these."""
        content = json.loads(path.read_text(encoding="utf-8"))
        return cls(content["pieces"]) if "pieces" in content else BytePairs(path)

    def save(self, path: Path) -> None:
        """Write the vocabulary as one JSON file."""
        content = {"pieces": self.names[len(SPECIAL) :]}
        path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")

    def __len__(self) -> int:
        return len(self.names)

    def encode(self, texts: Sequence[str], maxlen: int = MAXLEN) -> list[list[int]]:
        """Return each text's piece numbers, 1 to `maxlen` of them: of a longer text the two ends."""
        known = self._words
        fresh: dict[str, list[int]] = {}
        found = []
        for text in texts:
            ids: list[int] = []
            for word in normalise(text).split(" "):
                cut = known.get(word)
                if cut is None:
                    cut = fresh.get(word)
                    if cut is None:
                        cut = fresh[word] = self._cut(word)
                ids += cut
            found.append(shortened(ids, maxlen) or [UNKNOWN])
        self._remember(fresh)
        return found

    def _cut(self, word: str) -> list[int]:
        ids: list[int] = []
        for run in RUN.finditer(word):
            if run[1] is None:
                _longest_pieces(run[0], self._first, self._longest_first, ids)
            elif run[0] in self._first:
                ids.append(self._first[run[0]])
            else:
                begun = _longest_pieces(run[0], self._first, self._longest_first, ids, once=True)
                _longest_pieces(run[0][begun:], self._inner, self._longest_inner, ids)
        return ids

    def _remember(self, fresh: dict[str, list[int]]) -> None:
        """Keep the pieces of short words: no piece reaches over a blank, and most words come again."""
        short = {word: ids for word, ids in fresh.items() if len(word) <= SHORT_WORD}
        if len(self._words) + len(short) > KEPT_WORDS:
            self._words = {}  # another thread may read the old one
        if len(short) <= KEPT_WORDS:
            self._words.update(short)

    def spell(self, ids: Sequence[int]) -> list[str]:
        """Return the text of each piece, bytes joined to the signs that they spell."""
        spelled: list[str] = []
        held = b""
        for number in [*ids, PAD]:
            if len(SPECIAL) - len(BYTES) <= number < len(SPECIAL):
                held += bytes([number - len(SPECIAL) + len(BYTES)])
                continue
            if held:
                spelled.append(held.decode("utf-8", "replace"))
                held = b""
            spelled.append(self.names[number].removeprefix(INNER))
        return spelled[:-1]


class BytePairs(Pieces):
    """The vocabulary of models that chats trained before there were `Pieces`, as `tokenizers` keeps it."""

    def __init__(self, path: Path) -> None:
        # A fork of the worker must not meet the threads of `tokenizers`, and one word needs none.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.encode_special_tokens = True  # somebody's "<pad>" is text, too
        by_number = sorted(self._tokenizer.get_vocab().items(), key=lambda item: int(item[1]))
        super().__init__(piece for piece, _ in by_number[len(SPECIAL) :])

    def _cut(self, word: str) -> list[int]:
        return list(self._tokenizer.encode(word).ids)


def _longest(pieces: Iterable[str]) -> dict[str, int]:
    """Return by first sign how long the longest piece is."""
    longest: dict[str, int] = {}
    for piece in pieces:
        longest[piece[0]] = max(longest.get(piece[0], 0), len(piece))
    return longest


def _longest_pieces(
    run: str, pieces: dict[str, int], longest: dict[str, int], ids: list[int], *, once: bool = False
) -> int:
    """Add the longest pieces from the left, or only the first one, and return where they end."""
    start, end = 0, len(run)
    while start < end:
        for stop in range(min(end, start + longest.get(run[start], 0)), start, -1):
            number = pieces.get(run[start:stop])
            if number is not None:
                ids.append(number)
                start = stop
                break
        else:
            ids += [len(SPECIAL) - len(BYTES) + byte for byte in run[start].encode("utf-8")]
            start += 1
        if once:
            break
    return start


def shortened(ids: list[int], maxlen: int) -> list[int]:
    """Return the first and the last half of what is too long.

    >>> shortened([1, 2, 3, 4, 5, 6], 4)
    [1, 2, 5, 6]
    """
    if len(ids) <= maxlen:
        return ids
    half = maxlen // 2
    return ids[: maxlen - half] + ids[-half:]


def pieces_mark(folder: Path) -> str:
    """Return what changes with the vocabulary in a folder: weights learned over another mean other pieces."""
    content = (folder / "tokenizer.json").read_bytes()
    return hashlib.blake2b(content, digest_size=8).hexdigest()
