"""How the shipped model is made: `python -m ml.sentiment DATA_DIR OUT_DIR`, seeded and resumable.

Its pieces, where their vectors start and what a larger network said of the texts are kept as numbers in
`ml/teacher`, whose README says how they were made.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import onnx
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from ml import calibrate, soft_labels
from ml.card import describe, measure
from ml.classifier import LEFT_OUT, LSTM, Weights, build, load_weights, read_weights, save_weights
from ml.export import export, write_manifest
from ml.fragments import fragments
from ml.inference import run
from ml.learning import Learner, length_buckets, pad
from ml.ngrams import out_of_fold
from ml.phrases import LANGUAGES, phrases
from ml.predictor import SHIPPED_NAME
from ml.samples import Sample
from ml.sources import DOMAINS, LABELS, SOURCES, Mixture, Source, draw, mix, read_sets
from ml.tokenizer import Pieces
from ml.wide import WideRecipe, taught_rows, train_wide

console = Console(stderr=True)
SENTIMENT = replace(LSTM, domains=len(DOMAINS))
TEACHER = Path(__file__).parent / "teacher"
COUNTED = "ngrams.npz"  # what n-grams said, kept while the training goes on
JUDGED_AT_MOST = 3000  # dev rows of a set that weigh in calibration


@dataclass(frozen=True)
class Recipe:
    """The figures of one run."""

    passes: int = 10
    rows: int = 260_000  # of a pass
    batch: int = 384
    rate: float = 2.5e-3
    smoothing: float = 0.05
    taught: float = 0.75  # how much the larger network counts beside a text's label
    averaged: int = 1000  # steps
    members: int = 3  # runs over other rows from the same start, whose weights are averaged in the end
    seed: int = 0
    wide: WideRecipe = field(default_factory=WideRecipe)


def make(data: Path, out: Path, recipe: Recipe) -> None:
    """Train, calibrate and judge the shipped model, and write its folder."""
    out.mkdir(parents=True, exist_ok=True)
    train, dev = read_sets(data)
    shutil.copyfile(TEACHER / "tokenizer.json", out / "tokenizer.json")
    pieces = Pieces.load(out / "tokenizer.json")
    mixture, softened = _taught(with_judged(mix(train), recipe.seed), _by_ngrams(train, recipe, out), recipe)
    tokens = pieces.encode(mixture.texts)
    dev_tokens = pieces.encode([sample.text for held in dev for sample in held])
    members = []
    for member in range(recipe.members):
        learner = Learner(
            build(SENTIMENT, len(pieces), len(LABELS), seed=recipe.seed, start=start_vectors()),
            steps=recipe.passes * recipe.rows // recipe.batch,
            rate=recipe.rate,
            averaged=recipe.averaged,
        )
        score = partial(_dev_score, learner, dev_tokens, dev)
        _learn(learner, mixture, tokens, recipe, member, out, score)
        learner.swap()
        members.append(learner.weights())
    learner.set_weights([np.mean(held, axis=0) for held in zip(*members, strict=True)])
    network = read_weights(learner.model)
    save_weights(network, out / "weights.npz")
    _finish(network, train, dev, recipe, softened, out)
    for member in range(recipe.members):
        _checkpoint(out, member).unlink(missing_ok=True)
    (out / COUNTED).unlink(missing_ok=True)


def renew_wide(data: Path, out: Path, recipe: Recipe) -> None:
    """Train the wide half of a model anew, beside the network that is in its folder."""
    train, dev = read_sets(data)
    softened = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["softened"]
    _finish(load_weights(out / "weights.npz"), train, dev, recipe, softened, out)


def _finish(
    network: Weights,
    train: Sequence[Sequence[Sample]],
    dev: Sequence[Sequence[Sample]],
    recipe: Recipe,
    softened: int,
    out: Path,
) -> None:
    """Train the wide half, join it to the network, calibrate and judge."""
    pieces = Pieces.load(out / "tokenizer.json")
    both = network | _wide(mix(train), pieces, recipe)
    model = out / "model.onnx"
    export(both, SENTIMENT.pooling, model)
    logits = np.log(run(onnx.load(model), pieces.encode([sample.text for held in dev for sample in held])))
    chosen, threshold = _calibration(logits, dev)
    export(both, SENTIMENT.pooling, model, temperature=chosen)
    now = datetime.now(UTC)
    manifest = {
        "name": SHIPPED_NAME,
        "labels": LABELS,
        "threshold": threshold,
        "version": f"{now:%Y.%m.%d}",
        "created": now.isoformat(timespec="seconds"),
        "arch": SENTIMENT.name,
        "architecture": asdict(SENTIMENT),
        "vocabulary": len(pieces),
        "samples": sum(map(len, train)),
        "softened": softened,
        "left_out": LEFT_OUT,
        "temperature": chosen,
        "recipe": asdict(recipe),
    }
    write_manifest(out, manifest)
    describe(out, train, dev)


def start_vectors() -> np.ndarray:
    """Return where the pieces' vectors start, (vocabulary, embedding)."""
    with np.load(TEACHER / "vectors.npz") as saved:
        return np.asarray(saved["vectors"] * saved["scale"], np.float32)


