"""How a forum's topics hold messages and answers together."""

from __future__ import annotations

import pytest
from telegram import Bot, ReplyParameters
from telegram.error import BadRequest

from bot.sandbox import Sandbox
from bot.sandbox.refusals import Impossible
from bot.sandbox.scene import ADA, GROUP, XIAOMING


@pytest.fixture
def topic(sandbox: Sandbox) -> int:
    return next(iter(set(sandbox.world.chats[GROUP].topics) - {1}))


async def test_a_topics_message_names_it_and_carries_its_opening(
    sandbox: Sandbox, bot: Bot, topic: int
) -> None:
    await sandbox.say(XIAOMING, GROUP, "1,2 2,4", topic=topic)
    await sandbox.say(XIAOMING, GROUP, "general")
    inside, outside = [update.message for update in await bot.get_updates()]
    assert inside is not None and outside is not None
    assert (inside.message_thread_id, inside.is_topic_message) == (topic, True)
    assert inside.reply_to_message is not None
    assert inside.reply_to_message.forum_topic_created is not None
    assert inside.reply_to_message.forum_topic_created.name == "Numbers"
    assert (outside.message_thread_id, outside.reply_to_message) == (None, None)


async def test_an_answer_lands_in_the_topic_of_what_it_answers(
    sandbox: Sandbox, bot: Bot, topic: int
) -> None:
    said = await sandbox.say(XIAOMING, GROUP, "1,2 2,4", topic=topic)
    by_reply = await bot.send_message(GROUP, "y = 2x", reply_parameters=ReplyParameters(said["message_id"]))
    by_topic = await bot.send_message(GROUP, "y = 2x", message_thread_id=topic)
    assert by_reply.message_thread_id == by_topic.message_thread_id == topic
    assert by_reply.reply_to_message is not None and by_reply.reply_to_message.text == "1,2 2,4"


async def test_topics_that_are_not_there_take_nothing(sandbox: Sandbox, bot: Bot) -> None:
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(GROUP, "x", message_thread_id=999)
    with pytest.raises(Impossible, match="no such topic"):
        await sandbox.say(ADA, GROUP, "x", topic=999)
    assert "message_thread_id" not in await sandbox.say(ADA, GROUP, "x", topic=1)


async def test_the_bot_opens_a_topic_as_an_administrator(sandbox: Sandbox, bot: Bot) -> None:
    made = await bot.create_forum_topic(GROUP, "Mood")
    sent = await bot.send_message(GROUP, "today", message_thread_id=made.message_thread_id)
    assert sent.message_thread_id == made.message_thread_id
    sandbox.set_role(GROUP, sandbox.world.bot_id, "member")
    with pytest.raises(BadRequest, match="Not enough rights to create a topic"):
        await bot.create_forum_topic(GROUP, "More")
