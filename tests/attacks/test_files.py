"""Files that are larger than they look, or that mean something to whoever opens them next."""

from __future__ import annotations

import csv
import gzip
import io
import struct
import time
import tracemalloc
import zipfile
import zlib

import pytest

from handlers.errors import Refusal
from handlers.fit import fit, press
from handlers.new_model import read_name
from handlers.uploads import offer
from tests.handlers.conftest import Talk, labels_of

MOST = 8_000_000  # bytes that a file of some kilobytes may make us hold


def zip_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(10):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", b"0" * 20_000_000)
    return out.getvalue()


def png_bomb() -> bytes:
    """A picture of 30,000 by 30,000 pixels in some kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = zlib.compress(b"\0" * 3_000_000, 9)
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


BOMBS = {
    "sheet.xlsx": zip_bomb(),
    "table.csv": zip_bomb(),
    "table.csv.gz": gzip.compress(b"1,2\n" * 20_000_000),
    "points.csv": gzip.compress(b"1,2\n" * 20_000_000),
    "picture.png": png_bomb(),
    "picture.csv": png_bomb(),
    "result.json": b'{"name": "x", "type": "private_group", "messages": [' + b"[" * 900_000,
    "deep.jsonl": b'{"a":' * 900_000,
    "quote.csv": b'"' + b"a" * 900_000,
}


@pytest.mark.parametrize("name", BOMBS)
async def test_nothing_unpacks_what_people_send(talk: Talk, name: str) -> None:
    begun = time.monotonic()
    tracemalloc.start()
    try:
        for handler, args in ((offer, ""), (fit, "")):
            said = await talk.say(handler, args, document=talk.upload(BOMBS[name], name))
            assert said.text
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST + 12 * len(BOMBS[name])
    assert time.monotonic() - begun < 20


async def test_a_name_of_a_column_is_no_formula_in_the_table_of_a_fit(talk: Talk) -> None:
    for name in ("=HYPERLINK(1)", "@SUM(1)", "+1+cmd|x", "-2+3+cmd"):
        table = f"{name}\tout\n1\t2.1\n2\t3.9\n3\t6.2\n4\t7.8\n"
        answered = await talk.say(fit, "", document=talk.upload(table.encode(), "a.tsv"))
        assert "CSV" in labels_of(answered)
        reply = await talk.press_labelled(press, "CSV")
        assert reply.document is not None
        (header, *_) = csv.reader(io.StringIO(reply.document.content.decode("utf-8-sig")))
        assert not [cell for cell in header if cell[:1] in {"=", "+", "-", "@"}], header


@pytest.mark.parametrize(
    "name", ["..", "../x", "a/b", "a\\b", "/etc", "a\x00b", ".", "~", "C:", "a" * 25, "．．／x", "%2e%2e"]
)
def test_no_name_of_a_model_is_a_path(name: str) -> None:
    with pytest.raises(Refusal):
        read_name(name)
