"""Where the pieces' vectors start: `python -m ml.teacher.vectors TEACHER_FILE`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer

from ml.classifier import LSTM
from ml.teacher.encoder import PAD, Teacher, mean, padded
from ml.tokenizer import INNER, RUN, SPECIAL, Pieces

HERE = Path(__file__).parent
LAYERS = (6, 8, 10)  # meaning below, tone above
SIZE = 0.1  # root of the mean square of the vectors' values
FARTHEST = 5  # sizes


def read_pieces(teacher: Teacher, names: list[str], batch: int = 256) -> np.ndarray:
    """Return what the layers say of each piece alone, (pieces, layers, width), the mean over its tokens."""
    begins = [not name.startswith(INNER) and bool((found := RUN.match(name)) and found[1]) for name in names]
    tokens: list[list[int]] = [[]] * len(names)
    for wanted in (True, False):
        numbers = [number for number, begun in enumerate(begins) if begun == wanted]
        for number, ids in zip(numbers, teacher.encode([names[n] for n in numbers], wanted), strict=True):
            tokens[number] = ids
    order = np.argsort([len(ids) for ids in tokens], kind="stable")
    found = np.zeros((len(names), len(LAYERS), teacher.word.shape[1]), np.float32)
    with torch.inference_mode():
        for start in range(0, len(order), batch):
            held = order[start : start + batch]
            rows = padded([tokens[number] for number in held])
            after = teacher.states(rows)
            inside = rows != PAD
            inside[torch.arange(len(held)), inside.sum(1) - 1] = False  # the end says nothing of the piece
            inside[:, 0] = False
            for column, layer in enumerate(LAYERS):
                found[held, column] = mean(after[layer - 1], inside).numpy()
    return found


def principal(found: np.ndarray, width: int) -> np.ndarray:
    """Return (pieces, width): the principal components of all layers, the first ones flattened."""
    centred = found - found.mean(axis=0)
    centred /= np.sqrt(np.mean(np.sum(centred**2, axis=2), axis=0))[:, None]
    joined = centred.reshape(len(found), -1)
    values, axes = np.linalg.eigh(joined.T @ joined / len(joined))
    turned = joined @ axes[:, ::-1][:, :width] / values[::-1][:width] ** 0.25
    turned *= SIZE / np.sqrt(np.mean(turned**2))
    return np.clip(turned, -FARTHEST * SIZE, FARTHEST * SIZE)


def main(teacher_file: Annotated[Path, typer.Argument(help="What `finetune` wrote.")], seed: int = 0) -> None:
    """Write `vectors.npz`: 8 bits a value."""
    pieces = Pieces.load(HERE / "tokenizer.json")
    teacher = Teacher()
    teacher.load_state_dict(torch.load(teacher_file))
    teacher.eval()
    vectors = np.zeros((len(pieces), LSTM.embedding), np.float32)
    rng = np.random.default_rng(seed)
    vectors[1 : len(SPECIAL)] = rng.normal(0, SIZE / 4, (len(SPECIAL) - 1, LSTM.embedding))
    vectors[len(SPECIAL) :] = principal(read_pieces(teacher, pieces.names[len(SPECIAL) :]), LSTM.embedding)
    scale = np.abs(vectors).max() / 127
    np.savez_compressed(HERE / "vectors.npz", vectors=np.round(vectors / scale).astype(np.int8), scale=scale)


if __name__ == "__main__":
    typer.run(main)
