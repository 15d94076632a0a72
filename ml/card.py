"""What people should know of the shipped model: its card, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml.evaluate import Metrics


def write_card(
    folder: Path, manifest: dict[str, Any], measures: dict[str, Metrics], train_rows: Sequence[int]
) -> None:
    """Write `card.md` beside a model."""
    (folder / "card.md").write_text(card(folder, manifest, measures, train_rows), encoding="utf-8")


def card(
    folder: Path, manifest: dict[str, Any], measures: dict[str, Metrics], train_rows: Sequence[int]
) -> str:
    """Return the card's text."""
    return "# sentiment\n"
