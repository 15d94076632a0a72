"""What a bot hears in groups: everything as an administrator, what is meant for it as a member."""

from __future__ import annotations

import pytest
from telegram import Bot

from bot.sandbox import Sandbox
from bot.sandbox.scene import ADA, CHANNEL, GROUP, XIAOMING


@pytest.fixture
async def group(sandbox: Sandbox) -> Sandbox:
    """A sandbox whose bot is a plain member of the group, with nothing waiting."""
    sandbox.set_role(GROUP, sandbox.world.bot_id, "member")
    sandbox.backend.updates.clear()
    return sandbox


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("good morning", False),
        ("/fit 1,2 2,4", True),
        ("please /fit this", True),
        ("/fit@tonefit_bot 1,2", True),
        ("/FIT@Tonefit_Bot 1,2", True),
        ("/fit@other_bot 1,2", False),
        ("what do you think, @tonefit_bot?", True),
        ("what do you think, @other?", False),
        ("a/b", False),
    ],
)
async def test_a_member_hears_commands_and_mentions(group: Sandbox, bot: Bot, text: str, heard: bool) -> None:
    await group.say(XIAOMING, GROUP, text)
    assert bool(await bot.get_updates()) == heard


async def test_a_member_hears_replies_to_its_messages(group: Sandbox, bot: Bot) -> None:
    asked = await bot.send_message(GROUP, "which label?")
    other = await group.say(ADA, GROUP, "hello")
    await group.say(XIAOMING, GROUP, "spam", reply_to=asked.message_id)
    await group.say(XIAOMING, GROUP, "hi", reply_to=other["message_id"])
    (update,) = await bot.get_updates()
    assert update.message is not None and update.message.text == "spam"


async def test_a_member_does_not_hear_a_topic_that_the_bot_opened(group: Sandbox, bot: Bot) -> None:
    topic = group.add_topic(GROUP, "Bot's own", by=group.world.bot_id)
    await group.say(XIAOMING, GROUP, "chatter", topic=topic)
    assert not await bot.get_updates()


async def test_captions_count_as_texts(group: Sandbox, bot: Bot) -> None:
    await group.upload(XIAOMING, GROUP, "a.csv", b"1,2", caption="/fit")
    await group.upload(XIAOMING, GROUP, "a.csv", b"1,2", caption="look")
    assert len(await bot.get_updates()) == 1


async def test_an_administrator_hears_everything(sandbox: Sandbox, bot: Bot) -> None:
    await sandbox.say(XIAOMING, GROUP, "good morning")
    await sandbox.say(ADA, CHANNEL, "news")
    assert len(await bot.get_updates()) == 2


async def test_with_privacy_off_a_member_hears_everything(group: Sandbox, bot: Bot) -> None:
    group.world.bot["can_read_all_group_messages"] = True
    await group.say(XIAOMING, GROUP, "good morning")
    assert len(await bot.get_updates()) == 1
    assert (await bot.get_me()).can_read_all_group_messages


async def test_who_is_out_hears_nothing(group: Sandbox, bot: Bot) -> None:
    group.set_role(GROUP, group.world.bot_id, "left")
    group.backend.updates.clear()
    await group.say(XIAOMING, GROUP, "/fit@tonefit_bot 1,2")
    assert not await bot.get_updates()


async def test_a_sandbox_can_start_with_the_bot_as_a_member() -> None:
    async with Sandbox(bot_role="member") as quiet:
        await quiet.say(XIAOMING, GROUP, "good morning")
        assert not quiet.backend.updates.waiting
