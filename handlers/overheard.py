"""What becomes of members' messages and of a channel's posts that nobody addressed to the bot."""

from __future__ import annotations

import time
from functools import partial

from handlers.context import Hearing
from handlers.label_words import label_text
from handlers.messages import Message, ReactionCount, Reply
from handlers.reactions import keep
from handlers.sentiment import FACES, LONGEST, result_record
from handlers.shares import probable
from handlers.tagging import emoji_of
from handlers.texts import Texts
from handlers.verdicts import verdict_rows
from ml.kept_texts import KeptText
from ml.mood import Tagged
from ml.posts import Comment
from ml.predictor import SHIPPED_NAME, Prediction, UnknownModel

LATE = 20.0  # seconds after which a tag is left out: people have read on


async def overhear(hearing: Hearing, message: Message) -> None:
    """Count the tone of a message and show it, as far as the chat wants both."""
    if message.posted is not None:
        await _note_thread(hearing, message)
        return
    if (hearing.settings.tagging == "off" and not hearing.settings.learn) or not counts(message):
        return
    if message.sender is not None and await hearing.services.optouts.out(message.chat.key, message.sender.id):
        return
    await keep(hearing, message)
    if hearing.settings.tagging == "off":
        return
    prediction = await _predict(hearing, message)
    if prediction is None:
        return
    counted = await hearing.services.mood.count(_tagged(message, prediction), edited=message.edited)
    if counted.told == "unknown" or (counted.told == "same" and message.edited):
        return  # nothing of the text is another, or it was never counted
    if counted.told != "same":
        await _note_post(hearing, message, prediction, counted.before)
    if not hearing.settings.quiet:
        await _show(hearing, message, prediction, again=message.edited)


def counts(message: Message) -> bool:
    """Say whether a message holds its sender's own words: no bot's, none that were forwarded, no command."""
    by_bot = message.sender is not None and message.sender.is_bot
    words = bool(message.text.strip()) and not message.text.startswith("/")
    return message.kind != "other" and words and not message.forwarded and not by_bot


async def _predict(hearing: Hearing, message: Message) -> Prediction | None:
    text, model = message.text[:LONGEST], hearing.settings.tagging_model or SHIPPED_NAME
    try:
        return await hearing.services.predictor.predict(text, owner=str(message.chat.key), model=model)
    except UnknownModel:  # deleted since; /doctor says so
        return None


def _tagged(message: Message, prediction: Prediction) -> Tagged:
    return Tagged(
        chat=message.chat.key,
        topic=message.chat.topic or 0,
        message_id=message.message_id,
        person=message.sender.id if message.sender else message.chat.key,
        at=int(message.date.timestamp()),
        text=message.text,
        label=prediction.label,
    )


async def _show(hearing: Hearing, message: Message, prediction: Prediction, *, again: bool) -> None:
    """Show the tone where the model is sure enough; one that would come late is left out."""
    settings, sure = hearing.settings, prediction.probability >= hearing.settings.tagging_min
    if not again and time.time() - message.date.timestamp() > LATE:
        return
    if settings.tagging == "react":
        emoji = emoji_of(prediction.label, settings) if sure else None
        if emoji is not None:
            allowed = (await hearing.services.chats.about(message.chat.id)).reactions
            emoji = emoji if allowed is None or emoji in allowed else None
        if emoji is not None or again:
            posts, channel = hearing.services.posts, message.chat.type == "channel"
            made = partial(posts.note_own, message.chat.key, message.message_id, emoji) if channel else None
            await hearing.outbox.react(message.chat, message.message_id, emoji, made)
    elif settings.tagging == "reply":
        await _reply(hearing, message, prediction, sure=sure, again=again)


async def _reply(
    hearing: Hearing, message: Message, prediction: Prediction, *, sure: bool, again: bool
) -> None:
    services, chat, at = hearing.services, message.chat, int(message.date.timestamp())
    before = await services.mood.reply_to(chat.key, at, message.message_id) if again else None
    if not sure and before is None:
        return
    kind = "sentiment" if prediction.model == SHIPPED_NAME else "classify"
    result_id = await services.results.keep(str(chat.key), result_record(kind, prediction))
    card = tag_card(prediction, result_id, hearing.t)
    sent = await hearing.outbox.show(chat, card, message.message_id, before)
    if sent is not None:
        by = message.sender.id if message.sender else 0
        await services.mood.note_reply(chat.key, at, message.message_id, sent.message_id)
        await services.texts.overhear(str(chat.key), result_id, KeptText(message.text, by), sent.message_id)


def tag_card(prediction: Prediction, result_id: str, t: Texts) -> Reply:
    """Build the reply that shows a tone: a face where there is one, the label, its probability."""
    label = label_text(prediction.label, prediction.model, t)
    face = FACES.get(prediction.label, "") if prediction.model == SHIPPED_NAME else ""
    text = t("{label}, {share} %", label=label, share=probable(prediction.probability))
    return Reply(f"{face} {text}".strip(), buttons=verdict_rows(result_id, (), None, t))


async def _note_thread(hearing: Hearing, message: Message) -> None:
    """Remember under which message of the group a channel's post is commented."""
    if message.sender is not None and message.posted and not message.edited:
        await hearing.services.posts.note_thread(
            message.chat.key, message.message_id, message.sender.id, message.posted
        )


async def _note_post(hearing: Hearing, message: Message, prediction: Prediction, before: str) -> None:
    """Count a channel's post, or a comment below one, for the channel; `before` an edit had another tone."""
    posts, at = hearing.services.posts, int(message.date.timestamp())
    if message.chat.type == "channel":
        await posts.note(message.chat.key, message.message_id, at, prediction.label)
    elif message.thread is not None and message.sender is not None:
        place = await posts.thread(message.chat.key, message.thread)
        if place is not None:
            who = await hearing.services.mood.pseudonyms.of(place[0], message.sender.id)
            await posts.comment(*place, Comment(who, prediction.label, before))


async def reacted(hearing: Hearing, told: ReactionCount) -> None:
    """Note how often a post has each reaction."""
    if told.chat.type == "channel" and hearing.settings.tagging != "off":
        await hearing.services.posts.reactions(told.chat.key, told.message_id, dict(told.counts))
