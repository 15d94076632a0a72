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
    names, values_of, allowed, records = _shape(cast("Any", type(record)))
    for name, value, kinds in zip(names, values_of(record), allowed, strict=True):
        kind = type(value)
        if kind not in kinds:
            raise TypeError(f"{type(record).__name__}.{name} cannot be of {kind.__name__}")
        if kind is int and not -WIDEST <= value < WIDEST:
            raise OverflowError(f"{type(record).__name__}.{name} is too large")
        if kind in records:
            sound(value)
    return record


Shape = tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]], tuple[frozenset[type], ...], frozenset[type]]


@cache
def _shape(record: Any) -> Shape:
    """Return the names of a record's fields, what reads them all, their types, and which are records."""
    hints = get_type_hints(record)
    names = tuple(each.name for each in fields(record))
    allowed = tuple(_classes(hints[name]) for name in names)
    records = frozenset(kind for kinds in allowed for kind in kinds if is_dataclass(kind))
    return names, attrgetter(*names), allowed, records


def _classes(hint: Any) -> frozenset[type]:
    if isinstance(hint, UnionType):
        return frozenset(kind for part in get_args(hint) for kind in _classes(part))
    if get_origin(hint) is Literal:
        return frozenset(type(value) for value in get_args(hint))
    return frozenset({NoneType if hint is None else get_origin(hint) or hint})
