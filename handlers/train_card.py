"""What `/train` shows: the place in the queue, the progress, and in the end what was learnt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handlers.judgement import label_lines
from handlers.messages import Button, Reply
from handlers.model_cards import score_line
from handlers.model_names import model_buttons, model_key
from handlers.network_words import network_text
from handlers.shares import measured
from handlers.teach_card import missing
from handlers.texts import N_, Texts
from ml.job_records import Job, Progress
from ml.registry import ModelEntry
from ml.samples import FEWEST

BAR = 10  # cells
MINUTE = 60  # seconds

STAGES = {
    "queued": N_("waiting for a worker"),
    "reading": N_("reading the examples"),
    "training": N_("training"),
    "judging": N_("judging on examples it has not seen"),
    "publishing": N_("storing the new version"),
    "done": N_("done"),
    "failed": N_("failed"),
    "cancelled": N_("cancelled"),
}
FIRST_PASS = N_("getting the network ready and going through the examples for the first time")
PROBLEMS = {
    "one_class": N_("“{name}” was not trained: all its examples have one label. Teach it another one."),
    "too_few": N_("“{name}” was not trained: it needs at least 8 examples a label. Teach it more."),
    "deleted": N_("“{name}” was deleted meanwhile, so there is nothing to train."),
    "disk_full": N_("“{name}” was not trained: my disk is full. Your examples are safe; tell the operator."),
    "timeout": N_("“{name}” was not trained: it took too long. Try fewer epochs, for example epochs=5."),
    "killed": N_(
        "“{name}” was not trained: the worker broke down three times. Your examples are safe; try again."
    ),
}
FAILED = N_("“{name}” was not trained: something broke on my side. Your examples are safe; try again.")


def queued_card(job: Job, t: Texts, *, workers: int) -> Reply:
    """Say that a training waits, at which place, and how long it will take."""
    name = job.request.model
    parts = [t("“{name}” is in the queue.", name=name)]
    if job.place is not None:
        parts = [t("“{name}” is in the queue at place {place}.", name=name, place=job.place)]
    if job.estimate is not None:
        parts.append(t("About {time} until it is trained.", time=time_text(job.estimate, t)))
    if not workers:
        parts.append(no_worker_line(t))
    return Reply(t.sentences(parts), buttons=_cancel_button(job.id, t))


def too_few_card(entry: ModelEntry, counts: Mapping[str, int], t: Texts) -> Reply:
    """Say which labels lack examples, and offer to teach them."""
    taught = [label for label in entry.labels if counts.get(label)]
    if len(taught) == 1:
        text = t(
            "All examples of “{name}” have the label “{label}”, so there is nothing to tell apart.",
            name=entry.name,
            label=taught[0],
        )
    else:
        text = t("“{name}” has too few examples for a training.", name=entry.name)
    lacking = t.listed(f"{label} {count}" for label, count in missing(entry.labels, counts).items())
    text += "\n" + t("It needs {count} a label. Still missing: {labels}", count=FEWEST, labels=lacking)
    return Reply(text, buttons=((Button(t("Teach"), data=f"teach:{model_key(entry.name)}"),),))


def which_model_card(names: Sequence[str], t: Texts) -> Reply:
    """Ask which model is to be trained."""
    return Reply(t("Which model shall be trained?"), buttons=model_buttons("train", names))


def no_worker_line(t: Texts) -> str:
    """Say why nothing moves."""
    return t("No worker is running at the moment: the training begins when one is there.")


def progress_card(progress: Progress, name: str, t: Texts, estimate: float | None = None) -> Reply:
    """Show how far a training is: bar, epoch, loss, accuracy, time left.

    Args:
        progress: The latest report.
        name: The model.
        t: The reader's language.
        estimate: Seconds that the job takes still, for a report that cannot tell.
    """
    stage = STAGES[progress.stage] if progress.stage != "training" else FIRST_PASS
    lines = [t("{name}: {text}", name=name, text=t(stage))]
    if progress.stage == "training" and progress.epochs:
        lines = [
            t(
                "{name}: training, epoch {epoch} of {epochs}",
                name=name,
                epoch=progress.epoch,
                epochs=progress.epochs,
            ),
            bar(progress.epoch / progress.epochs),
        ]
        lines += _figures(progress, t)
    left = estimate if progress.seconds_left is None else progress.seconds_left
    if left and progress.stage != "queued":
        lines.append(t("about {time} left", time=time_text(left, t)))
    return Reply("\n".join(lines), buttons=_cancel_button(progress.job, t))


def _figures(progress: Progress, t: Texts) -> list[str]:
    parts = []
    if progress.loss is not None:
        parts.append(t("loss {loss}", loss=f"{progress.loss:.3f}"))
    if progress.accuracy is not None:
        parts.append(t("accuracy {share} %", share=measured(progress.accuracy)))
    if progress.held_out_accuracy is not None:
        parts.append(t("on unseen examples {share} %", share=measured(progress.held_out_accuracy)))
    return [" · ".join(parts)] if parts else []


def bar(share: float) -> str:
    """Return a share as a bar of ten cells.

    >>> bar(0.34)
    '▓▓▓░░░░░░░ 34 %'
    """
    filled = min(BAR, max(0, round(share * BAR)))
    return "▓" * filled + "░" * (BAR - filled) + f" {round(100 * share)} %"


def time_text(seconds: float, t: Texts) -> str:
    """Return a duration as people say it.

    >>> time_text(41.7, Texts()), time_text(200, Texts())
    ('42 s', '3 min')
    """
    if seconds < 2 * MINUTE:
        return t("{count} s", count=max(1, round(seconds)))
    return t("{count} min", count=round(seconds / MINUTE))


def end_card(progress: Progress, name: str, t: Texts, *, private: bool) -> Reply:
    """Build the last state of a training: the result, the reason of a failure, or that it was cancelled."""
    if progress.stage == "done" and progress.report is not None:
        return result_card(progress.report, name, t, private=private)
    again = Button(t("Train again"), data=f"train:{model_key(name)}")
    if progress.stage == "cancelled":
        return Reply(t("The training of “{name}” is cancelled.", name=name), buttons=((again,),))
    teach = Button(t("Teach"), data=f"teach:{model_key(name)}")
    text = t(PROBLEMS.get(progress.problem or "", FAILED), name=name)
    return Reply(text, buttons=((teach, again),))


def result_card(report: Mapping[str, Any], name: str, t: Texts, *, private: bool) -> Reply:
    """Tell what a training brought: the figures on held-out examples, against those of the version before.

    Args:
        report: `version`, `promoted`, `metrics`, `network`, what the version is made of, and `live`: the
            metrics of the version before, or None.
        name: The model.
        t: The reader's language.
        private: Whether there is room for a line for each label.
    """
    metrics, before = report["metrics"], report.get("live")
    lines = [_state_line(report, name, t)]
    if metrics.get("samples"):
        lines.append(
            t.plural(
                "On {count} example it had not seen:",
                "On {count} examples it had not seen:",
                metrics["samples"],
            )
        )
    lines.append(score_line(metrics, t))
    if before:
        lines.append(_before_line(before, metrics, t))
    if report.get("against"):
        lines.append(_difference_line(report["against"], t))
    if private:
        lines += label_lines(metrics, name, t)
        made = network_text(report.get("network") or {}, t)
        lines += [t("Network: {arch}", arch=made)] if made else []
    return Reply("\n".join(lines), buttons=_result_buttons(report, name, t))


def _state_line(report: Mapping[str, Any], name: str, t: Texts) -> str:
    """Say which version is live now, and why."""
    values = {"name": name, "version": report["version"]}
    equal = (report.get("against") or {}).get("verdict") == "equal"
    if report["promoted"] and equal:
        return t("✓ “{name}” {version} is live. It does as well as the version before.", **values)
    if report["promoted"]:
        return t("✓ “{name}” {version} is live.", **values)
    return t("“{name}” {version} is trained, and the version before stays live: it is better.", **values)


def _before_line(before: Mapping[str, Any], metrics: Mapping[str, Any], t: Texts) -> str:
    """Tell how the version before did, and by how many examples where it had learned from the others."""
    scores = score_line(before, t)
    if before.get("samples") == metrics.get("samples"):
        return t("Before: {scores}", scores=scores)
    return t("Before, on {count} it had not seen: {scores}", count=before.get("samples", 0), scores=scores)


def _difference_line(against: Mapping[str, Any], t: Texts) -> str:
    """Tell how far apart both versions are on the same examples, and whether that may be chance."""
    figures = {key: _points(against[key]) for key in ("difference", "low", "high")}
    line = t("Difference in F1: {difference} points (95 %: {low} to {high}).", **figures)
    if against["chance"] and against["verdict"] != "equal":
        line += " " + t("So few examples cannot tell; it may be chance.")
    return line


def _points(share: float) -> str:
    """Return a difference of shares in points, with its sign.

    >>> _points(0.0312), _points(-0.5), _points(0)
    ('+3.1', '−50', '0')
    """
    rounded = round(100 * share, 1)
    return f"{rounded:+g}".replace("-", "−") if rounded else "0"


def _result_buttons(report: Mapping[str, Any], name: str, t: Texts) -> tuple[tuple[Button, ...], ...]:
    """Return the buttons to take the other version, to try the live one, and to the list."""
    key, before = model_key(name), report.get("live_version")
    rows: list[tuple[Button, ...]] = []
    if not report["promoted"]:
        rows.append((Button(t("Use new"), data=f"version:{key}:{report['version']}"),))
    elif before:
        rows.append((Button(t("Keep old"), data=f"version:{key}:{before}"),))
    live = (Button(t("Try it"), data=f"model:{key}:try"),) if report["promoted"] or before else ()
    return (*rows, (*live, Button(t("Models"), data="model:list")))


def _cancel_button(job_id: str, t: Texts) -> tuple[tuple[Button, ...], ...]:
    return ((Button(t("Cancel"), data=f"job:cancel:{job_id}"),),)
