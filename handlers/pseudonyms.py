"""How a person is taken out of chats: pseudonyms and labels go, sums of hours that are over stay."""

from __future__ import annotations

from collections.abc import Iterable

from handlers.context import Services
from handlers.errors import Refusal
from handlers.reactions import models_of, withdraw


async def take_out(services: Services, person: int, chats: Iterable[int] | None = None) -> int:
    """Take a person out of chats with the channels that are linked to them, or of every chat.

    Returns:
        How many days, topics and posts there were of which the person was one of the people, and how many
        labels by reactions.
    """
    pseudonyms = services.mood.pseudonyms
    places = await (pseudonyms.chats(person) if chats is None else _with_channels(services, chats))
    gone = await services.mood.take_out(person, places)
    for place in places:
        gone += await withdraw(services, person, place)
        gone += await services.posts.take_out(place, (await pseudonyms.of(place, person)).name)
    await pseudonyms.forget(person, places)
    return gone


async def note_models(services: Services, person: int) -> None:
    """Note which models learned from a person's reactions: they are trained anew once those are gone."""
    for chat in await services.mood.pseudonyms.chats(person):
        for model in await models_of(services, person, chat):
            await services.examples.touched(person, str(chat), model)


async def _with_channels(services: Services, chats: Iterable[int]) -> list[int]:
    places = list(chats)
    for chat in list(places):
        try:
            linked = (await services.chats.about(chat)).linked
        except Refusal:  # the bot is out of it by now
            continue
        places += [linked] if linked is not None else []
    return places
