"""What becomes of members' reactions where a chat lets a model learn from them."""

from __future__ import annotations

from handlers.context import ChatSettings, Hearing, Services
from handlers.grammar import normalise
from handlers.messages import Message, Reaction
from ml.examples import example_id
from ml.reaction_labels import Heard, Learnt
from ml.samples import Sample

LONGEST = 2000  # characters of a message that may become an example


async def keep(hearing: Hearing, message: Message) -> None:
    """Keep a member's message for 24 h, so that reactions to it have a text; an edit changes it."""
    sender, chat = message.sender, message.chat.key
    if not hearing.settings.learn or sender is None or message.chat.type == "channel":
        return
    labels, text = hearing.services.reaction_labels, normalise(message.text).strip()
    if message.edited and await labels.heard(chat, message.message_id) is None:
        return
    if not text or len(text) > LONGEST:
        return
    who = await hearing.services.mood.pseudonyms.of(chat, sender.id)
    await labels.hear(chat, message.message_id, Heard(text, sender.id), who)
    if message.edited:
        await _follow(hearing.services, hearing.settings, chat, message.message_id)


async def reacted(hearing: Hearing, told: Reaction) -> None:
    """Take a member's reaction as a label of the message, and a withdrawn one back.

    One that stands for nothing takes back what another stood for, be it by an earlier `/map`.
    """
    services, settings, chat = hearing.services, hearing.settings, told.chat.key
    label = label_of(told.new, settings)
    if told.by.is_bot or told.by.id < 0 or not settings.reactions:
        return
    if label is not None and label == label_of(told.old, settings):
        return
    if not settings.learn or await services.optouts.out(chat, told.by.id):
        label = None
    else:
        heard = await services.reaction_labels.heard(chat, told.message_id) if label is not None else None
        if heard is None or heard.by == told.by.id:
            label = None  # there is no text, or it is their own
    who = await services.mood.pseudonyms.of(chat, told.by.id)
    if await services.reaction_labels.vote(chat, told.message_id, who, label):
        await _follow(services, settings, chat, told.message_id)


def label_of(emoji: frozenset[str], settings: ChatSettings) -> str | None:
    """Return the label that reactions stand for, None where they name none or several."""
    labels = {settings.reactions[one] for one in emoji if one in settings.reactions}
    return labels.pop() if len(labels) == 1 else None


async def _follow(services: Services, settings: ChatSettings, chat: int, message_id: int) -> None:
    """Make a message an example of what its reactions say, and no example of anything else."""
    labels, owner = services.reaction_labels, str(chat)
    wanted, held = await labels.label(chat, message_id), await labels.learnt(chat, message_id)
    heard = await labels.heard(chat, message_id)
    if held is not None:
        same = heard is None or example_id(Sample(heard.text, held.label)) == held.digest
        if wanted == held.label and same:
            return
        await services.examples.remove(owner, held.model, [held.digest])
        await labels.unlearn(chat, message_id)
    entry = await services.registry.get(owner, settings.learn_model or "")
    if wanted is None or heard is None or entry is None or wanted not in entry.labels:
        return
    sample = Sample(heard.text, wanted)
    added = await services.examples.add(owner, entry.name, [sample], heard.by)
    if added.new:  # one that somebody taught by hand stays when reactions are withdrawn
        who = (await services.mood.pseudonyms.of(chat, heard.by)).name
        learnt = Learnt(entry.name, wanted, example_id(sample))
        await labels.note(chat, message_id, learnt, who)


async def withdraw(services: Services, person: int, chat: int) -> int:
    """Take a person's reactions, kept messages and what these became out of a chat.

    Returns:
        How many labels went: those they gave, and those of their own messages.
    """
    labels, gone = services.reaction_labels, 0
    who = await services.mood.pseudonyms.of(chat, person)
    settings = await services.chat_settings.of(chat)
    for message_id in await labels.voted(chat, who.name):
        gone += await labels.vote(chat, message_id, who, None)
        await _follow(services, settings, chat, message_id)
    for message_id in await labels.learnt_from(chat, who.name):
        held = await labels.learnt(chat, message_id)
        if held is not None:
            gone += await services.examples.take_out(str(chat), held.model, [held.digest])
            await labels.unlearn(chat, message_id)
    await labels.drop(chat, who.name)
    return gone


async def models_of(services: Services, person: int, chat: int) -> set[str]:
    """Return the models of a chat that learn from a person's reactions, or from their own messages."""
    labels, who = services.reaction_labels, await services.mood.pseudonyms.of(chat, person)
    written, labelled = await labels.learnt_from(chat, who.name), await labels.voted(chat, who.name)
    return await labels.models(chat, [*written, *labelled])
