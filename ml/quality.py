"""What is wrong with taught examples before a training: repeats, contradictions, imbalance."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ml.examples import Taught
from ml.text import normalise

UNEVEN = 10  # times as many examples of one label as of another
NOISE = re.compile(r"[^\w]+")


@dataclass(frozen=True, slots=True)
class Conflict:
    """A text that has several labels, nearly the same each time; the latest example comes last."""

    examples: tuple[Taught, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """What was found; `repeats` could go, `alone` are labels that one of several people taught."""

    repeats: tuple[Taught, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    uneven: tuple[str, str] | None = None  # the label with the most examples and that with the fewest
    alone: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.repeats or self.conflicts or self.uneven or self.alone)


def look(examples: Sequence[Taught]) -> Quality:
    """Return what is wrong with the examples of a model, in the order in which they were taught."""
    alike: dict[str, list[Taught]] = defaultdict(list)
    for example in examples:
        alike[bare(example.text)].append(example)
    repeats: list[Taught] = []
    conflicts = []
    for same in alike.values():
        first_of: dict[str, Taught] = {}
        for example in same:
            if example.label in first_of:
                repeats.append(example)
            first_of.setdefault(example.label, example)
        if len(first_of) > 1:
            conflicts.append(Conflict(tuple(same)))
    return Quality(tuple(repeats), tuple(conflicts), _uneven(examples), _alone(examples))


def bare(text: str) -> str:
    """Return a text without what does not change its meaning: case, blanks, punctuation.

    >>> bare("Win NOW!!!") == bare("win, now")
    True
    """
    form = normalise(text)
    return NOISE.sub("", form) or form  # emoji and punctuation alone stay what they are


def _uneven(examples: Sequence[Taught]) -> tuple[str, str] | None:
    counts = Counter(example.label for example in examples).most_common()
    if len(counts) < 2 or counts[0][1] <= UNEVEN * counts[-1][1]:
        return None
    return counts[0][0], counts[-1][0]


def _alone(examples: Sequence[Taught]) -> tuple[str, ...]:
    """Return the labels that one person alone taught, where several people teach the model."""
    teachers: dict[str, set[int]] = defaultdict(set)
    for example in examples:
        teachers[example.label].add(example.by)
    if len(set().union(*teachers.values())) < 2:
        return ()
    return tuple(label for label, people in teachers.items() if len(people) == 1)
