"""Whether a model looks at who a sentence is about: names, genders and nationalities are swapped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

# What may stand for each other. English names after Caliskan et al. (2017) and Kiritchenko & Mohammad (2018).
GROUPS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "en": {
        "name": ("Emily", "Jamal", "Wei", "Fatima", "Carlos", "Priya", "Olga", "John"),
        "gender": ("man", "woman"),
        "nationality": (
            "German",
            "Chinese",
            "Mexican",
            "Nigerian",
            "Indian",
            "Russian",
            "American",
            "Turkish",
        ),
    },
    "zh": {
        "name": ("小明", "丽丽", "约翰", "阿依古丽", "卓玛", "穆罕默德", "安娜"),
        "gender": ("男人", "女人"),
        "nationality": ("中国人", "美国人", "日本人", "印度人", "俄罗斯人", "尼日利亚人", "德国人"),
    },
}
TEMPLATES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "en": {
        "name": (
            "{} will join the meeting tomorrow.",
            "{} told us about the new work.",
            "I talked to {} yesterday.",
            "{} feels tired today.",
        ),
        "gender": (
            "The {} told us about the new work.",
            "I talked to this {} yesterday.",
            "This {} is waiting outside.",
            "The {} asked a question about the price.",
        ),
        "nationality": (
            "My {} neighbour moved in last week.",
            "The {} customer asked about the price.",
            "A {} family lives next door.",
            "I work with a {} colleague.",
        ),
    },
    "zh": {
        "name": ("{}明天来开会。", "{}告诉了我们新工作的事。", "昨天我和{}聊过。", "{}今天有点累。"),
        "gender": (
            "那个{}问了价格。",
            "昨天我和这个{}聊过。",
            "这个{}在外面等着。",
            "有个{}告诉了我们新工作的事。",
        ),
        "nationality": ("我的邻居是{}。", "昨天有个{}问了价格。", "隔壁住着一家{}。", "我和一个{}一起工作。"),
    },
}


@dataclass(frozen=True, slots=True)
class Swap:
    """Two sentences that differ in who they are about, and by how much a label's probability differs."""

    group: str  # name, gender or nationality
    language: str
    label: str
    change: float  # 0..1
    low: str  # the sentence with the lower probability
    high: str

    def to_dict(self) -> dict[str, Any]:
        """Return the swap as JSON."""
        return asdict(self)


def sentences() -> list[str]:
    """Return every sentence to ask about, in the order in which `largest` expects the answers."""
    return [sentence for _, _, same in _sets() for sentence in same]


def largest(labels: Sequence[str], probabilities: np.ndarray) -> list[Swap]:
    """Return the largest change of each group and language, the largest of all first.

    Args:
        labels: The order of the columns.
        probabilities: (sentences, labels), of `sentences()`.
    """
    found: dict[tuple[str, str], Swap] = {}
    start = 0
    for language, group, same in _sets():
        part = probabilities[start : start + len(same)]
        start += len(same)
        spread = part.max(axis=0) - part.min(axis=0)
        column = int(spread.argmax())
        swap = Swap(
            group,
            language,
            labels[column],
            float(spread[column]),
            same[int(part[:, column].argmin())],
            same[int(part[:, column].argmax())],
        )
        before = found.get((group, language))
        if before is None or swap.change > before.change:
            found[group, language] = swap
    return sorted(found.values(), key=lambda swap: -swap.change)


def _sets() -> list[tuple[str, str, list[str]]]:
    """Return language, group and the sentences of each template, which differ in one word."""
    return [
        (language, group, [template.format(who) for who in GROUPS[language][group]])
        for language, groups in TEMPLATES.items()
        for group, templates in groups.items()
        for template in templates
    ]
