"""`/op chats block unblock flood quota`: who gets answers, and how many."""

from __future__ import annotations

import time

from handlers.context import Context
from handlers.errors import Refusal
from handlers.messages import Reply
from handlers.op_words import moment, read_block, read_commands, read_id, read_whole, split_word
from handlers.operating import Block, ChatFacts, ChatsFacts
from handlers.texts import N_, Texts

QUOTAS = ("examples", "models", "minutes")
MOST_QUOTA = 10_000_000
KINDS = {
    "private": N_("private"),
    "group": N_("group"),
    "supergroup": N_("supergroup"),
    "channel": N_("channel"),
}
QUOTA_USAGE = N_(
    "Write a quota and a whole number, for example /op quota models 100, "
    "or “default” for what the settings say. The quotas are examples, models, minutes."
)


async def chats(context: Context) -> None:
    """Show how many chats there are, or what is known of one."""
    overview, wanted = context.services.operating.overview, context.args.strip()
    if wanted:
        await context.reply(chat_card(await overview.chat(read_id(wanted)), context.t))
    else:
        await context.reply(chats_card(await overview.chats(), context.t))


async def block(context: Context) -> None:
    """Give a person, or a chat with all its people, no answers any more."""
    wish, operating = read_block(context.args), context.services.operating
    if wish.id in operating.ids:
        raise Refusal(N_("Operators cannot be blocked."))
    now, sender = time.time(), context.message.sender
    until = now + wish.seconds if wish.seconds else None
    key = await operating.overview.key_of(wish.id)
    done = Block(key, now, sender.id if sender else 0, until, wish.reason)
    await operating.orders.block(done)
    await context.reply(Reply(blocked_text(done, context.t)))


async def unblock(context: Context) -> None:
    """Answer a person or chat again."""
    operating, wanted = context.services.operating, read_id(context.args.strip())
    if not await operating.orders.unblock(await operating.overview.key_of(wanted)):
        raise Refusal(N_("{id} is not blocked."), id=wanted)
    await context.reply(Reply(context.t("{id} gets answers again.", id=wanted)))


async def flood(context: Context) -> None:
    """Show or set how many commands a minute a person may send."""
    floods, wanted = context.services.operating.floods, context.args.strip()
    if wanted:
        await floods.set_limit(read_commands(wanted))
    limit = await floods.limit()
    said = context.t.plural(
        "A person may send {count} command a minute.", "A person may send {count} commands a minute.", limit
    )
    await context.reply(Reply(said))


async def quota(context: Context) -> None:
    """Show or set how many examples, models and minutes of training there may be."""
    name, figure = split_word(context.args.lower())
    operating = context.services.operating
    if name:
        await operating.orders.set_quota(*read_quota(name, figure.strip()))
    quotas = (await operating.orders.now()).over(operating.quotas)
    said = context.t(
        "Quotas: {examples} examples a model, {models} models a chat, {minutes} minutes of training a day "
        "and person. All replicas know a change within a second.",
        examples=f"{quotas.examples:,}",
        models=f"{quotas.models:,}",
        minutes=f"{quotas.minutes:,}",
    )
    await context.reply(Reply(said))


def read_quota(name: str, figure: str) -> tuple[str, int | None]:
    """Read a quota's name and figure, None for what the settings say.

    >>> read_quota("models", "100"), read_quota("models", "default")
    (('models', 100), ('models', None))

    Raises:
        Refusal: There is no such quota, or it is no whole number from 1 to 10,000,000.
    """
    if name not in QUOTAS or not figure:
        raise Refusal(QUOTA_USAGE)
    if figure in {"default", "默认"}:
        return name, None
    number = read_whole(figure, MOST_QUOTA)
    if number is None:
        raise Refusal(QUOTA_USAGE)
    return name, number


def blocked_text(block: Block, t: Texts) -> str:
    """Say who is blocked, until when and why."""
    until = (
        t("until {moment}", moment=moment(block.until)) if block.until is not None else t("until /op unblock")
    )
    said = t("{id} gets no answers {until}.", id=block.id, until=until)
    return t.sentences([said, t("Reason: {reason}", reason=block.reason)]) if block.reason else said


def chats_card(chats: ChatsFacts, t: Texts) -> Reply:
    """Build the numbers of chats and the list of the latest."""
    head = t(
        "In 90 days: {people} in private, {groups}. Today {day} of them, in 7 days {week}.",
        people=t.plural("{count} person", "{count} people", chats.people),
        groups=t.plural("{count} group or channel", "{count} groups and channels", chats.groups),
        day=f"{chats.of_the_day:,}",
        week=f"{chats.of_the_week:,}",
    )
    lines = [_line(chat, t) for chat in chats.latest]
    return Reply("\n".join([head, *lines, t("/op chats and an id tell more.")]))


def _line(chat: ChatFacts, t: Texts) -> str:
    words = [
        str(chat.id),
        _kind(chat, t),
        chat.title,
        "" if chat.tagging == "off" else f"tagging={chat.tagging}",
    ]
    words += ["🚫" if chat.block is not None else "", "" if chat.present else "✗"]
    return " · ".join(word for word in words if word)


def _kind(chat: ChatFacts, t: Texts) -> str:
    return t(KINDS[chat.kind]) if chat.kind in KINDS else chat.kind


def chat_card(chat: ChatFacts, t: Texts) -> Reply:
    """Build what is known of a chat."""
    lines = [" · ".join(word for word in (str(chat.id), _kind(chat, t), chat.title) if word)]
    if chat.seen is None:
        lines.append(t("Nobody asked me anything there in 90 days."))
    else:
        lines.append(t("Last question: {day}", day=moment(chat.seen)[:10]))
    lines.append(
        t(
            "Models: {models} · trainings of a week: {trainings} · language: {language}",
            models=chat.models,
            trainings=chat.trainings,
            language=chat.language or "–",
        )
    )
    if chat.id < 0:
        switches = [f"tagging={chat.tagging}", *(["quiet"] if chat.quiet else [])]
        lines.append(" · ".join([*switches, *(["learn"] if chat.learning else [])]))
    if not chat.present:
        lines.append(t("I am not in this chat."))
    if chat.block is not None:
        lines.append(blocked_text(chat.block, t))
    return Reply("\n".join(lines))
