"""Teaches the teacher: `python -m ml.teacher.finetune DATA_DIR OUT_FILE`, for a time that may be chosen."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  (as its users name it)
import typer

from ml.sources import SOURCES, Mixture, mix, read_sets
from ml.teacher.encoder import FROZEN, LAYERS, Teacher, padded

RATE, HEAD_RATE = 2e-4, 1e-3
DECAY = 0.88  # of the rate, a layer further down
WARMUP = 150  # steps
DROPOUT = 0.1
POOL, TOKENS, TEXTS = 6144, 2200, 96  # rows sorted together; the most of a batch
CHECKPOINT_EVERY = 300  # seconds
ROWS = {  # of a pass; a set that is not named here comes twice
    "tweeteval_sentiment": 22_000, "goemotions3": 16_000, "sst3": 6000, "sst2": 5000, "vadergt_tweets": 2500,
    "smp2020": 9000, "cped": 9000, "waimai10k": 5000, "online_shopping": 6000, "chnsenticorp": 2500,
    "weibo7": 4000, "indonesian_3": 4000, "nsmc3_ko": 10_000, "wisesight_th": 9000,
}  # fmt: skip


def batches(mixture: Mixture, lengths: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield rows in batches of like length, pass after pass without an end."""
    while True:
        drawn = []
        for number, source in enumerate(SOURCES):
            rows = np.flatnonzero(mixture.sets == number)
            wanted = ROWS.get(source.name, 2 * len(rows))
            drawn.append(
                np.concatenate([rng.permutation(rows) for _ in range(-(-wanted // len(rows)))])[:wanted]
            )
        order = rng.permutation(np.concatenate(drawn))
        for start in range(0, len(order), POOL):
            pool = order[start : start + POOL]
            pool = pool[np.argsort(lengths[pool], kind="stable")]
            cuts, begun = [], 0
            for end in range(1, len(pool) + 1):
                if (end - begun) * lengths[pool[end - 1]] >= TOKENS or end - begun == TEXTS:
                    cuts.append(pool[begun:end])
                    begun = end
            for index in rng.permutation(len(cuts)):
                yield cuts[index]


def main(
    data: Annotated[Path, typer.Argument(help="Folder of the sets.")],
    out: Annotated[Path, typer.Argument(help="File that the teacher is written to.")],
    seconds: float = 2700,
    seed: int = 0,
) -> None:
    """Fine-tune the upper layers and the heads; the rate falls to zero as the time runs out.

    An interrupted run goes on from its checkpoint beside OUT_FILE.
    """
    torch.manual_seed(seed)
    train, _ = read_sets(data)
    mixture = mix(train)
    teacher = Teacher()
    teacher.train()
    tokens = teacher.encode(mixture.texts)
    lengths = np.array([len(ids) for ids in tokens])
    heads = [*teacher.head.parameters(), teacher.added, teacher.added_bias]
    groups = [
        {"params": list(layer.parameters()), "base": RATE * DECAY ** (LAYERS - 1 - number)}
        for number, layer in enumerate(teacher.layers)
        if number >= FROZEN
    ]
    groups.append({"params": heads, "base": HEAD_RATE, "weight_decay": 0.0})
    optimizer = torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    checkpoint = out.with_suffix(".checkpoint")
    begun, spent = 0, 0.0
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        teacher.load_state_dict(saved["teacher"])
        optimizer.load_state_dict(saved["optimizer"])
        begun, spent = saved["step"], saved["spent"]
    started = saved_at = time.monotonic()
    for step, rows in enumerate(batches(mixture, lengths, np.random.default_rng(seed)), 1):
        if step <= begun:  # rows that were learned from before the interruption
            continue
        now = time.monotonic()
        done = (spent + now - started) / seconds
        if done >= 1:
            break
        if now - saved_at > CHECKPOINT_EVERY:
            state = {"teacher": teacher.state_dict(), "optimizer": optimizer.state_dict()}
            _save(state | {"step": step - 1, "spent": spent + now - started}, checkpoint)
            saved_at = now
        for group in optimizer.param_groups:
            group["lr"] = group["base"] * min(1, step / WARMUP) * (1 + math.cos(math.pi * done)) / 2
        batch = padded([tokens[row] for row in rows])
        with torch.autocast("cpu", dtype=torch.bfloat16):  # twice as fast where the processor has AMX
            said = teacher(batch, torch.tensor(mixture.sets[rows]), DROPOUT)
        losses = [
            F.cross_entropy(
                logits.float() - 1e9 * torch.tensor(mixture.impossible[rows]),
                torch.tensor(mixture.targets[rows].argmax(axis=1)),
                reduction="none",
            )
            for logits in said
        ]
        weights = torch.tensor(mixture.weights[rows])
        loss = ((0.3 * losses[0] + 0.7 * losses[1]) * weights).sum() / weights.sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(teacher.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if step % 100 == 0:
            typer.echo(f"step {step}, {done:.0%} of the time: loss {loss.item():.3f}")
    _save(teacher.state_dict(), out)
    checkpoint.unlink(missing_ok=True)


def _save(state: dict[str, object], path: Path) -> None:
    """Write a file that is whole or not there."""
    partly = path.with_suffix(".partly")
    torch.save(state, partly)
    partly.replace(path)


if __name__ == "__main__":
    typer.run(main)
