"""How large a picture is, read from its first bytes: PNG, JPEG, GIF and WebP."""

from __future__ import annotations

import struct

PNG = b"\x89PNG\r\n\x1a\n"
FRAMES = frozenset({*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)})


def image_size(content: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels; None where this is no picture that Telegram takes as a photo."""
    try:
        if content.startswith(PNG) and content[12:16] == b"IHDR":
            width, height = struct.unpack_from(">II", content, 16)
        elif content.startswith((b"GIF87a", b"GIF89a")):
            width, height = struct.unpack_from("<HH", content, 6)
        elif content.startswith(b"\xff\xd8"):
            return _jpeg_size(content)
        elif content.startswith(b"RIFF") and content[8:12] == b"WEBP":
            return _webp_size(content)
        else:
            return None
    except (struct.error, IndexError):
        return None
    return width, height


def extension(content: bytes) -> str:
    """Return the ending of a picture's file name."""
    for start, ending in ((PNG, "png"), (b"GIF8", "gif"), (b"RIFF", "webp")):
        if content.startswith(start):
            return ending
    return "jpg"


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    position = 2
    while position + 9 < len(content):
        if content[position] != 0xFF:
            return None
        marker = content[position + 1]
        if marker in FRAMES:
            height, width = struct.unpack_from(">HH", content, position + 5)
            return width, height
        position += 2 if marker == 0xFF or 0xD0 <= marker <= 0xD9 else 2 + _length(content, position)
    return None


def _length(content: bytes, position: int) -> int:
    return int(struct.unpack_from(">H", content, position + 2)[0])


def _webp_size(content: bytes) -> tuple[int, int] | None:
    match content[12:16]:
        case b"VP8X":
            width = int.from_bytes(content[24:27], "little") + 1
            return width, int.from_bytes(content[27:30], "little") + 1
        case b"VP8L":
            bits = int.from_bytes(content[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", content, 26)
            return width & 0x3FFF, height & 0x3FFF
    return None
