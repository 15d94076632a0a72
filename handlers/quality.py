"""What is said about the examples before a training, each with the button that mends it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from handlers.context import Context
from handlers.messages import Button, Reply
from handlers.model_names import model_key
from handlers.texts import Texts
from ml.quality import Conflict, Quality, look
from ml.registry import ModelEntry

SHOWN = 3  # texts with several labels
TEXT_SHOWN = 80  # characters of one


async def examine(context: Context, entry: ModelEntry) -> Quality:
    """Look at the examples of a model; in private it is no wonder that one person taught them all."""
    taught = await context.services.examples.taught(context.owner, entry.name)
    return await asyncio.to_thread(look, taught, shared=not context.private)


async def mend(context: Context, entry: ModelEntry, what: str) -> None:
    """Take repeats out, or all but the latest label of texts that have several."""
    found = await examine(context, entry)
    if what == "fold":
        gone = [example.digest for example in found.repeats]
    else:
        gone = [
            example.digest
            for conflict in found.conflicts
            for example in conflict.examples
            if example.label != conflict.examples[-1].label
        ]
    taken = await context.services.examples.remove(context.owner, entry.name, gone)
    context.notice = context.t.plural("{count} example taken out.", "{count} examples taken out.", taken)


def quality_card(entry: ModelEntry, found: Quality, asked: str, t: Texts, *, mended: str = "") -> Reply:
    """Tell what was found, the worst first, and offer to mend it.

    Args:
        entry: The model.
        found: What is wrong with its examples, if anything still is.
        asked: The id under which the options of the training are kept, for the buttons.
        t: The reader's language.
        mended: What was done already.
    """
    key = model_key(entry.name)
    lines = [mended] if mended else []
    if found:
        lines.append(t("The examples of “{name}” could be better:", name=entry.name))
    rows: list[tuple[Button, ...]] = []
    for said, button, what in _findings(found, t):
        lines += said
        rows.append((Button(button, data=f"quality:{key}:{what}:{asked}" if what else f"teach:{key}"),))
    if found.serious:
        lines.append(t("Nothing is trained yet. Mend it, or train with the examples as they are?"))
    if found.serious or mended:
        label = t("Train as they are") if found.serious else t("Train now")
        rows.append((Button(label, data=f"quality:{key}:train:{asked}"),))
    return Reply("\n".join(lines), buttons=tuple(rows))


def _findings(found: Quality, t: Texts) -> Iterator[tuple[list[str], str, str]]:
    """Yield the lines of each finding, its button, and what that does; "" is to teach."""
    if found.conflicts:
        yield _conflict_lines(found.conflicts, t), t("Keep the latest label"), "newest"
    if found.repeats:
        line = t.plural(
            "· {count} text nearly repeats another of its label.",
            "· {count} texts nearly repeat another of their label.",
            len(found.repeats),
        )
        yield [line], t("Take repeats out"), "fold"
    if found.uneven is not None:
        most, fewest = found.uneven
        line = t(
            "· “{most}” has more than ten times as many examples as “{fewest}”.", most=most, fewest=fewest
        )
        yield [line], t("Let rare labels weigh more"), "balance"
    if found.alone:
        labels = t.listed(f"“{label}”" for label in found.alone)
        line = t("· One person alone taught {labels}: it may be one person's view.", labels=labels)
        yield [line], t("Ask others for examples"), ""


def _conflict_lines(conflicts: Sequence[Conflict], t: Texts) -> list[str]:
    """Return how many texts have several labels, and the first of them with these."""
    lines = [
        t.plural("· {count} text has several labels:", "· {count} texts have several labels:", len(conflicts))
    ]
    for conflict in conflicts[:SHOWN]:
        labels = t.listed(dict.fromkeys(example.label for example in conflict.examples))
        shown = " ".join(conflict.examples[-1].text.split())[:TEXT_SHOWN]
        lines.append(f"  “{shown}” – {labels}")
    return lines
