"""Why a model says what it says: which words carry its answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.predictor import SHIPPED_NAME

if TYPE_CHECKING:
    from ml.predictor import Predictor

MOST_PARTS = 120  # of a text; the words of a longer one are taken away a few at a time
STRONGEST = 3
SHOWN_FROM = 0.005  # a smaller change says nothing
# One sign where words are written without blanks: Chinese characters and kana.
WORD = re.compile(
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
    "|[^\\s\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff20]+"
)
EDGES = '.,;:!?…"“”„«»()[]{}<>*~'


@dataclass(frozen=True, slots=True)
class Effect:
    """A word, and by how much the label's probability is higher with it than without it (-1..1)."""

    word: str
    change: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """What spoke for a label and against it, the strongest first; `version` is the model's that was asked."""

    label: str
    probability: float
    version: str
    effects: tuple[Effect, ...]


async def explain(
    predictor: Predictor, text: str, *, owner: str = "local", model: str = SHIPPED_NAME, label: str = ""
) -> Explanation:
    """Explain a label, by default the likeliest one, by occlusion (Zeiler & Fergus 2014), in one batch.

    Raises:
        UnknownModel: As `Predictor.predict`.
        TimeoutError: As `Predictor.predict`.
    """
    found = parts(text)
    whole, *without = await predictor.predict_many(
        [text, *(occluded(text, spans) for _, spans in found)], owner=owner, model=model
    )
    label = label if label in whole.probabilities else whole.label
    probability = whole.probabilities[label]
    effects = (
        Effect(word, probability - other.probabilities[label])
        for (word, _), other in zip(found, without, strict=True)
    )
    ranked = sorted(effects, key=lambda effect: -abs(effect.change))[:STRONGEST]
    shown = tuple(effect for effect in ranked if abs(effect.change) >= SHOWN_FROM)
    return Explanation(label, probability, whole.version, shown)


Span = tuple[int, int]


def parts(text: str) -> list[tuple[str, list[Span]]]:
    """Return the words of a text, a Chinese text's characters, each with the places where it stands.

    >>> [word for word, _ in parts("Good, good! 很好")]
    ['Good', '很', '好']
    """
    places: dict[str, list[Span]] = {}
    written: dict[str, str] = {}
    for found in WORD.finditer(text):
        word = found[0].strip(EDGES) or found[0]
        key = word.casefold()
        written.setdefault(key, word)
        places.setdefault(key, []).append(found.span())
    size = -(-len(places) // MOST_PARTS) or 1
    keys = list(places)
    return [
        (
            " ".join(written[key] for key in keys[start : start + size]),
            sorted(span for key in keys[start : start + size] for span in places[key]),
        )
        for start in range(0, len(keys), size)
    ]


def occluded(text: str, spans: Iterable[Span]) -> str:
    """Return a text without some places.

    >>> occluded("not good at all", [(0, 3)])
    ' good at all'
    """
    kept, position = [], 0
    for start, end in spans:
        kept.append(text[position:start])
        position = end
    return "".join([*kept, text[position:]])
