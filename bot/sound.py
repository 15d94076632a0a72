"""Whether a record holds what its fields say: the last look at what came from outside.

>>> from handlers.messages import Press
>>> sound(Press("1", "help:"))
Press(id='1', data='help:')
>>> sound(Press("1", 7))
Traceback (most recent call last):
TypeError: Press.data cannot be of int
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

Record = TypeVar("Record")
WIDEST = 2**63  # Telegram's ids have 52 bits; Redis counts in 64


def sound(record: Record) -> Record:
    """Return a record whose fields, and those of the records in it, are of the very types that they say.

    Raises:
        TypeError: One is of another.
        OverflowError: A number has more than 64 bits.
    """
    kind = cast("Any", type(record))
    values = _values_of(kind)(record)
    numbers, records = _places(kind, tuple(map(type, values)))
    for place in numbers:
        if not -WIDEST <= values[place] < WIDEST:
            raise OverflowError(f"{kind.__name__}.{fields(kind)[place].name} is too large")
    for place in records:
        sound(values[place])
    return record


@cache
def _values_of(record: Any) -> Callable[[Any], tuple[Any, ...]]:
    """Return what reads the fields of a record."""
    return attrgetter(*(each.name for each in fields(record)))


@cache
def _places(record: Any, kinds: tuple[type, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return which fields are whole numbers and which are records, for values of allowed types.

    Raises:
        TypeError: One is of another type than its field says.
    """
    hints = get_type_hints(record)
    for each, kind in zip(fields(record), kinds, strict=True):
        if kind not in _classes(hints[each.name]):
            raise TypeError(f"{record.__name__}.{each.name} cannot be of {kind.__name__}")
    numbers = tuple(place for place, kind in enumerate(kinds) if kind is int)
    return numbers, tuple(place for place, kind in enumerate(kinds) if is_dataclass(kind))


def _classes(hint: Any) -> frozenset[type]:
    if isinstance(hint, UnionType):
        return frozenset(kind for part in get_args(hint) for kind in _classes(part))
    if get_origin(hint) is Literal:
        return frozenset(type(value) for value in get_args(hint))
    return frozenset({NoneType if hint is None else get_origin(hint) or hint})
