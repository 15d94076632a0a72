"""What people think of an answer: Right, Wrong, and whether its text may become an example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handlers.context import Context
from handlers.errors import Refusal
from handlers.messages import Button, Reply
from handlers.model_names import GONE, find_model, model_buttons, models_here
from handlers.teach import check_room
from handlers.texts import N_, Texts
from ml.feedback import Verdict
from ml.registry import ModelEntry
from ml.samples import Sample

LABELS_A_ROW = 3
TOO_OLD = N_("This answer is more than a day old and is not counted any more.")
NOT_KEPT = N_("This text is no longer kept. Send it again.")


async def right(context: Context) -> None:
    """Count an answer as right."""
    await _judge(context, "right")


async def wrong(context: Context) -> None:
    """Count an answer as wrong."""
    await _judge(context, "wrong")


async def keep(context: Context) -> None:
    """Make the text of an answer an example of the pressed label, or leave it."""
    result_id, _, chosen = context.args.partition(":")
    verdict, _, place = chosen.partition(":")
    record = await context.services.results.find(context.owner, result_id)
    if record is None:
        context.notice = context.t(TOO_OLD)
        return
    if place:
        entry = await _own_model(context, record)
        if entry is None or not place.isdecimal() or int(place) >= len(entry.labels):
            raise Refusal(GONE)
        await _keep(context, entry, result_id, entry.labels[int(place)])
    said: Verdict = "right" if verdict == "right" else "wrong"
    rows = verdict_rows(result_id, record.get("others", ()), said, context.t)
    await context.edit(Reply(_without_question(context.message.text, context.t), buttons=rows))


async def _keep(context: Context, entry: ModelEntry, result_id: str, label: str) -> None:
    kept = await context.services.texts.find(context.owner, result_id)
    if kept is None:
        context.notice = context.t(NOT_KEPT)
        return
    await check_room(context, entry, 1)
    by = context.message.sender.id if context.message.sender else 0
    await context.services.examples.add(context.owner, entry.name, [Sample(kept.text, label)], by)
    context.notice = context.t("Kept as an example of “{label}”.", label=label)


async def _judge(context: Context, verdict: Verdict) -> None:
    """Count a verdict without the text, thank for it, mark the button, and ask for the example."""
    message, result_id = context.message, context.args
    record = await context.services.results.find(context.owner, result_id)
    if record is None:
        context.notice = context.t(TOO_OLD)
        return
    by = message.sender.id if message.sender else 0
    what = (record["model"], record["version"], record["label"])
    new = await context.services.feedback.judge(context.owner, result_id, *what, verdict, by)
    context.notice = context.t("Thank you, noted.") if new else context.t("You said that already.")
    if not new or not message.text:
        return
    entry = await _own_model(context, record)
    kept = entry is not None and await context.services.texts.find(context.owner, result_id) is not None
    answer = _without_question(message.text, context.t)
    if entry is None or not kept:
        rows = verdict_rows(result_id, record.get("others", ()), verdict, context.t)
        await context.edit(Reply(answer, buttons=rows))
    else:
        await context.edit(keep_question(answer, result_id, record["label"], verdict, entry, context.t))


async def _own_model(context: Context, record: dict[str, Any]) -> ModelEntry | None:
    """Return the chat's own model that answered, None for the shipped one and one that is gone."""
    return find_model(record["model"], await models_here(context))


RIGHT_QUESTION = N_("May this text become an example of “{label}”?")
WRONG_QUESTION = N_("Which label is right? The text becomes an example of it.")


def keep_question(
    answer: str, result_id: str, label: str, verdict: Verdict, entry: ModelEntry, t: Texts
) -> Reply:
    """Ask, below an answer, whether its text may become an example, and of which label."""
    judged = verdict_rows(result_id, (), verdict, t)
    leave = Button(t("Do not keep it"), data=f"keep:{result_id}:{verdict}:")
    places = list(enumerate(entry.labels))
    if verdict == "right" and label in entry.labels:
        yes = Button(t("Yes, keep it"), data=f"keep:{result_id}:right:{entry.labels.index(label)}")
        return Reply(f"{answer}\n{t(RIGHT_QUESTION, label=label)}", buttons=(*judged, (yes, leave)))
    others = [Button(name, data=f"keep:{result_id}:wrong:{place}") for place, name in places if name != label]
    rows = [tuple(others[start : start + LABELS_A_ROW]) for start in range(0, len(others), LABELS_A_ROW)]
    return Reply(f"{answer}\n{t(WRONG_QUESTION)}", buttons=(*judged, *rows, (leave,)))


def _without_question(text: str, t: Texts) -> str:
    """Return an answer without the question that an earlier press put below it."""
    answer, _, last = text.rpartition("\n")
    head = t(RIGHT_QUESTION, label="\0").partition("\0")[0]
    return answer if answer and (last == t(WRONG_QUESTION) or last.startswith(head)) else text


def verdict_rows(
    result_id: str, others: Sequence[str], said: Verdict | None, t: Texts
) -> tuple[tuple[Button, ...], ...]:
    """Return the buttons below an answer, the pressed one marked, and the models that were perhaps meant."""
    right = Button(t("✓ Right") if said == "right" else t("👍 Right"), data=f"right:{result_id}")
    wrong = Button(t("✓ Wrong") if said == "wrong" else t("👎 Wrong"), data=f"wrong:{result_id}")
    why = Button(t("Why?"), data=f"why:{result_id}")
    return ((why, right, wrong), *model_buttons("classify", others))
