"""What text a file holds, whatever its encoding, line by line: one string would be several times as large."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper

from charset_normalizer import from_bytes

from ml.tables import SAMPLE, TableError

PIECE = 262_144  # bytes that are decoded at once
BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
# What a spreadsheet saves where it does not save Unicode: Chinese Windows, Western Windows.
LEGACY = ["gb18030", "cp1252"]
STRAY = 0.002  # share of control characters that text may hold: a chat has some, a picture many
CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]")


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file all of whose bytes are text in this encoding."""

    content: bytes
    encoding: str

    def lines(self, newline: str = "\n") -> Iterator[str]:
        """Yield the lines with their ends.

        Args:
            newline: What ends a line; "" stands for all of LF, CRLF and CR, as the csv module counts them.
        """
        with TextIOWrapper(BytesIO(self.content), self.encoding, newline=newline) as opened:
            yield next(opened, "").removeprefix("\ufeff")
            yield from opened

    def head(self, size: int = SAMPLE) -> str:
        """Return the first characters."""
        with TextIOWrapper(BytesIO(self.content), self.encoding, newline="") as opened:
            return opened.read(size).removeprefix("\ufeff")

    def text(self) -> str:
        """Return the whole."""
        return self.content.decode(self.encoding).removeprefix("\ufeff")


def open_text(content: bytes) -> TextFile:
    """Find the encoding of a file: UTF-8, UTF-16, UTF-32, GB18030, Windows-1252.

    Raises:
        TableError: `binary` or `encoding`.
    """
    for bom, encoding in BOMS:
        if content.startswith(bom):
            return _checked(content, encoding)
    if b"\0" in content[:SAMPLE]:
        return _without_bom(content)
    if len(CONTROLS.findall(content, 0, SAMPLE)) > STRAY * min(len(content), SAMPLE):
        raise TableError("binary")
    fault = _fault(content, "utf-8")
    if fault is None:
        return TextFile(content, "utf-8")
    return _checked(content, _legacy_encoding(content, fault))


def decode(content: bytes) -> str:
    """Return the text of a file, whatever its encoding.

    Raises:
        TableError: `binary` or `encoding`.
    """
    return open_text(content).text()


def _checked(content: bytes, encoding: str) -> TextFile:
    fault = _fault(content, encoding)
    if fault is not None:
        raise TableError("encoding", content.count(b"\n", 0, fault) + 1)
    return TextFile(content, encoding)


def _fault(content: bytes, encoding: str) -> int | None:
    """Return the place of the first byte that is no text in an encoding, None where all are."""
    decoder = codecs.getincrementaldecoder(encoding)()
    for start in range(0, len(content) or 1, PIECE):
        end = min(start + PIECE, len(content))
        try:
            decoder.decode(content[start:end], end == len(content))
        except UnicodeDecodeError as error:
            return end - len(error.object) + error.start  # it was given what was left of the piece before
    return None


def _without_bom(content: bytes) -> TextFile:
    """Know UTF-16 by the zero bytes of its digits and commas, which are all high bytes or all low ones."""
    sample = content[:SAMPLE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if len(content) % 2 or (even and odd):
        raise TableError("binary")
    file = TextFile(content, "utf-16-be" if even else "utf-16-le")
    if _fault(content, file.encoding) is not None:
        raise TableError("binary")
    if CONTROLS.search(file.head().encode("utf-8", "replace")):
        raise TableError("binary")
    return file


def _legacy_encoding(content: bytes, start: int) -> str:
    """Guess the encoding from whole lines about the first byte that is not UTF-8."""
    first = content.rfind(b"\n", 0, start) + 1
    sample = content[first : first + SAMPLE]
    last = sample.rfind(b"\n")
    if len(sample) == SAMPLE and last > 0:
        sample = sample[:last]
    guess = from_bytes(sample, cp_isolation=LEGACY).best()
    if guess is None:
        raise TableError("encoding", content.count(b"\n", 0, start) + 1)
    return guess.encoding
