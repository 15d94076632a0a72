"""What people should know of the shipped model: how good it is on each set, and its card in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ml.evaluate import Metrics, judge
from ml.export import write_manifest
from ml.ngrams import FEWEST
from ml.predictor import Model
from ml.samples import Sample
from ml.sources import COUNTED, LABELS, SOURCES, Source
from ml.trials import tables
from ml.wide_graph import PAIRS

Rows = Sequence[Sequence[Sample]]
SHIPPED_FILES = ("model.onnx", "tokenizer.json")
TEMPLATE = """# The model `sentiment`

Written by `python -m ml.sentiment DATA_DIR OUT_DIR`; version {version}, made {date}.

- **What it does.** Says of a text in any of {languages} languages whether its tone is negative, neutral
  or positive.
- **What it is.** {vocabulary:,} pieces of words over all languages, {embedding} numbers a piece, an LSTM of
  {units} units in one direction, and a softmax over its last state, the mean and the maximum of its
  states, and the mean of the pieces. Each of {domains} domains (tweets, film reviews, take-away reviews, ...)
  adds to what is said of all texts, by how much a text looks like it. Beside it stands a linear model over
  the pieces and {pairs:,} places that pairs of neighbours share by a hash. One ONNX graph, weights in 8 bits.
- **Size.** {size:.1f} MB for the network and its vocabulary. `weights.npz` is where chats' own models
  start.
- **Calibration.** Temperature {temperature:.3f}, chosen on the dev rows. Expected calibration error over
  the dev rows that know three labels: {error:.3f}. Below a probability of {threshold:.2f} it says "not
  sure"; {answered:.0%} of those rows get an answer.

## How good it is

Dev splits, in %, as `tonefit classify --json` answers. No text of a dev or test split was learned from:
the sets overlap, and such rows were taken out of every train split. Sets without neutral are judged by
the larger of negative and positive. ROC-AUC is the mean over labels, each against the rest; ECE is the
expected calibration error; in bold what a set's own field reports.

| set | rows | accuracy | macro precision | macro recall | macro F1 | ROC-AUC | ECE |
|---|---|---|---|---|---|---|---|
{figures}

## What it learned from

{samples:,} rows; their texts are in no file of this project.

| set | language | rows learned from | rows judged by | licence | source |
|---|---|---|---|---|---|
{data}

"Research use" means public research data with no or an unclear licence on the texts.

## How it was trained

The pieces' vectors start from a transformer (the first ten layers of multilingual-e5-small, MIT, fine-tuned
on the same rows), which read each piece alone; what is learned about a piece is added, and {left_out:.0%} of
the texts are read without it. The transformer's probabilities of {softened:,} texts, parts of texts and
sentences of our own count {taught:.0%} beside the label, or stand for it where there is none
(`ml/fragments.py`, `ml/phrases.py`). Both are numbers in `ml/teacher`; the transformer itself is needed
for nothing. Of a labelled row's target {counted} is what a linear model over n-grams says that learned
from three quarters of its set without it (`ml/ngrams.py`); each run makes that anew. Sets of fewer than {few}
rows have none.

{passes} passes of {rows:,} rows drawn by set (its size to the power 0.6, no row more than twice a pass;
{drawn}),
batches of {batch} texts of like length, Adam with a rate that rises to {rate} and falls as a cosine,
label smoothing {smoothing}, dropout {dropout} and {channels} of whole channels of the pieces, and the
moving average of the weights over {averaged:,} steps. The weights are the mean of {members} such runs from
one start over other rows (Wortsman et al. 2022). A row of a set without neutral says nothing about
that label. Rare labels weigh more where a set is judged by macro figures. Seed {seed}.

The linear model (`ml/wide.py`) learned from the labels alone: {wide[passes]} passes, batches of {wide[batch]}
and Adam from {wide[rate]} down to zero; {without} take no part, since they have too few rows a
language. Its logits join those of the network at {counted}.

## What helped, and what did not

One seed each, macro-F1, macro-recall or accuracy on the first 700 dev rows of a set, after 2 passes of 60,000
rows unless said; less than one point is noise. UMSAB is the mean of its 8 languages.

{trials}

## What it is not for

- It judges the tone of words, not of people, and often misses irony.
- It learned what people wrote in public posts and reviews, their prejudices included.
- Hindi is at chance, for this model and for the transformer that taught it: most of UMSAB's is in Latin
  letters, and its labels look like chance themselves.
