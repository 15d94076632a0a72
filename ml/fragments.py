"""Parts of training texts and pairs of such parts, for the larger network to judge.

A small set teaches a small network little beyond its own rows; what a larger one says of their parts is
more of the same language and kind. They are made anew from the texts and a seed, so that no text is kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ml.sources import SOURCES, Mixture

# Copies of each text, by set. A binary set's parts are judged as those of the set with neutral beside it.
COPIES = {source.name: 6 for source in SOURCES if source.name.startswith("umsab")} | {
    "umsab_hi": 0,  # the larger network is at chance there
    "sst3": 4,
    "sst2": 4,
    "vadergt_tweets": 3,
    "goemotions3": 1,
    "smp2020": 1,
    "wisesight_th": 1,
    "indonesian_3": 1,
}
JUDGED_AS = {"sst2": "sst3"}
FEWEST = 3  # words of a part, or 6 characters where a text has no spaces
SHARES = (0.3, 0.85)  # of a text that a part holds


def fragments(mixture: Mixture, seed: int = 0) -> tuple[list[str], np.ndarray]:
    """Return new texts, and (n,) the number of the set that each belongs to.

    Half are a part of one text, half the beginning of one followed by the end of another of its set.
    """
    names = [source.name for source in SOURCES]
    made: dict[str, int] = {}
    for number, source in enumerate(SOURCES):
        rng = np.random.default_rng([seed, number])
        rows = np.flatnonzero(mixture.sets == number)
        judged_as = names.index(JUDGED_AS.get(source.name, source.name))
        cut = [words(mixture.texts[row]) for row in rows]
        for _ in range(COPIES.get(source.name, 0)):
            others = [cut[n] for n in rng.permutation(len(cut))]
            for (first, gap), (second, _) in zip(cut, others, strict=True):
                if rng.random() < 0.5:
                    new = [*_part(first, rng)]
                else:
                    new = [*_part(first, rng, begins=True), *_part(second, rng, ends=True)]
                if len(new) >= FEWEST * (1 if gap else 2):
                    made.setdefault(gap.join(new), judged_as)
    known = set(mixture.texts)
    kept = {text: number for text, number in made.items() if text not in known}
    return list(kept), np.fromiter(kept.values(), np.int32, len(kept))


def words(text: str) -> tuple[Sequence[str], str]:
    """Return what a text is cut into, and what stands between: words, or characters where few spaces are.

    >>> words("not bad at all")
    (['not', 'bad', 'at', 'all'], ' ')
    >>> words("不错 的")
    ('不错 的', '')
    """
    found = text.split(" ")
    return (found, " ") if len(found) * 12 > len(text) and len(found) > FEWEST else (text, "")


def _part(
    found: Sequence[str], rng: np.random.Generator, begins: bool = False, ends: bool = False
) -> Sequence[str]:
    """Return a run of words, (count,), from the beginning, to the end, or from anywhere."""
    count = max(1, round(len(found) * rng.uniform(*SHARES)))
    start = 0 if begins else len(found) - count if ends else int(rng.integers(len(found) - count + 1))
    return found[start : start + count]
