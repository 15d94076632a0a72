"""What a chat hears by itself at the times that its admins set: the digest, and the alert to the admins."""

from __future__ import annotations

from collections import Counter

from handlers.context import ChatSettings, Services
from handlers.errors import Refusal
from handlers.messages import Chat, ChatType, Reply
from handlers.model_names import fold
from handlers.mood import Asked, chat_series, mood_reply
from handlers.schedules import duration
from handlers.sentiment import label_name
from handlers.surroundings import Outbox
from handlers.texts import N_, Texts
from ml.mood_series import FEWEST_PEOPLE

CLAIM = 120  # seconds after which somebody is told all the same of whose alert a process died
GREETING = {"daily": N_("The last 24 hours here:"), "weekly": N_("The last 7 days here:")}


async def send_digest(
    services: Services, outbox: Outbox, chat: int, settings: ChatSettings, t: Texts
) -> None:
    """Send the summary of a day or week; where nothing was written there is nothing to say."""
    wanted = settings.digest
    if wanted is None or settings.quiet:
        return
    days = 1 if wanted["every"] == "daily" else 7
    place = where(chat, settings, wanted.get("topic"))
    if place.type != "channel":
        found, _ = await chat_series(services, chat, None, days, settings)
        if not found.total.messages:
            return
    try:
        card = await mood_reply(services, place, settings, Asked(days, True), t)
    except Refusal as refusal:
        if place.type == "channel":  # nothing was posted
            return
        card = Reply(refusal.words(t))
    text = f"{t(GREETING[wanted['every']])}\n{card.text}"
    await outbox.send(place, Reply(text, buttons=card.buttons, photo=card.photo))


async def send_alert(services: Services, outbox: Outbox, chat: int, settings: ChatSettings, t: Texts) -> None:
    """Tell the admins in private that a label is as frequent as they wanted to hear of, once in that time."""
    wanted = settings.alert
    if wanted is None:
        return
    seen = await services.mood.last(chat, wanted["over"])
    counts: Counter[str] = Counter()
    for label, count in seen.counts.items():
        counts[fold(label)] += count
    total = counts.total()
    share = counts[fold(wanted["label"])] / max(1, total)
    if total < wanted["min"] or len(seen.people) < FEWEST_PEOPLE or share <= wanted["share"]:
        return
    text = t(
        "{chat}: {share} % of {messages} of the last {over} are {label} ({people}). "
        "/alert there changes when I tell you.",
        chat=settings.title or t("A chat"),
        share=f"{100 * share:.0f}",
        messages=t.plural("{count} message", "{count} messages", total),
        over=duration(wanted["over"], t),
        label=label_name(wanted["label"], t),
        people=t.plural("{count} person", "{count} people", len(seen.people)),
    )
    for admin in sorted(await services.chats.admins(where(chat, settings).id)):
        name = f"alert:{chat}:{admin}"
        if await services.schedules.first(name, CLAIM):
            await outbox.tell(admin, Reply(text))
            await services.schedules.told(name, wanted["over"])


def where(chat: int, settings: ChatSettings, topic: int | None = None) -> Chat:
    """Return where a chat is of which only the records are known."""
    kind: ChatType = "channel" if settings.kind == "channel" else "supergroup"
    return Chat(chat, kind, settings.title, topic)
