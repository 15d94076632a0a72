"""`/fit mood 30d`: the mood of a group as points for a curve."""

from __future__ import annotations

from handlers.context import Context
from handlers.errors import Refusal
from handlers.label_words import label_name
from handlers.mood import NOT_COUNTED, TOO_FEW, chat_series, read_days
from handlers.points import Points
from handlers.tagging import ONLY_GROUPS
from ml.mood_series import FEWEST_PEOPLE, TONES, observations
from ml.regression import Observations

WORDS = frozenset({"mood", "心情"})
DEFAULT = "30d"


def read_fit_mood(args: str) -> tuple[int, str] | None:
    """Return days and what else was asked for, None where the fit is of other points.

    >>> read_fit_mood("mood 7d poly2"), read_fit_mood("1,2 2,4")
    ((7, 'poly2'), None)

    Raises:
        Refusal: The time cannot be looked back to.
    """
    words = args.split()
    if not words or words[0].lower() not in WORDS:
        return None
    time = words[1] if len(words) > 1 and words[1][0].isdigit() else DEFAULT
    rest = words[2:] if time in words[1:2] else words[1:]
    return (1 if time.lower() == "24h" else read_days(time)), " ".join(rest)


async def mood_points(context: Context, days: int) -> Points:
    """Return the mood of this group or topic against days.

    Raises:
        Refusal: It is no group, or too little may be shown.
    """
    if context.private:
        raise Refusal(ONLY_GROUPS)
    chat = context.message.chat
    found, labels = await chat_series(context.services, chat.key, chat.topic, days, context.settings)
    label = None if set(labels) <= set(TONES) else labels[0]
    data = observations(found, label)
    if not found.total.messages:
        raise Refusal(NOT_COUNTED)
    if data is None:
        raise Refusal(TOO_FEW, fewest=FEWEST_PEOPLE)
    name = context.t("mood") if label is None else label_name(label, context.t)
    named = Observations(data.x, data.y, data.weights, (context.t("day"),), name)
    zero = found.shown[0].start.replace(tzinfo=None)
    return Points(named, origins=((context.t("day"), zero.isoformat()),))