def with_judged(mixture: Mixture, seed: int) -> Mixture:
    """Add what only the larger network judged: sentences of our own, and parts of texts.

    The sentences are one more set; each counts to a domain of its language, by chance: what is plainly
    said looks like no domain more than like another, and all shall know it. The parts of the texts of a set
    are one more set each, of the same domain.
    """
    rng = np.random.default_rng(seed)
    texts: list[str] = []
    domains: list[np.ndarray] = []
    for language in LANGUAGES:
        added = phrases(language)
        of_language = {DOMAINS.index(source.domain) for source in SOURCES if source.language == language}
        texts += added
        domains.append(rng.choice(sorted(of_language), len(added)))
    parts, of = fragments(mixture)
    domains.append(np.array([DOMAINS.index(source.domain) for source in SOURCES])[of])
    sets = np.concatenate([np.full(len(texts), len(SOURCES), np.int32), of + len(SOURCES) + 1])
    texts += parts
    probabilities, there = soft_labels.look_up(texts, TEACHER / "soft_labels.npz")
    probabilities = probabilities[there]
    texts = [text for text, known in zip(texts, there, strict=True) if known]
    return Mixture(
        texts=mixture.texts + texts,
        targets=np.concatenate([mixture.targets, probabilities]).astype(np.float32),
        impossible=np.concatenate([mixture.impossible, np.zeros_like(probabilities)]).astype(np.float32),
        weights=np.concatenate([mixture.weights, np.ones(len(texts), np.float32)]),
        domains=np.concatenate([mixture.domains, np.concatenate(domains)[there]]).astype(np.int32),
        sets=np.concatenate([mixture.sets, sets[there]]).astype(np.int32),
    )


def _by_ngrams(train: Sequence[Sequence[Sample]], recipe: Recipe, out: Path) -> list[np.ndarray | None]:
    """Return what n-grams say of the rows of each set, None of a set that is too small."""
    if not (out / COUNTED).exists():
        columns = [TextColumn("n-grams of {task.description}"), BarColumn(), TimeRemainingColumn()]
        said: dict[str, np.ndarray] = {}
        with Progress(*columns, console=console) as progress:
            bar = progress.add_task("the sets", total=sum(map(len, train)))
            for source, held in zip(SOURCES, train, strict=True):
                progress.update(bar, description=source.name)
                found = out_of_fold(held, source.language, recipe.seed)
                if found is not None:
                    said[source.name] = found
                progress.advance(bar, len(held))
        _write(out / COUNTED, said)
    with np.load(out / COUNTED) as kept:
        return [kept[source.name] if source.name in kept.files else None for source in SOURCES]


def _taught(mixture: Mixture, counted: Sequence[np.ndarray | None], recipe: Recipe) -> tuple[Mixture, int]:
    """Mix into the labels what the larger network said, of how many texts it returns, and the n-grams."""
    said = soft_labels.look_up(mixture.texts, TEACHER / "soft_labels.npz")
    targets = soft_labels.soften(
        mixture.targets, mixture.impossible, said, share=recipe.taught, smoothing=recipe.smoothing
    )
    for number, (source, probabilities) in enumerate(zip(SOURCES, counted, strict=True)):
        if probabilities is not None:
            rows = mixture.sets == number
            targets[rows] += source.counted * (probabilities - targets[rows])
    return replace(mixture, targets=targets), int(said[1].sum())


