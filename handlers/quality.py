"""What is said about the examples when a training is asked for, each with the button that mends it."""

from __future__ import annotations

import asyncio

from handlers.context import Context
from handlers.messages import Button, Reply
from handlers.model_names import model_key
from handlers.texts import Texts
from ml.quality import Quality, look
from ml.registry import ModelEntry

SHOWN = 3  # texts with several labels
TEXT_SHOWN = 80  # characters of one


async def examine(context: Context, entry: ModelEntry) -> Quality:
    """Look at the examples of a model."""
    taught = await context.services.examples.taught(context.owner, entry.name)
    return await asyncio.to_thread(look, taught)


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


def quality_card(entry: ModelEntry, found: Quality, t: Texts, *, mended: str = "") -> Reply:
    """Tell what was found, the worst first, and offer to mend it; `mended` says what was done already."""
    key = model_key(entry.name)
    lines = [mended] if mended else []
    if found:
        lines.append(t("The examples of “{name}” could be better:", name=entry.name))
    rows: list[tuple[Button, ...]] = []
    if found.conflicts:
        lines.append(
            t.plural(
                "· {count} text has several labels:",
                "· {count} texts have several labels:",
                len(found.conflicts),
            )
        )
        for conflict in found.conflicts[:SHOWN]:
            labels = ", ".join(dict.fromkeys(example.label for example in conflict.examples))
            shown = " ".join(conflict.examples[-1].text.split())[:TEXT_SHOWN]
            lines.append(f"  “{shown}” – {labels}")
        rows.append((Button(t("Keep the latest label"), data=f"quality:{key}:newest"),))
    if found.repeats:
        lines.append(
            t.plural(
                "· {count} text nearly repeats another of its label.",
                "· {count} texts nearly repeat another of their label.",
                len(found.repeats),
            )
        )
        rows.append((Button(t("Take repeats out"), data=f"quality:{key}:fold"),))
    if found.uneven is not None:
        most, fewest = found.uneven
        lines.append(
            t("· “{most}” has more than ten times as many examples as “{fewest}”.", most=most, fewest=fewest)
        )
        rows.append((Button(t("Let rare labels weigh more"), data=f"quality:{key}:balance"),))
    if found.alone:
        labels = ", ".join(f"“{label}”" for label in found.alone)
        lines.append(t("· One person alone taught {labels}: it may be one person's view.", labels=labels))
        rows.append((Button(t("Ask others for examples"), data=f"teach:{key}"),))
    if mended:
        rows.append((Button(t("Train again"), data=f"train:{key}"),))
    return Reply("\n".join(lines), buttons=tuple(rows))
