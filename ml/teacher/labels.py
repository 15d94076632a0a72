"""What the teacher says of texts and their parts: `python -m ml.teacher.labels DATA_DIR TEACHER_FILE`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from scipy.special import softmax

from ml import soft_labels
from ml.fragments import fragments
from ml.phrases import LANGUAGES, phrases
from ml.sources import LABELS, SOURCES, Mixture, mix, read_sets
from ml.teacher.encoder import Teacher, padded

HERE = Path(__file__).parent
BATCH = 128
AT_ONCE = 1000  # rows of a set in one turn


def turns(mixture: Mixture, rng: np.random.Generator) -> list[np.ndarray]:
    """Return rows in order of worth: the small sets of UMSAB whole, then some of each other set in turn."""
    first, later = [], []
    for number, source in enumerate(SOURCES):
        rows = rng.permutation(np.flatnonzero(mixture.sets == number))
        if source.name.startswith("umsab"):
            first.append(rows)
        else:
            parts = [rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE)]
            later += list(enumerate(parts))
    return first + [rows for _, rows in sorted(later, key=lambda turn: turn[0])]


def main(
    data: Annotated[Path, typer.Argument(help="Folder of the sets.")],
    teacher_file: Annotated[Path, typer.Argument(help="What `finetune` wrote.")],
    seconds: float = 3600,
    seed: int = 0,
) -> None:
    """Write `soft_labels.npz`: our own sentences and all parts, then as many texts as the time allows."""
    train, _ = read_sets(data)
    mixture = mix(train)
    teacher = Teacher()
    teacher.load_state_dict(torch.load(teacher_file))
    teacher.eval()
    started = time.monotonic()
    ours = [text for language in LANGUAGES for text in phrases(language)]
    parts, sets = fragments(mixture)
    texts = [*ours, *parts]
    logits = [judged(teacher, ours), judged(teacher, parts, sets)]
    typer.echo(f"{len(ours):,} sentences of our own and {len(parts):,} parts of texts")
    count = 0
    for rows in turns(mixture, np.random.default_rng(seed)):
        if time.monotonic() - started > seconds:
            break
        held = [mixture.texts[row] for row in rows]
        logits.append(judged(teacher, held, mixture.sets[rows]) - 1e9 * mixture.impossible[rows])
        texts += held
        count += len(rows)
        if count // 20_000 != (count - len(rows)) // 20_000:
            typer.echo(f"{count:,} of {len(mixture.texts):,} texts")
    soft_labels.save(texts, softmax(np.concatenate(logits), axis=1), HERE / "soft_labels.npz")
    typer.echo(f"{count:,} of {len(mixture.texts):,} texts")


def judged(teacher: Teacher, texts: list[str], sets: np.ndarray | None = None) -> np.ndarray:
    """Return the logits (n, labels) of texts, by the head for all sets where none is named."""
    tokens = teacher.encode(texts)
    found = np.zeros((len(tokens), len(LABELS)), np.float32)
    order = np.argsort([len(ids) for ids in tokens], kind="stable")
    for start in range(0, len(order), BATCH):
        held = order[start : start + BATCH]
        of = np.zeros(len(held), int) if sets is None else sets[held]
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
            heads = teacher(padded([tokens[index] for index in held]), torch.tensor(of))
        found[held] = heads[0 if sets is None else 1].float().numpy()
    return found


if __name__ == "__main__":
    typer.run(main)
