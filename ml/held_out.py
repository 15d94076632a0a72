"""Which examples a model is judged by: chosen once by a hash of the text, and never learned from later."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from ml.samples import Sample
from ml.text import normalise

SHARE = 0.2  # of each label


@dataclass(frozen=True, slots=True)
class Known:
    """What earlier trainings decided, by digests; `seen` are held out since, and were learned from before."""

    held_out: Collection[str] = frozenset()
    learned: Collection[str] = frozenset()
    seen: Collection[str] = frozenset()


def digest(text: str) -> str:
    """Return what stands for a text, in the form that the model reads: 16 hex digits."""
    return hashlib.blake2b(normalise(text).encode("utf-8", "replace"), digest_size=8).hexdigest()


def divide(samples: Sequence[Sample], known: Known | None = None) -> list[Sample]:
    """Return the samples, each with the mark whether it is held out: a fifth of each label, at least one.

    A text that was held out stays so, and one that was learned from is not held out later: two versions are
    judged by the same samples, and neither has seen one of them. Of new texts those with the lowest hash are
    taken, which is as good as chance and the same on every machine. A text under two labels goes one way.

    Where examples were taken out and a label has none left to be judged by, some that were learned from are
    held out from now on, marked `seen` for ever: the new version can be judged by them, and no version be
    compared by them with one that knows them. Texts of this label that are taught later are held out beside
    them, as if they were not there. Where a label has none left to learn from, some are learned from now on
    and judge nothing any more, so that no version is judged by what it knows.

    Args:
        samples: Whatever was taught.
        known: What was decided before; None decides everything anew.
    """
    known = known or Known()
    digests = [digest(sample.text) for sample in samples]
    seen = {found for found in digests if found in known.seen}
    held = seen | {found for found in digests if found in known.held_out}
    for label in sorted({sample.label for sample in samples}):
        mine = {found for found, sample in zip(digests, samples, strict=True) if sample.label == label}
        wanted = max(1, round(SHARE * len(mine)))
        fresh = sorted(mine - held - set(known.learned))
        held.update(fresh[: max(0, wanted - len(mine & held - seen))])
        if not mine & held:
            seen.update(sorted(mine)[:wanted])
            held |= mine & seen
        elif mine <= held and len(mine) > 1:
            held -= set(sorted(mine, key=lambda found: (found in seen, found))[wanted:])
    seen &= held
    return [
        replace(sample, held_out=found in held, seen=found in seen)
        for sample, found in zip(samples, digests, strict=True)
    ]
