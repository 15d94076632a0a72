"""How `parse_mode=HTML` becomes entities, strictly, with Telegram's own complaints."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.entities import units
from bot.sandbox.errors import ApiError, bad_request

TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "u": "underline",
    "ins": "underline",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "tg-emoji": "custom_emoji",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
ENTITY = re.compile(r"&(?:(lt|gt|amp|quot);|#(\d{1,7});|#x([0-9a-fA-F]{1,6});)")
NAME = re.compile(r"[^\s>]*")
ATTRIBUTE = re.compile(r"\s*([^\s=>/]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([A-Za-z0-9.\-]*)))?")
LINK = re.compile(r"(?:(?:https?|ftp|tonsite|tg)://|mailto:|tel:)\S+|[\w-]+(?:\.[\w-]+)+\S*", re.IGNORECASE)


@dataclass(slots=True)
class Open:
    """A tag that waits for its end."""

    tag: str
    offset: int  # UTF-16 units
    start: int  # where its content begins in the parsed text
    attributes: dict[str, str] = field(default_factory=dict)


def parse_html(source: str) -> tuple[str, list[dict[str, Any]]]:
    """Return the text and its entities, sorted as Telegram sorts them.

    Raises:
        ApiError: A tag is unknown, unclosed or closed out of order.
    """
    parser = Parser(source)
    parser.run()
    parser.entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return "".join(parser.pieces), parser.entities


class Parser:
    """Reads one source from its beginning to its end."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.pieces: list[str] = []
        self.offset = 0
        self.position = 0
        self.stack: list[Open] = []
        self.entities: list[dict[str, Any]] = []

    def run(self) -> None:
        """Read the whole source."""
        while self.position < len(self.source):
            start = self.source.find("<", self.position)
            stop = start if start >= 0 else len(self.source)
            self._text(self.source[self.position : stop])
            self.position = stop
            if start >= 0:
                self._close() if self.source.startswith("</", start) else self._open()
        if self.stack:
            raise failed(f'Can\'t find end tag corresponding to start tag "{self.stack[-1].tag}"')

    def _text(self, source: str) -> None:
        text = ENTITY.sub(decoded, source) if "&" in source else source
        self.pieces.append(text)
        self.offset += units(text)

    def _at(self, position: int) -> str:
        return f"at byte offset {len(self.source[:position].encode())}"

    def _open(self) -> None:
        begin = self.position
        end = self.source.find(">", begin)
        name = NAME.match(self.source, begin + 1)
        tag = name.group().lower() if name else ""
        if end < 0:
            raise failed(f"Unclosed start tag {self._at(begin)}")
        if tag not in TAGS:
            raise failed(f'Unsupported start tag "{tag}" {self._at(begin)}')
        attributes, self.position = self._attributes(tag, begin)
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            raise failed(f'Tag "span" must have class "tg-spoiler" {self._at(begin)}')
        self.stack.append(Open(tag, self.offset, len(self.pieces), attributes))

    def _attributes(self, tag: str, begin: int) -> tuple[dict[str, str], int]:
        attributes: dict[str, str] = {}
        position = begin + 1 + len(tag)
        while True:
            match = ATTRIBUTE.match(self.source, position)
            if match is None:
                break
            attributes[match[1].lower()] = html.unescape(match[2] or match[3] or match[4] or "")
            position = match.end()
            if match[4] is not None and self.source[position : position + 1].strip(" \n\t>"):
                raise failed(f"Unexpected end of name token {self._at(begin)}")
        rest = re.compile(r"\s*").match(self.source, position)
        position = rest.end() if rest else position
        if position >= len(self.source):
            raise failed(f"Unclosed start tag {self._at(begin)}")
        if self.source[position] == "=":
            raise failed(f'Empty attribute name in the tag "{tag}" {self._at(begin)}')
        if self.source[position] != ">":
            raise failed(
                f'Expected equal sign in declaration of an attribute of the tag "{tag}" {self._at(begin)}'
            )
        return attributes, position + 1

    def _close(self) -> None:
        begin = self.position
        end = self.source.find(">", begin)
        if end < 0:
            raise failed(f"Unclosed end tag {self._at(begin)}")
        tag = self.source[begin + 2 : end].strip().lower()
        if not self.stack:
            raise failed(f"Unexpected end tag {self._at(begin)}")
        opened = self.stack.pop()
        if tag not in ("", opened.tag):
            raise failed(f'Unmatched end tag {self._at(begin)}, expected "</{opened.tag}>", found "</{tag}>"')
        self.position = end + 1
        self._finish(opened)

    def _finish(self, opened: Open) -> None:
        length = self.offset - opened.offset
        if length == 0:
            return
        entity: dict[str, Any] = {"offset": opened.offset, "length": length, "type": TAGS[opened.tag]}
        match opened.tag:
            case "a":
                url = opened.attributes.get("href") or "".join(self.pieces[opened.start :])
                if not LINK.fullmatch(url):
                    return
                entity["url"] = url if "://" in url or ":" in url.split("/")[0] else f"http://{url}/"
            case "tg-emoji":
                entity["custom_emoji_id"] = opened.attributes.get("emoji-id", "")
            case "blockquote" if "expandable" in opened.attributes:
                entity["type"] = "expandable_blockquote"
            case "code":
                if self._names_language(opened):
                    return
            case "pre" if "language" in opened.attributes:
                entity["language"] = opened.attributes["language"]
        self.entities.append(entity)

    def _names_language(self, opened: Open) -> bool:
        """Whether this is the `<code class="language-...">` right inside a `<pre>`, which takes it over."""
        language = opened.attributes.get("class", "").removeprefix("language-")
        if language and self.stack and self.stack[-1].tag == "pre" and self.stack[-1].offset == opened.offset:
            self.stack[-1].attributes["language"] = language
            return True
        return False


def decoded(match: re.Match[str]) -> str:
    """Return the character that an HTML entity stands for."""
    named, decimal, hexadecimal = match.groups()
    if named:
        return {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}[named]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else match.group()


def failed(reason: str) -> ApiError:
    """Return the refusal of a text that cannot be parsed."""
    return bad_request(f"can't parse entities: {reason}")