def _learn(
    learner: Learner,
    mixture: Mixture,
    tokens: list[list[int]],
    recipe: Recipe,
    member: int,
    out: Path,
    score: Any,
) -> None:
    """Take all passes, from the last checkpoint on, and write one after each."""
    first = _resume(learner, _checkpoint(out, member))
    lengths = np.array([len(ids) for ids in tokens])
    columns = [
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f}%"),
        TimeRemainingColumn(),
    ]
    with Progress(*columns, console=console) as progress:
        for number in range(first, recipe.passes):
            rng = np.random.default_rng([recipe.seed, member, number])
            rows = draw(mixture.sets, recipe.rows, rng)
            name = f"pass {number + 1} of {recipe.passes}, network {member + 1} of {recipe.members}"
            bar = progress.add_task(name, total=len(rows))
            losses = []
            for bucket in length_buckets(lengths[rows], recipe.batch, rng):
                held = rows[bucket]
                batch = pad([tokens[row] for row in held])
                loss = learner.step(
                    batch,
                    mixture.targets[held],
                    mixture.impossible[held],
                    mixture.weights[held],
                    mixture.domains[held],
                )
                losses.append(float(loss))
                progress.update(bar, advance=len(held))
            learner.swap()
            progress.console.print(f"pass {number + 1}: loss {np.mean(losses):.4f}; {score()}")
            learner.swap()
            _save(learner, _checkpoint(out, member), number + 1)


def _wide(labelled: Mixture, pieces: Pieces, recipe: Recipe) -> Weights:
    """Train the half that reads pieces and pairs by themselves; a minute, so that it needs no checkpoint."""
    columns = [TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()]
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("pieces and pairs", total=recipe.wide.passes * len(taught_rows(labelled)))
        return train_wide(
            pieces.encode(labelled.texts),
            labelled,
            len(pieces),
            recipe.wide,
            seed=recipe.seed,
            report=lambda rows: progress.update(bar, advance=rows),
        )


def _checkpoint(out: Path, member: int) -> Path:
    return out / f"checkpoint_{member}.npz"


def _save(learner: Learner, checkpoint: Path, passes: int) -> None:
    _write(checkpoint, {"passes": passes, **learner.state()})


def _write(path: Path, arrays: dict[str, Any]) -> None:
    """Write arrays; an interruption leaves the file that was there before."""
    unfinished = path.with_name(f"unfinished-{path.name}")
    np.savez(unfinished, **arrays)
    unfinished.replace(path)


def _resume(learner: Learner, checkpoint: Path) -> int:
    """Return how many passes were taken, with the learner as it was after them."""
    if not checkpoint.exists():
        return 0
    with np.load(checkpoint) as state:
        learner.restore(dict(state))
        return int(state["passes"])


def _possible(logits: np.ndarray, source: Source) -> np.ndarray:
    """Return logits without the label that a set does not know."""
    return logits - 1e9 * np.array([0, source.binary, 0]) if source.binary else logits


def _dev_score(learner: Learner, dev_tokens: list[list[int]], dev: Sequence[Sequence[Sample]]) -> str:
    """Return one line with each set's measure."""
    logits = learner.logits(dev_tokens)
    said, start = [], 0
    for held, source in zip(dev, SOURCES, strict=True):
        part = _possible(logits[start : start + len(held)], source)
        start += len(held)
        metrics = measure(held, calibrate.probabilities(part))
        said.append(f"{source.name} {100 * getattr(metrics, source.judged):.1f}")
    return ", ".join(said)


def _calibration(logits: np.ndarray, dev: Sequence[Sequence[Sample]]) -> tuple[float, float]:
    """Return temperature and threshold over the dev rows, where each set weighs no more than 3,000 rows."""
    parts, truth, weights, start = [], [], [], 0
    for held, source in zip(dev, SOURCES, strict=True):
        parts.append(_possible(logits[start : start + len(held)], source))
        start += len(held)
        truth += [LABELS.index(sample.label) for sample in held]
        weights += [min(1.0, JUDGED_AT_MOST / len(held))] * len(held)
    joined, known, weighed = np.concatenate(parts), np.array(truth), np.array(weights)
    chosen = calibrate.temperature(joined, known, weighed)
    return chosen, calibrate.threshold(calibrate.probabilities(joined / chosen), known, weighed)


def main(
    data: Annotated[Path, typer.Argument(help="Folder of the sets: SET/train.tsv.gz and SET/dev.tsv.gz.")],
    out: Annotated[Path, typer.Argument(help="Folder that the model is written to.")],
    passes: int = Recipe.passes,
    rows: int = Recipe.rows,
    seed: int = Recipe.seed,
    judge: Annotated[bool, typer.Option(help="Only judge OUT as it is and write its card.")] = False,
    wide: Annotated[bool, typer.Option(help="Only train the wide half of OUT anew.")] = False,
) -> None:
    """Train the shipped sentiment model. Run it again after an interruption: it goes on."""
    if judge:
        describe(out, *read_sets(data))
        return
    recipe = Recipe(passes=passes, rows=rows, seed=seed)
    (renew_wide if wide else make)(data, out, recipe)


if __name__ == "__main__":
    typer.run(main)
