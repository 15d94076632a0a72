"""What is stored of a person now, in numbers: for `/privacy`, `/forget me` and `/export me`."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.context import Services
from handlers.texts import Texts
from ml.optouts import EVERYWHERE


@dataclass(frozen=True, slots=True)
class Stored:
    """How much there is of a person; `days` are days of topics of chats on which their pseudonym stands."""

    examples: int = 0
    models: int = 0  # that have an example of theirs
    texts: int = 0  # of commands and tagged messages, of the last 24 h
    heard: int = 0  # messages that are kept for labels, of the last 24 h
    votes: int = 0  # messages that their reactions labelled
    days: int = 0
    posts: int = 0  # of channels that they commented
    chats: int = 0  # in which they are counted
    ruled: int = 0  # that they are known to be an admin of
    left_out: int = 0  # chats that they are left out of
    everywhere: bool = False  # left out of all


async def stored_of(services: Services, person: int) -> Stored:
    """Count what is stored of a person."""
    taught = await services.examples.taught_by(person)
    chats = await services.mood.pseudonyms.chats(person)
    days = [await services.mood.counted(person, chat) for chat in chats]
    heard = votes = posts = 0
    for chat in chats:
        who = await services.mood.pseudonyms.of(chat, person)
        kept, labelled = await services.reaction_labels.counts(chat, who.name)
        heard, votes = heard + kept, votes + labelled
        posts += await services.posts.commented(chat, who.name)
    places = await services.optouts.places(person)
    return Stored(
        examples=sum(map(len, taught.values())),
        models=len(taught),
        texts=len(await services.texts.of(person)),
        heard=heard,
        votes=votes,
        days=sum(days),
        posts=posts,
        ruled=len(await services.ruled.of(person)),
        chats=sum(map(bool, days)),
        left_out=len([chat for chat in places if chat != EVERYWHERE]),
        everywhere=EVERYWHERE in places,
    )


def texts_counted(count: int, t: Texts) -> str:
    """Say how many texts there are or were."""
    return t.plural("{count} text of the last 24 hours", "{count} texts of the last 24 hours", count)


def labels_counted(count: int, t: Texts) -> str:
    """Say how many pseudonyms and labels by reactions there are or were."""
    return t.plural("{count} pseudonym or label", "{count} pseudonyms and labels", count)
