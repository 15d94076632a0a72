"""Who and what is there at the first start: three people, a group with a topic, a channel."""

from __future__ import annotations

from bot.sandbox.state import GENERAL_TOPIC, Chat, Person, World

ADA = 1001
XIAOMING = 1002
GRACE = 1003
GROUP = -1001000000001
CHANNEL = -1001000000002

PEOPLE = (
    Person(ADA, "Ada", "en", "ada"),
    Person(XIAOMING, "小明", "zh-hans", "xiaoming"),
    Person(GRACE, "Grace", "en"),
)


def set_up(world: World, bot_role: str = "administrator") -> None:
    """Fill an empty world; `bot_role` is the bot's status in the group and decides what it reads there."""
    for person in PEOPLE:
        world.add_person(person)
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


def add_topic(world: World, chat: Chat, name: str, author: int) -> int:
    """Open a topic and return its `message_thread_id`: the id of the service message that opens it."""
    opening = {
        "from": world.full_user(author),
        "is_topic_message": True,
        "forum_topic_created": {"name": name, "icon_color": 7322096},
    }
    post = world.add_post(chat, opening, author)
    post.body["message_thread_id"] = post.id
    world.keep_post(chat, post)
    chat.topics[post.id] = name
    world.keep_chat(chat)
    return post.id