- Other languages than those above are guessed from the pieces they share.
"""
FIGURES = ("accuracy", "macro_precision", "macro_recall", "macro_f1", "roc_auc", "calibration_error")
NEUTRAL = LABELS.index("neutral")


def describe(
    folder: Path, train: Sequence[Sequence[Sample]], dev: Sequence[Sequence[Sample]]
) -> dict[str, Metrics]:
    """Judge a model folder as it is served, enter the figures in its manifest and write `card.md`.

    Args:
        folder: The model.
        train: Rows by set, in the order of `SOURCES`.
        dev: Likewise; nothing was learned from these.
    """
    model = Model.load(folder)
    found = [model.probabilities([sample.text for sample in held]) for held in dev]
    by_set = {source.name: measure(dev[n], found[n], source) for n, source in enumerate(SOURCES)}
    three_way = [number for number, source in enumerate(SOURCES) if not source.binary]
    joined = np.concatenate([found[number] for number in three_way])
    overall = measure([sample for number in three_way for sample in dev[number]], joined)
    manifest = model.manifest | {
        "metrics": overall.to_dict(),
        "sets": {name: _without_curves(metrics) for name, metrics in by_set.items()},
        "answered": float(np.mean(joined.max(axis=1) >= model.threshold)),
        "rows": {
            source.name: [len(rows), len(held)]
            for source, rows, held in zip(SOURCES, train, dev, strict=True)
        },
    }
    write_manifest(folder, manifest)
    (folder / "card.md").write_text(card(folder, manifest), encoding="utf-8")
    return by_set


def _without_curves(metrics: Metrics) -> dict[str, Any]:
    """Return the measures of one set; the curves of all sets would make a manifest of megabytes."""
    return replace(metrics, roc=(), precision_recall=()).to_dict()


def measure(samples: Sequence[Sample], probabilities: np.ndarray, source: Source | None = None) -> Metrics:
    """Measure probabilities (n, 3); in a set without neutral the larger of the two others counts."""
    if source is not None and source.binary:
        probabilities = probabilities.copy()
        probabilities[:, NEUTRAL] = 0
        probabilities /= probabilities.sum(axis=1, keepdims=True)
    predicted = [LABELS[column] for column in probabilities.argmax(axis=1)]
    return judge(LABELS, [sample.label for sample in samples], predicted, probabilities)


def card(folder: Path, manifest: dict[str, Any]) -> str:
    """Return the card's text."""
    architecture, recipe = manifest["architecture"], manifest["recipe"]
    return TEMPLATE.format(
        version=manifest["version"],
        date=manifest["created"][:10],
        languages=len({source.language for source in SOURCES}),
        vocabulary=manifest["vocabulary"],
        embedding=architecture["embedding"],
        units=architecture["units"],
        size=sum((folder / name).stat().st_size for name in SHIPPED_FILES) / 1e6,
        temperature=manifest["temperature"],
        error=manifest["metrics"]["calibration_error"],
        threshold=manifest["threshold"],
        answered=manifest["answered"],
        figures=_figures(manifest["sets"]),
        samples=manifest["samples"],
        data=_data(manifest["rows"]),
        dropout=architecture["dropout"],
        channels=architecture["embedding_dropout"],
        domains=architecture["domains"],
        left_out=manifest["left_out"],
        softened=manifest["softened"],
        trials=tables(),
        drawn=_drawn(),
        few=f"{FEWEST:,}",
        counted=_counted(),
        pairs=PAIRS,
        without=_without(),
        **recipe,
    )


def _figures(sets: dict[str, dict[str, Any]]) -> str:
    """Return the rows of the table of measures."""
    lines = []
    for source in SOURCES:
        shown = {name: f"{100 * sets[source.name][name]:.1f}" for name in FIGURES}
        shown[source.judged] = f"**{shown[source.judged]}**"
        lines.append(f"| {source.name} | {sets[source.name]['samples']:,} | {' | '.join(shown.values())} |")
    return "\n".join(lines)


def _counted() -> str:
    """Return how much n-grams count, and in which sets otherwise."""
    others = [f"{source.name} {source.counted:.0%}" for source in SOURCES if source.counted != COUNTED]
    return f"{COUNTED:.0%} ({', '.join(others)})"


def _without() -> str:
    """Return which domains the linear model does not know."""
    return " and ".join(dict.fromkeys(source.domain for source in SOURCES if not source.wide))


def _drawn() -> str:
    """Return which sets are drawn more often than their size says."""
    said = [f"{source.name} {source.drawn} times as often" for source in SOURCES if source.drawn != 1]
    return f"{', '.join(said[:-1])} and {said[-1]}"


def _data(rows: dict[str, list[int]]) -> str:
    return "\n".join(
        f"| {source.name} | {source.language} | {rows[source.name][0]:,} | {rows[source.name][1]:,} "
        f"| {source.licence} | {source.origin} |"
        for source in SOURCES
    )
