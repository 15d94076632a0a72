"""How shares are written: a model's probabilities, and what was measured."""

from __future__ import annotations


def probable(share: float) -> str:
    """Return a probability as a whole number of percent that never claims certainty.

    >>> probable(0.874), probable(0.9999), probable(0.001)
    ('87', '99', '1')
    """
    return str(min(99, max(1, round(share * 100))))


def measured(share: float) -> str:
    """Return a counted share as percent: all of them is 100, and 99.7 % is not rounded up to it.

    >>> measured(1.0), measured(0.997), measured(0.6667)
    ('100', '99.7', '66.7')
    """
    return f"{share * 100:.1f}".removesuffix(".0")
