"""`/op maintenance`: people get a sentence at once, and their answers when it is over."""

from __future__ import annotations

import time

from handlers.context import Context
from handlers.errors import Refusal
from handlers.messages import Reply
from handlers.op_words import moment, split_word, without_quotes
from handlers.operating import Maintenance
from handlers.texts import N_, Texts

LONGEST = 1000  # characters of the sentence
USAGE = N_(
    "Write on and what people shall read, or off:\n"
    '/op maintenance on "Back in ten minutes. What you send now is answered then."\n'
    "/op maintenance off"
)


async def maintenance(context: Context) -> None:
    """Show whether answers wait, and begin or end that."""
    word, rest = split_word(context.args)
    mode, orders = context.services.operating.maintenance, context.services.operating.orders
    if word.lower() == "on":
        sender = context.message.sender
        await mode.begin(Maintenance(read_sentence(rest), sender.id if sender else 0, time.time()))
    elif word.lower() == "off":
        moved = await mode.end()
        await orders.refresh()
        await context.reply(over_card(moved, context.t))
        return
    elif word:
        raise Refusal(USAGE)
    now = (await orders.refresh()).maintenance
    await context.reply(state_card(now, await mode.held(), context.t))


def read_sentence(rest: str) -> str:
    """Read what people shall be told.

    >>> read_sentence("“Back in ten minutes.”")
    'Back in ten minutes.'

    Raises:
        Refusal: There is nothing, or more than 1,000 characters.
    """
    sentence = without_quotes(rest)
    if not sentence:
        raise Refusal(USAGE)
    if len(sentence) > LONGEST:
        raise Refusal(
            N_("That is {length} characters; people read 1,000 at most."), length=f"{len(sentence):,}"
        )
    return sentence


def state_card(now: Maintenance | None, held: int, t: Texts) -> Reply:
    """Say whether answers wait, and what people read meanwhile."""
    if now is None:
        return Reply(t("No maintenance: everybody is answered.") + "\n" + t(USAGE))
    head = t("Maintenance since {moment}; updates held: {count}", moment=moment(now.since), count=f"{held:,}")
    told = t("Each chat reads this once, operators are answered; /op maintenance off ends it:")
    return Reply(f"{head}\n{told}\n{now.text}")


def over_card(moved: int, t: Texts) -> Reply:
    """Say that everybody is answered again."""
    said = t("The maintenance is over.")
    if not moved:
        return Reply(said)
    more = t.plural(
        "{count} held update is answered now; a command older than ten minutes is offered again.",
        "{count} held updates are answered now; commands older than ten minutes are offered again.",
        moved,
    )
    return Reply(t.sentences([said, more]))
