"""Who and what is there at the first start: three people, two groups, of which one has the bot, a channel."""

from __future__ import annotations

from dataclasses import replace

from bot.sandbox.groups import add_topic
from bot.sandbox.state import GENERAL_TOPIC, Chat, Person, World

ADA = 1001
XIAOMING = 1002
GRACE = 1003
GROUP = -1001000000001
CHANNEL = -1001000000002
CLUB = -1001000000003  # the bot is not in it: it answers there as a guest

PEOPLE = (
    Person(ADA, "Ada", "en", "ada"),
    Person(XIAOMING, "小明", "zh-hans", "xiaoming"),
    Person(GRACE, "Grace", "en"),
)


def set_up(world: World, bot_role: str = "administrator") -> None:
    """Fill an empty world; `bot_role` is the bot's status in the group and decides what it reads there."""
    for person in PEOPLE:
        world.add_person(replace(person))
    group = world.add_chat(
        Chat(
            GROUP,
            "supergroup",
            "Tonefit demo group",
            is_forum=True,
            last_id=1,  # 1 is what opened the group, and names the General topic
            members={ADA: "creator", GRACE: "administrator", XIAOMING: "member", world.bot_id: bot_role},
        )
    )
    group.topics[GENERAL_TOPIC] = "General"
    add_topic(world, group, "Numbers", ADA)
    world.add_chat(
        Chat(
            CHANNEL,
            "channel",
            "Tonefit demo channel",
            username="tonefit_demo",
            members={ADA: "creator", GRACE: "member", XIAOMING: "member", world.bot_id: "administrator"},
        )
    )
    people = {GRACE: "creator", ADA: "member", XIAOMING: "member"}
    world.add_chat(Chat(CLUB, "supergroup", "Book club, without the bot", members=people))
