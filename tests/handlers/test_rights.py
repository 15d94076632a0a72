"""Who may do what in a chat: admins by role, anonymous ones, the linked channel, and everybody else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handlers import models, versions
from handlers.messages import Chat, ChatType, Message, Person, Press
from handlers.model_names import model_key
from handlers.rights import rules
from handlers.surroundings import About
from tests.handlers.conftest import ANNA, BEN, KnownChats, Talk, rulers

GROUP, CHANNEL = -1001, -1002
TEAM = Person(GROUP, "Team")
KEY = model_key("spam")


def written(sender: Person | None, kind: ChatType = "supergroup", chat: int = GROUP) -> Message:
    return Message(1, "text", Chat(chat, kind, "Team"), 1, datetime.now(UTC), sender, "/tagging react")


def pressed(sender: Person, kind: ChatType = "supergroup", chat: int = GROUP) -> Message:
    return Message(
        1, "button", Chat(chat, kind, "Team"), 1, datetime.now(UTC), sender, press=Press("p", "x:")
    )


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (written(ANNA), True),
        (written(BEN), False),
        (written(TEAM), True),
        (written(Person(CHANNEL, "News")), True),  # the linked channel
        (written(Person(-1003, "Somebody's channel")), False),
        (written(BEN, "private", BEN.id), True),
        (written(None, "channel", CHANNEL), True),
        (pressed(BEN, "channel", CHANNEL), False),  # any reader presses below a post
        (pressed(ANNA, "channel", CHANNEL), True),
        (pressed(BEN), False),
        (pressed(ANNA), True),
    ],
)
async def test_an_admin_is_who_telegram_says_the_group_itself_and_the_linked_channel(
    message: Message, expected: bool
) -> None:
    chats = KnownChats(rulers={ANNA.id}, known=About(linked=CHANNEL))
    assert await rules(message, chats) is expected


async def test_what_became_a_supergroup_is_the_same_group() -> None:
    moved = Chat(-100_9, "supergroup", "Team", internal=-9)
    message = Message(1, "text", moved, 1, datetime.now(UTC), Person(-9, "Team"), "/train")
    assert await rules(message, KnownChats())


@pytest.mark.parametrize("maker", [-100, 0], ids=["an anonymous admin", "a channel"])
async def test_a_model_of_the_group_is_deleted_by_its_admins_alone(group: Talk, maker: int) -> None:
    await group.services.registry.create(group.owner, "spam", ("junk", "fine"), maker)
    said = await group.press(models.press, f"model:{KEY}:gone", on=1, by=BEN)
    assert said.text == "Only the person who made this model can delete it."
    await group.press(versions.press, f"version:{KEY}:v1", on=1, by=BEN)
    assert group.notice == "Only the person who made this model can choose its version."
    assert len(await group.services.registry.list(group.owner)) == 1
    rulers(group).add(BEN.id)
    await group.press(models.press, f"model:{KEY}:gone", on=1, by=BEN)
    assert await group.services.registry.list(group.owner) == []


async def test_an_admin_decides_nothing_about_what_a_person_made(group: Talk) -> None:
    await group.services.registry.create(group.owner, "spam", ("junk", "fine"), ANNA.id)
    rulers(group).add(BEN.id)
    await group.press(models.press, f"model:{KEY}:gone", on=1, by=BEN)
    assert len(await group.services.registry.list(group.owner)) == 1
