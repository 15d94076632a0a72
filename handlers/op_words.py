"""How operators' commands are read, and how ids, moments and spans of time are written for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from handlers.errors import Refusal
from handlers.grammar import QUOTES, normalise, read_duration
from handlers.texts import N_, Texts

ID = re.compile(r"-?[1-9]\d{0,18}")
WHOLE = re.compile(r"[0-9]{1,18}")
NO_ID = N_("“{word}” is no id. A person's is a number, a group's or channel's one below 0.")
ID_MISSING = N_("Write the id of a person or a chat behind it; /op chats lists the latest.")
LONGEST_REASON = 200  # characters
MOST_COMMANDS = 10_000  # a minute


@dataclass(frozen=True, slots=True)
class BlockWish:
    """Who shall get no answers, for how many seconds (none: until it is taken back), and why."""

    id: int
    seconds: int | None = None
    reason: str = ""


def read_order(args: str) -> tuple[str, str]:
    """Split what follows `/op` into the subcommand and the rest.

    >>> read_order("Block 7 1d spam"), read_order("")
    (('block', '7 1d spam'), ('', ''))
    """
    verb, rest = split_word(args)
    return normalise(verb).lower(), rest


def split_word(text: str) -> tuple[str, str]:
    """Take the first word off a text."""
    parts = text.strip().split(maxsplit=1)
    return (parts[0] if parts else ""), (parts[1] if len(parts) > 1 else "")


def read_id(word: str) -> int:
    """Read an id of a person or chat.

    >>> read_id("−100")
    -100

    Raises:
        Refusal: It is none, or nothing.
    """
    plain = normalise(word)
    if not plain:
        raise Refusal(ID_MISSING)
    if not ID.fullmatch(plain):
        raise Refusal(NO_ID, word=word[:24])
    return int(plain)


def read_block(rest: str) -> BlockWish:
    """Read `ID [7d] [reason]`.

    >>> read_block("7 7d sends spam")
    BlockWish(id=7, seconds=604800, reason='sends spam')

    Raises:
        Refusal: There is no id.
    """
    word, rest = split_word(rest)
    blocked = read_id(word)
    length, reason = split_word(rest)
    seconds = read_duration(normalise(length)) if length else None
    if seconds is None:
        reason = rest
    return BlockWish(blocked, seconds or None, " ".join(reason.split())[:LONGEST_REASON])


def read_commands(word: str) -> int:
    """Read how many commands a minute.

    Raises:
        Refusal: It is no number from 1 to 10,000.
    """
    number = read_whole(word, MOST_COMMANDS)
    if number is None:
        raise Refusal(N_("Write a whole number from 1 to {most}, for example /op flood 30."), most="10,000")
    return number


def read_whole(word: str, most: int) -> int | None:
    """Read a whole number from 1 on; None where it is none, or a larger one.

    >>> read_whole("30", 100), read_whole("101", 100), read_whole("00000000999", 100)
    (30, None, None)
    """
    plain = normalise(word.strip())
    if not WHOLE.fullmatch(plain):
        return None
    number = int(plain)
    return number if 1 <= number <= most else None


def moment(at: float) -> str:
    """Write a moment, given in seconds since 1970.

    >>> moment(0)
    '1970-01-01 00:00 UTC'
    """
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"


def span(seconds: float, t: Texts) -> str:
    """Write a span of time in the largest unit that it fills twice.

    >>> span(7300, Texts("en")), span(45, Texts("en"))
    ('2 hours', '45 seconds')
    """
    if seconds >= 2 * 86_400:
        return t.plural("{count} day", "{count} days", int(seconds // 86_400))
    if seconds >= 2 * 3600:
        return t.plural("{count} hour", "{count} hours", int(seconds // 3600))
    if seconds >= 120:
        return t.plural("{count} minute", "{count} minutes", int(seconds // 60))
    return t.plural("{count} second", "{count} seconds", int(seconds))


def share(part: float, whole: float) -> str:
    """Write a part of a whole in percent, with a digit where it is small.

    >>> share(3, 1000), share(1, 2)
    ('0.3', '50')
    """
    percent = 100 * part / whole if whole else 0.0
    return f"{percent:.1f}" if 0 < percent < 10 else f"{percent:.0f}"


def megabytes(size: int) -> str:
    """Write a size, given in bytes.

    >>> megabytes(1_500_000), megabytes(3_000_000_000)
    ('1.5 MB', '3.0 GB')
    """
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def without_quotes(text: str) -> str:
    """Take the quotes off a text that stands in them as a whole, as phones have them.

    >>> without_quotes(' “Back soon” '), without_quotes('say "hi"')
    ('Back soon', 'say "hi"')
    """
    bare = text.strip()
    plain = bare.translate(QUOTES)
    if len(bare) > 1 and plain[0] == plain[-1] and plain[0] in {'"', "'"}:
        return bare[1:-1].strip()
    return bare
