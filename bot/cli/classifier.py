"""The classifier on the command line: `tonefit classify`, `tonefit train` and `tonefit evaluate`."""

from __future__ import annotations

import difflib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ml.evaluate import Metrics
    from ml.predictor import Model, Prediction
    from ml.samples import Sample
    from ml.store import Store
    from ml.together import Together
    from ml.train import Report

OWNER = "local"  # who owns the models of the command line
SHIPPED_NAME = "sentiment"
PART = 4_000  # texts between two steps of the progress bar
SHOWN = 60  # characters of a text beside its label
INPUT_ERROR = 2  # exit status: what was given cannot be used
FAILED = 1

ModelName = Annotated[str, typer.Option("--model", help="A model that you trained, or `sentiment`.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Labelled = Annotated[Path, typer.Argument(help="Labels and texts: CSV with or without a header, or TSV.")]


def classify(
    text: Annotated[
        list[str] | None, typer.Argument(help="Texts; without any, one a line from stdin.")
    ] = None,
    model: ModelName = SHIPPED_NAME,
    as_json: AsJson = False,
) -> None:
    """Say which label each text has and how sure that is."""
    loaded = _load_model(model)
    texts = text or _read_lines()
    predictions = [found for part in _parts(texts) for found in loaded.classify(part)]
    if as_json:
        lines = [json.dumps(_as_json(prediction), ensure_ascii=False) for prediction in predictions]
    else:
        lines = [_as_line(prediction, said) for prediction, said in zip(predictions, texts, strict=True)]
    sys.stdout.buffer.write("".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))


def train(
    file: Labelled,
    name: Annotated[
        str, typer.Option("--name", help="What to call the model; a new version if it is there.")
    ],
    arch: Annotated[
        str,
        typer.Option(
            "--arch",
            help="`lstm`, `gru`, `cnn`, `transformer`, or `article` for the source article's. Without it the "
            "LSTM, which below 550 samples stays as it came, under a linear layer that learns.",
        ),
    ] = "",
    epochs: Annotated[
        int | None, typer.Option("--epochs", min=1, max=1000, help="Passes over the data.")
    ] = None,
    distributed: Annotated[
        bool,
        typer.Option("--distributed", help="Together with the hosts that TF_CONFIG names; start it on each."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train a classifier on your own labels and keep it under a name."""
    together = _together() if distributed else None
    store = _store()
    _check_name(store, name)
    samples = _read_samples(file)
    folder = Path(tempfile.mkdtemp(prefix="tonefit-"))
    try:
        report = _train(samples, arch, epochs, folder / "model", together)
        if together is not None:
            weights = _mark_of(folder / "model")
            together.agree([0.0])  # nobody leaves before all are done
            if not together.first:
                _print_json({"host": together.number, "weights": weights})
                shutil.rmtree(folder, ignore_errors=True)
                return
        version = store.publish(OWNER, name, folder / "model")
    except OSError as error:  # a full disk: the training is not lost
        raise _failure(
            f"The model store took nothing ({_reason(error)}). The model is in {folder}.", FAILED
        ) from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)
    if as_json:
        shared = {} if together is None else {"host": 0, "weights": weights}
        _print_json({"name": name, "version": version, **report.to_dict(), **shared})
        return
    _print_metrics(
        report.metrics, f"{name} {version} on {report.n_held_out} held-out of {len(samples)} samples"
    )


def evaluate(file: Labelled, model: ModelName = SHIPPED_NAME, as_json: AsJson = False) -> None:
    """Measure a model on texts whose labels are known.

    Where a file for `sentiment` has no neutral text, the larger of negative and positive counts.
    """
    import numpy as np

    from ml.evaluate import judge

    loaded = _load_model(model)
    samples = _read_samples(file)
    truth = [sample.label for sample in samples]
    unknown = sorted(set(truth) - set(loaded.labels))
    if unknown:
        raise _failure(f"The file has the label {unknown[0]!r}; {model} knows {', '.join(loaded.labels)}.")
    parts = _parts([sample.text for sample in samples])
    probabilities = np.concatenate([loaded.probabilities(part) for part in parts])
    left_out = [label for label in ("neutral",) if model == SHIPPED_NAME and label not in truth]
    for label in left_out:
        probabilities[:, loaded.labels.index(label)] = 0
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    predicted = [loaded.labels[column] for column in probabilities.argmax(axis=1)]
    metrics = judge(loaded.labels, truth, predicted, probabilities)
    if as_json:
        _print_json({"model": model, "left_out": left_out, **metrics.to_dict()})
        return
    _print_metrics(metrics, f"{model} on {len(samples)} samples")


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Hand texts out in parts, under a progress bar where somebody watches and it takes a while."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal or len(texts) <= PART) as progress:
        bar = progress.add_task("classifying", total=len(texts))
        for start in range(0, len(texts), PART):
            yield texts[start : start + PART]
            progress.update(bar, advance=PART)


def _as_json(prediction: Prediction) -> dict[str, Any]:
    return {"label": prediction.label, "probabilities": prediction.probabilities, "sure": prediction.sure}


def _as_line(prediction: Prediction, text: str) -> str:
    shown = " ".join(text.split())
    shown = shown if len(shown) <= SHOWN else shown[: SHOWN - 1] + "…"
    doubt = "" if prediction.sure else f", not sure: {prediction.runner_up[0]} {prediction.runner_up[1]:.0%}"
    return f"{prediction.label} {prediction.probability:.0%}{doubt}\t{shown}"


def _read_lines() -> list[str]:
    """Return the lines of standard input; only LF ends one, and a blank one counts."""
    content = sys.stdin.buffer.read()
    lines = content.removesuffix(b"\n").split(b"\n") if content else []
    return [line.decode("utf-8", "replace") for line in lines]


def _load_model(name: str) -> Model:
    """Load the shipped model, or the newest version of one from the store."""
    from ml.predictor import SHIPPED, Model

    if name == SHIPPED_NAME:
        return Model.load(SHIPPED)
    store = _store()
    try:
        versions = store.versions(OWNER, name)
        if versions:
            return Model.load(store.fetch(OWNER, name, versions[-1]))
    except ValueError:
        pass  # no name at all, so that there is no such model
    except OSError as error:
        raise _failure(f"The model store cannot be read: {_reason(error)}.", FAILED) from error
    names = [*store.names(OWNER), SHIPPED_NAME]
    near = difflib.get_close_matches(name, names, n=3, cutoff=0) or names
    raise _failure(f"There is no model {name!r}. The nearest: {', '.join(near)}.")


def _store() -> Store:
    from pydantic import ValidationError

    from bot.settings import Settings
    from ml.store import Store

    try:
        store = Store(Settings().store_url)
        store.names(OWNER)
        return store
    except (OSError, ImportError) as error:  # an address like s3:// needs its own package
        raise _failure(f"The model store cannot be used: {_reason(error)}.", FAILED) from error
    except ValidationError as error:
        fields = ", ".join(f"TONEFIT_{problem['loc'][0]}".upper() for problem in error.errors())
        raise _failure(f"These settings cannot be used: {fields}.") from error


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _check_name(store: Store, name: str) -> None:
    if name == SHIPPED_NAME:
        raise _failure("The name 'sentiment' belongs to the shipped model; choose another.")
    try:
        store.versions(OWNER, name)
    except ValueError as error:
        raise _failure(f"{name!r} cannot be a model's name: {error}.") from error


def _read_samples(file: Path) -> list[Sample]:
    """Read a file of labels and texts; what is wrong with it becomes a sentence."""
    from ml.samples import read_samples
    from ml.tables import TableError

    try:
        return read_samples(file.read_bytes(), file.name)
    except OSError as error:
        raise _failure(f"{file} cannot be read: {error.strerror}.") from error
    except TableError as error:
        where = (
            ""
            if error.row is None
            else f" (row {error.row}: {error.held!r})"
            if error.held
            else f" (row {error.row})"
        )
        raise _failure(f"{file}: {PROBLEMS.get(error.kind, 'the table cannot be read')}{where}.") from error


PROBLEMS = {
    "nothing": "there is no label with a text in it",
    "cells": "a row needs a label and a text",
    "label": 'a label is 1-24 characters without "=" and ":"',
    "text": "a text is empty",
    "binary": "this is no text file",
    "encoding": "its encoding is not known; save it as UTF-8",
    "quote": "a quote is opened and not closed",
    "long": "a cell is too long",
}


def _together() -> Together:
    """Join the hosts of TF_CONFIG, before anything is computed."""
    with _quiet():
        from ml.together import NoCluster, Together
    try:
        return Together(os.environ.get("TF_CONFIG", ""))
    except NoCluster as error:
        raise _failure(str(error)) from error


def _mark_of(folder: Path) -> str:
    """Return the digest of the network's weights in a model folder, "" where the training had no network."""
    import numpy as np

    from ml.together import mark

    if not (folder / "weights.npz").exists():
        return ""
    with np.load(folder / "weights.npz") as held:
        return mark([held[name] for name in sorted(held.files, key=int)])


def _train(
    samples: Sequence[Sample], arch: str, epochs: int | None, folder: Path, together: Together | None
) -> Report:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    with console.status("starting TensorFlow"), _quiet():
        from ml.networks import NAMES
        from ml.train import Epoch, OneClass, TooFewSamples, TrainConfig, check, train
    if arch and arch not in NAMES:
        raise _failure(f"There is no architecture {arch!r}; there are {', '.join(NAMES)}.")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    config = TrainConfig(arch=arch, epochs=epochs)
    try:
        check(samples)  # before a bar is drawn
    except OneClass as error:
        raise _failure(
            f"All samples have the label {error.label!r}; there must be two labels or more."
        ) from error
    except TooFewSamples as error:
        counts = ", ".join(f"{label} {count}" for label, count in sorted(error.counts.items()))
        raise _failure(f"Each label needs {error.needed} samples; there are {counts}.") from error
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("training", total=None)

        def report(epoch: Epoch) -> None:
            said = f"loss {epoch.loss:.3f}, held-out accuracy {epoch.held_out_accuracy:.1%}"
            progress.update(bar, description=said, completed=epoch.epoch, total=epoch.epochs)

        return train(samples, config, folder, report, together=together)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep from the terminal what TensorFlow's libraries say while they load, before any log level counts."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _print_metrics(metrics: Metrics, title: str) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("label", "precision", "recall", "F1", "samples", title=title)
    for label, *figures, support in zip(
        metrics.labels, metrics.precision, metrics.recall, metrics.f1, metrics.support, strict=True
    ):
        table.add_row(label, *(f"{figure:.1%}" for figure in figures), str(support))
    macro = (metrics.macro_precision, metrics.macro_recall, metrics.macro_f1)
    table.add_section()
    table.add_row("mean", *(f"{figure:.1%}" for figure in macro), str(metrics.samples))
    console = Console()
    console.print(table)
    auc = "" if metrics.roc_auc is None else f", ROC-AUC {metrics.roc_auc:.3f}"
    console.print(f"accuracy {metrics.accuracy:.1%}{auc}, calibration error {metrics.calibration_error:.3f}")
    confusion = Table("truth", *metrics.labels, title="how often each label was taken for which")
    for label, row in zip(metrics.labels, metrics.confusion, strict=True):
        confusion.add_row(label, *map(str, row))
    console.print(confusion)


def _print_json(content: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")


def _failure(sentence: str, status: int = INPUT_ERROR) -> typer.Exit:
    """Say what is wrong and return the exit to raise."""
    sys.stderr.write(sentence + "\n")
    return typer.Exit(status)
