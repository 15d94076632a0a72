"""How a message becomes a command with options: the grammar that every handler shares."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field

COMMAND = re.compile(r"/(?P<name>[A-Za-z0-9_]{1,32})(?:@(?P<bot>[A-Za-z0-9_]{1,64}))?(?=\s|$)")
# Phones turn "--" into a long dash; ":" stands for "=" only in its full-width form or after dashes,
# so that "12:30" and "spam: buy now" stay what they are.
OPTION = re.compile(
    r"(?<!\S)(?:(?P<dashes>--|[—–―])?(?P<key>[A-Za-z][A-Za-z0-9_]*)\s*(?P<sign>[=＝：])\s*"
    r"|(?:--|[—–―])(?P<dashed>[A-Za-z][A-Za-z0-9_]*)(?:[ :]+|(?=\s|$)))"
)
QUOTES = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "＂": '"', "＇": "'"}
)
QUOTED = re.compile(
    r"(?<!\S)[\"'“”„«‘’＂＇](?P<dashes>--|[—–―])?(?P<key>[A-Za-z][A-Za-z0-9_]*)\s*[=＝：]\s*"
    r"(?P<value>[^\"'“”„»‘’＂＇\n]*)[\"'“”»‘’＂＇](?=\s|$)"
)
ON = frozenset({"on", "yes", "true", "1", "开", "开启", "打开", "是"})
OFF = frozenset({"off", "no", "false", "0", "关", "关闭", "关掉", "否"})
DURATION = re.compile(r"(?P<count>\d{1,4})\s*(?P<unit>[mhdw])")
SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}


@dataclass(frozen=True, slots=True)
class Invocation:
    """A command as it was written: its name in lower case, the bot it names, and everything after it."""

    name: str
    bot: str | None = None
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Arguments:
    """The first line of a command, split: options, words, and the lines below as they stand."""

    options: dict[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    text: str = ""  # the first line without its options, then the body
    body: str = ""  # what stands below the first line


def normalise(text: str) -> str:
    """Fold full-width forms and phone typography: `１，２` is `1,2`, `−` is `-`, `、` is `,`.

    >>> normalise("１，２；３、“４”")
    '1,2;3,"4"'
    """
    folded = unicodedata.normalize("NFKC", text).translate(QUOTES)
    return folded.replace("−", "-").replace("、", ",").replace("。", ".")


def read_command(text: str) -> Invocation | None:
    """Read a command, or return None where the text is none.

    >>> read_command("/Fit@tonefit_bot 1,2")
    Invocation(name='fit', bot='tonefit_bot', rest='1,2')
    """
    found = COMMAND.match(text)
    if found is None:
        return None
    return Invocation(found["name"].lower(), found["bot"], text[found.end() :].lstrip(" \t\r\n\u3000"))


def unquoted(line: str, known: Collection[str]) -> str:
    """Take the quotes off `known` options that stand in them as a whole.

    >>> unquoted("‘ci=90’ 1,2 “x=my column”", {"ci", "x"})
    'ci=90 1,2 x="my column"'
    """

    def bare(found: re.Match[str]) -> str:
        if found["key"].lower() not in known:
            return found[0]
        value = found["value"].strip()
        return f'{found["key"]}="{value}"' if " " in value else f"{found['key']}={value}"

    return QUOTED.sub(bare, line)


def read_arguments(rest: str, known: Collection[str]) -> Arguments:
    """Split what follows a command into `known` options, words and body.

    Only options in `known` are taken out, and only from the first line: everything else is somebody's text.

    >>> read_arguments("spam —epochs 3 balance=on", {"epochs", "balance"})
    Arguments(options={'epochs': '3', 'balance': 'on'}, words=('spam',), text='spam', body='')
    """
    line, _, body = rest.partition("\n")
    line = unquoted(line, known)
    options: dict[str, str] = {}
    kept: list[str] = []
    position = 0
    for found in OPTION.finditer(line):
        key = (found["key"] or found["dashed"]).lower()
        if key not in known or found.start() < position:
            continue
        kept.append(line[position : found.start()])
        value, position = _value(line, found.end())
        options[key] = value
    kept.append(line[position:])
    first = " ".join(" ".join(kept).split())
    text = "\n".join(part for part in (first, body) if part)
    return Arguments(options, tuple(first.split()), text, body)


def _value(line: str, start: int) -> tuple[str, int]:
    """Return the value at a place in the line, quoted or up to the next blank, and where it ends."""
    opening = line[start : start + 1].translate(QUOTES)
    if opening in {'"', "'"} and opening:
        end = line.translate(QUOTES).find(opening, start + 1)
        if end > 0:
            return line[start + 1 : end], end + 1
    found = re.compile(r"\S*").match(line, start)
    end = found.end() if found else start
    return unicodedata.normalize("NFKC", line[start:end]), end


def read_switch(value: str) -> bool | None:
    """Read on/off in the words people use for it; None where it is neither.

    >>> read_switch("开"), read_switch("No"), read_switch("maybe")
    (True, False, None)
    """
    word = value.strip().lower()
    return True if word in ON else False if word in OFF else None


def read_duration(value: str) -> int | None:
    """Read `30m 2h 7d 2w` as seconds; None where it is no duration.

    >>> read_duration("2h"), read_duration("soon")
    (7200, None)
    """
    found = DURATION.fullmatch(value.strip().lower())
    return int(found["count"]) * SECONDS[found["unit"]] if found else None
