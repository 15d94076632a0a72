"""How a label is shown: the tones of the shipped model in the reader's language, a chat's own as they are."""

from __future__ import annotations

from handlers.texts import N_, Texts
from ml.predictor import SHIPPED_NAME

TONES = {"negative": N_("negative"), "neutral": N_("neutral"), "positive": N_("positive")}


def label_name(label: str, t: Texts) -> str:
    """Return a label as it is shown: tones in the reader's language."""
    return t(TONES[label]) if label in TONES else label


def label_text(label: str, model: str, t: Texts) -> str:
    """Return a label of a model as it is shown: the shipped model's in the reader's language."""
    return label_name(label, t) if model == SHIPPED_NAME else label
