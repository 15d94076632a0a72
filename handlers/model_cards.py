"""What `/models` answers: the list, the card of one model, and the question before it is deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from handlers.label_words import label_text
from handlers.messages import Button, Reply
from handlers.model_names import model_buttons, model_key
from handlers.network_words import network_text
from handlers.shares import measured
from handlers.texts import N_, Texts
from ml.feedback import Verdict
from ml.predictor import SHIPPED_NAME
from ml.registry import ModelEntry

EXAMPLE = N_("/new spam junk fine")
SHOWN = 24  # models in one list; a message has room for about that many rows of buttons


@dataclass(frozen=True)
class ModelFacts:
    """Everything that a model's card tells; `manifest` is the live version's, None without one."""

    name: str
    labels: tuple[str, ...]
    created: str = ""  # ISO 8601; empty for the shipped model
    counts: Mapping[str, int] = field(default_factory=dict)
    manifest: Mapping[str, Any] | None = None
    size: int = 0  # bytes of the live version
    verdicts: Mapping[Verdict, int] = field(default_factory=dict)  # right, wrong
    training: str = ""  # how far the training is that runs or waits, in words; empty without one
    used_here: bool = False

    @property
    def shipped(self) -> bool:
        """Whether it came with the program and cannot be taught or deleted."""
        return self.name == SHIPPED_NAME


def models_card(
    entries: Sequence[ModelEntry],
    counts: Mapping[str, int],
    trainings: Mapping[str, str],
    used: str,
    t: Texts,
    *,
    private: bool,
) -> Reply:
    """List the models with their examples and live versions, each a button to its card.

    Args:
        entries: The chat's models.
        counts: How many examples each has in all.
        trainings: How far those are that run or wait, in words.
        used: The model that stands where `/classify` names none.
    """
    lines = [t("Models here:")]
    for entry in entries[:SHOWN]:
        parts = [t.plural("{count} example", "{count} examples", counts.get(entry.name, 0))]
        parts += [t("live: {version}", version=entry.version)] if entry.version else []
        if entry.name in trainings:
            parts.append(t("in training: {state}", state=trainings[entry.name]))
        elif not entry.version:
            parts.append(t("not trained yet"))
        lines.append(f"· {entry.name} – {t.clauses(parts)}" + _mark(entry.name, used, t))
    lines.append(f"· {SHIPPED_NAME} – " + t("came with me") + _mark(SHIPPED_NAME, used, t))
    if len(entries) > SHOWN:
        lines.append(t("and {count} more: /models and a name", count=len(entries) - SHOWN))
    if trainings:
        lines.append(t("/jobs shows how it goes."))
    if not entries:
        lines.append(t("To make one of your own, write for example:") + "\n" + t(EXAMPLE))
    names = [entry.name for entry in entries[:SHOWN]] + [SHIPPED_NAME]
    new = (Button(t("New model"), data="new:ask"),)
    return Reply(
        "\n".join(lines), buttons=(*model_buttons("model", names), *([new] if private or not entries else []))
    )


def _mark(name: str, used: str, t: Texts) -> str:
    return " · " + t("used here") if name == used else ""


def model_card(facts: ModelFacts, t: Texts, *, private: bool) -> Reply:
    """Tell of one model: labels, examples, version, how well it did, size."""
    labels = t.listed(label_text(label, facts.name, t) for label in facts.labels)
    lines = [t("{name}: {text}", name=facts.name, text=labels)]
    if not facts.shipped:
        lines.append(t("Examples: {counts}", counts=counts_line(facts.labels, facts.counts, t)))
    if facts.manifest is None:
        lines.append(t("Not trained yet."))
    else:
        lines += _version_lines(facts, facts.manifest, t, private=private)
    if facts.training:
        lines.append(t("In training: {state}. /jobs shows how it goes.", state=facts.training))
    if facts.created and private:
        lines.append(t("Made on {date}", date=facts.created[:10]))
    return Reply("\n".join(lines), buttons=_card_buttons(facts, t))


def counts_line(labels: Sequence[str], counts: Mapping[str, int], t: Texts) -> str:
    """Return how many examples each label has, and all together."""
    parts = [f"{label} {counts.get(label, 0):,}" for label in labels]
    return " · ".join(parts) + " – " + t("{count} in all", count=f"{sum(counts.values()):,}")


def score_line(metrics: Mapping[str, Any], t: Texts) -> str:
    """Return how well a version did on what it had not seen."""
    return t(
        "accuracy {accuracy} %, precision {precision} %, recall {recall} %, F1 {f1} %",
        accuracy=measured(metrics["accuracy"]),
        precision=measured(metrics["macro_precision"]),
        recall=measured(metrics["macro_recall"]),
        f1=measured(metrics["macro_f1"]),
    )


def size_text(size: int) -> str:
    """Return a size in the unit that people read.

    >>> size_text(2_345_678), size_text(900)
    ('2.3 MB', '1 kB')
    """
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{max(1, round(size / 1e3))} kB"


def _version_lines(facts: ModelFacts, manifest: Mapping[str, Any], t: Texts, *, private: bool) -> list[str]:
    version, date = str(manifest.get("version", "")), str(manifest.get("created", ""))[:10]
    dated = version.replace(".", "-") == date  # the shipped model's version says it already
    lines = [
        t("Live version: {version}", version=version)
        if dated
        else t("Live version: {version} of {date}", version=version, date=date)
    ]
    metrics = manifest.get("metrics") or {}
    if "macro_f1" in metrics:
        lines.append(t("Held out: {scores}", scores=score_line(metrics, t)))
    if not private:
        return lines
    lines.append(_samples_line(int(manifest.get("samples", 0)), metrics, t))
    lines.append(
        t("Network: {arch}. Size: {size}", arch=network_text(manifest, t), size=size_text(facts.size))
    )
    if manifest.get("probe"):
        points = measured(manifest["probe"][0]["change"])
        lines.append(
            t("Probe: swapping who a text is about moves an answer by up to {points} points", points=points)
        )
    lines += _confusion_lines(metrics, facts.name, t)
    if sum(facts.verdicts.values()):
        lines.append(
            t(
                "Answers called right: {right}, wrong: {wrong} ({share} % right)",
                right=facts.verdicts["right"],
                wrong=facts.verdicts["wrong"],
                share=measured(facts.verdicts["right"] / sum(facts.verdicts.values())),
            )
        )
    return lines


def _samples_line(samples: int, metrics: Mapping[str, Any], t: Texts) -> str:
    """Say how many examples a version learnt from, and by how many others it was judged."""
    if not metrics.get("n_held_out"):
        return t.plural("Trained on {count} example", "Trained on {count} examples", samples)
    return t(
        "Trained on {learnt} of {count} examples, judged on the other {held_out}",
        learnt=f"{metrics['n_train']:,}",
        count=f"{samples:,}",
        held_out=f"{metrics['n_held_out']:,}",
    )


def _confusion_lines(metrics: Mapping[str, Any], model: str, t: Texts) -> list[str]:
    """Return the pair of labels that is confused most often, where any is."""
    labels, counts = metrics.get("labels", ()), metrics.get("confusion", ())
    pairs = [
        (counts[truth][said], labels[truth], labels[said])
        for truth in range(len(counts))
        for said in range(len(counts))
        if truth != said and counts[truth][said]
    ]
    if not pairs:
        return []
    count, *names = max(pairs, key=lambda pair: pair[0])
    truth, said = (label_text(name, model, t) for name in names)
    return [
        t(
            "Most often confused: “{truth}” taken for “{said}” ({count})",
            truth=truth,
            said=said,
            count=f"{count:,}",
        )
    ]


def _card_buttons(facts: ModelFacts, t: Texts) -> tuple[tuple[Button, ...], ...]:
    key = model_key(facts.name)
    rows: list[tuple[Button, ...]] = []
    if facts.manifest is not None:
        use = Button(t("✓ Used here") if facts.used_here else t("Use here"), data=f"use:{key}")
        rows.append((use, Button(t("Try it"), data=f"model:{key}:try")))
        rows.append((*_picture_button(facts, key, t), Button(t("Probe"), data=f"probe:{key}")))
    if not facts.shipped:
        rows.append((Button(t("Teach"), data=f"teach:{key}"), Button(t("Train"), data=f"train:{key}")))
        export = Button(t("Export"), data=f"export:{key}")
        share = (Button(t("Share"), data=f"share:{key}"),) if facts.manifest is not None else ()
        rows.append((*share, export))
        back = (Button(t("Roll back"), data=f"version:{key}:list"),) if facts.manifest is not None else ()
        rows.append((*back, Button(t("Delete"), data=f"model:{key}:delete")))
    return tuple(rows)


def _picture_button(facts: ModelFacts, key: str, t: Texts) -> tuple[Button, ...]:
    """Return the button to the curves of a version that has them."""
    metrics = (facts.manifest or {}).get("metrics") or {}
    return (Button(t("Picture"), data=f"model:{key}:picture"),) if metrics.get("roc") else ()


def try_question(name: str, t: Texts) -> Reply:
    """Ask for a text to try a model on."""
    return Reply(
        t("Send me a text, and I say what “{name}” makes of it.", name=name),
        buttons=((Button(t("Cancel"), data="ask:cancel"),),),
    )


def delete_question(facts: ModelFacts, versions: int, t: Texts) -> Reply:
    """Ask whether a model shall really go, with what goes with it."""
    key = model_key(facts.name)
    text = t(
        "Delete “{name}” with {examples} and {versions}? This cannot be undone.",
        name=facts.name,
        examples=t.plural("{count} example", "{count} examples", sum(facts.counts.values())),
        versions=t.plural("{count} trained version", "{count} trained versions", versions),
    )
    yes = Button(t("Delete it"), data=f"model:{key}:gone")
    return Reply(text, buttons=((yes, Button(t("Keep it"), data=f"model:{key}")),))


def deleted_card(name: str, t: Texts) -> Reply:
    """Say that a model is gone."""
    return Reply(t("“{name}” is deleted, with its examples and versions.", name=name))
