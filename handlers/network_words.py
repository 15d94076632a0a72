"""What a version of a model is made of, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers.shares import measured
from handlers.texts import N_, Texts

ARCHITECTURES = {
    "lstm": "LSTM",
    "gru": "GRU",
    "cnn": "CNN",
    "transformer": "Transformer",
    "article": N_("LSTM of the article"),
}


def network_text(made: Mapping[str, Any], t: Texts) -> str:
    """Return which networks answer, and how much the linear layer beside them counts; empty if unknown.

    Args:
        made: `arch`, `networks_share` and `config` of a manifest.
        t: The reader's language.
    """
    arch = str(made.get("arch", ""))
    name = t(ARCHITECTURES[arch]) if arch in ARCHITECTURES else arch
    ensemble, share = (made.get("config") or {}).get("ensemble"), made.get("networks_share")
    if ensemble:
        name = f"{ensemble[-1]} × {name}"
    if share is None or share == 1:
        return name
    if not share:
        return t(
            "the {arch} that I came with, and a linear layer that learned from it and the words", arch=name
        )
    return t(
        "{arch} for {share} %, and a linear layer on the words and the LSTM that I came with",
        arch=name,
        share=measured(share),
    )
