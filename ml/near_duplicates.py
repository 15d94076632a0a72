"""Which texts are nearly the same: but for case and punctuation, or, where they are long, for one word."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from ml.text import normalise

LONG = 16  # words; in shorter texts one word may be all the difference: "a good film", "a bad film"
NOISE = re.compile(r"[^\w]+")
# A sign counts as half a word where words are written without blanks: Chinese characters and kana.
SIGNS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
SIGN, WORD = re.compile(f"[{SIGNS}]"), re.compile(rf"[^\W{SIGNS}]+")


def alike(texts: Sequence[str]) -> list[list[int]]:
    """Return groups of texts that are nearly the same, by their places, each group and all in order.

    >>> alike(["Win NOW!!!", "see you", "win, now"])
    [[0, 2], [1]]
    """
    forms = [normalise(text) for text in texts]
    first_of: dict[str, int] = {}
    parents = [first_of.setdefault(_bare(form), place) for place, form in enumerate(forms)]
    distinct = list(first_of.values())
    for one, other in _one_word_apart([forms[place] for place in distinct]):
        roots = sorted((_root(parents, distinct[one]), _root(parents, distinct[other])))
        parents[roots[1]] = roots[0]
    groups: dict[int, list[int]] = defaultdict(list)
    for place in range(len(texts)):
        groups[_root(parents, place)].append(place)
    return list(groups.values())


def bare(text: str) -> str:
    """Return a text without what does not change its meaning: case, blanks, punctuation.

    >>> bare("Win NOW!!!") == bare("win, now")
    True
    """
    return _bare(normalise(text))


def _bare(form: str) -> str:
    return NOISE.sub("", form) or form  # emoji and punctuation alone stay what they are


def _root(parents: list[int], place: int) -> int:
    """Return the first text of a group, and shorten the way to it."""
    while parents[place] != place:
        parents[place] = parents[parents[place]]
        place = parents[place]
    return place


def _one_word_apart(forms: Sequence[str]) -> list[tuple[int, int]]:
    """Return pairs of long texts that share all words but one, in whatever order.

    The sum of a text's hashed words, and that sum without each of them, is what such texts have in common:
    so no text is compared with all others.
    """
    keys: list[np.ndarray] = []
    places: list[int] = []
    for place, form in enumerate(forms):
        hashed = _hashed(form)
        if hashed is not None:
            total = hashed.sum()
            keys += [total[None], total - hashed]
            places += [place] * (1 + len(hashed))
    if not keys:
        return []
    joined, owners = np.concatenate(keys), np.array(places)
    order = np.lexsort((owners, joined))
    joined, owners = joined[order], owners[order]
    same = np.flatnonzero(joined[1:] == joined[:-1])
    return list(zip(owners[same].tolist(), owners[same + 1].tolist(), strict=True))


def _hashed(form: str) -> np.ndarray | None:
    """Return a number for each word and sign, None for a text that is too short."""
    words, signs = WORD.findall(form), SIGN.findall(form)
    if 2 * len(words) + len(signs) < 2 * LONG:
        return None
    return np.array([hash(unit) for unit in (*words, *signs)], np.int64).view(np.uint64)
