"""How well a version does, for people: the line of figures, the lines of its labels, and the picture."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from io import StringIO
from typing import Any

from handlers.classify_table import defuse
from handlers.label_words import label_text
from handlers.shares import measured
from handlers.texts import Texts


def label_lines(metrics: Mapping[str, Any], model: str, t: Texts) -> list[str]:
    """Return how well each label is told from the others."""
    return [
        t(
            "· {label}: precision {precision} %, recall {recall} %, F1 {f1} % (n = {count})",
            label=label_text(label, model, t),
            precision=measured(metrics["precision"][place]),
            recall=measured(metrics["recall"][place]),
            f1=measured(metrics["f1"][place]),
            count=metrics["support"][place],
        )
        for place, label in enumerate(metrics["labels"])
    ]


def picture(metrics: Mapping[str, Any], model: str, version: str, t: Texts) -> dict[str, Any] | None:
    """Return what `ml.drawings` needs for a version's picture; None where its curves were not kept."""
    if not metrics.get("roc") or not metrics.get("precision_recall"):
        return None
    samples = t.plural("{count} example", "{count} examples", metrics["samples"])
    scores = t(
        "accuracy {share} %, F1 {f1} %", share=measured(metrics["accuracy"]), f1=measured(metrics["macro_f1"])
    )
    return {
        "title": f"{model} {version}".strip(),
        "subtitle": f"{samples} · {scores}",
        "names": [label_text(label, model, t) for label in metrics["labels"]],
        "counts": metrics["confusion"],
        "roc": metrics["roc"],
        "precision_recall": metrics["precision_recall"],
        "words": {
            "truth": t("the right label"),
            "predicted": t("what the model says"),
            "roc": {
                "title": t("ROC, area below"),
                "x": t("false alarms"),
                "y": t("found"),
            },
            "precision_recall": {
                "title": t("Precision and recall, average"),
                "x": t("recall"),
                "y": t("precision"),
            },
        },
    }


def table(metrics: Mapping[str, Any], model: str, t: Texts) -> bytes:
    """Return the figures as CSV: a row a label, with how often it was taken for each, and a row for all."""
    names = [label_text(label, model, t) for label in metrics["labels"]]
    file = StringIO(newline="")
    writer = csv.writer(file)
    said = [t("taken for {label}", label=name) for name in names]
    head = ["label", "precision", "recall", "f1", "n", "roc_auc", "average_precision", *said]
    writer.writerow(map(defuse, head))
    for place, name in enumerate(names):
        figures = [metrics[key][place] for key in ("precision", "recall", "f1")]
        areas = [_area(metrics[key], place) for key in ("roc", "precision_recall")]
        row = [f"{figure:.4f}" for figure in figures] + [str(metrics["support"][place]), *areas]
        writer.writerow(map(defuse, [name, *row, *map(str, metrics["confusion"][place])]))
    means = [metrics[key] for key in ("macro_precision", "macro_recall", "macro_f1")]
    last = [f"{mean:.4f}" for mean in means] + [str(metrics["samples"])]
    writer.writerow(map(defuse, [t("mean of the labels"), *last]))
    writer.writerow(map(defuse, [t("accuracy"), f"{metrics['accuracy']:.4f}"]))
    return file.getvalue().encode("utf-8-sig")


def _area(curves: Any, place: int) -> str:
    curve = curves[place] if curves else None
    return f"{curve['area']:.4f}" if curve else ""
