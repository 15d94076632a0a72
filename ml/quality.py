"""What is wrong with taught examples before a training: repeats, contradictions, imbalance."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ml.examples import Taught
from ml.near_duplicates import alike

UNEVEN = 10  # times as many examples of one label as of another
SPOILT = 0.01  # share of contradicting examples from which on they are no trifle


@dataclass(frozen=True, slots=True)
class Conflict:
    """A text that has several labels, nearly the same each time; the latest example comes last."""

    examples: tuple[Taught, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """What was found; `repeats` could go, `alone` are labels that one person alone taught."""

    repeats: tuple[Taught, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    uneven: tuple[str, str] | None = None  # the label with the most examples and that with the fewest
    alone: tuple[str, ...] = ()
    examples: int = 0  # in all

    def __bool__(self) -> bool:
        return bool(self.repeats or self.conflicts or self.uneven or self.alone)

    @property
    def serious(self) -> bool:
        """Whether it spoils what the other examples teach, so that a person had better decide first."""
        contradicting = sum(len(conflict.examples) for conflict in self.conflicts)
        return self.uneven is not None or contradicting > SPOILT * self.examples


def look(examples: Sequence[Taught], *, shared: bool = False) -> Quality:
    """Return what is wrong with the examples of a model, in the order in which they were taught.

    Args:
        examples: All of them.
        shared: Whether several people may teach it, so that one who taught everything alone is worth a word.
    """
    repeats: list[Taught] = []
    conflicts = []
    for places in alike([example.text for example in examples]):
        same = [examples[place] for place in places]
        first_of: dict[str, Taught] = {}
        for example in same:
            if example.label in first_of:
                repeats.append(example)
            first_of.setdefault(example.label, example)
        if len(first_of) > 1:
            conflicts.append(Conflict(tuple(same)))
    alone = _alone(examples, shared)
    return Quality(tuple(repeats), tuple(conflicts), _uneven(examples), alone, len(examples))


def _uneven(examples: Sequence[Taught]) -> tuple[str, str] | None:
    counts = Counter(example.label for example in examples).most_common()
    if len(counts) < 2 or counts[0][1] <= UNEVEN * counts[-1][1]:
        return None
    return counts[0][0], counts[-1][0]


def _alone(examples: Sequence[Taught], shared: bool) -> tuple[str, ...]:
    """Return the labels that one person alone taught."""
    teachers: dict[str, set[int]] = defaultdict(set)
    for example in examples:
        teachers[example.label].add(example.by)
    if not shared and len(set().union(*teachers.values())) < 2:
        return ()
    return tuple(label for label, people in teachers.items() if len(people) == 1)
