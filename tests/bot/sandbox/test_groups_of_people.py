"""Groups in the sandbox: who speaks in whose name, linked chats, allowed reactions, Telegram's limits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import telegram
from telegram.error import BadRequest, RetryAfter

from bot.request import AiohttpRequest
from bot.sandbox import scene
from bot.sandbox.refusals import Impossible
from bot.sandbox.server import Sandbox
from bot.sandbox.state import Chat

TALK = -1_005_001


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(limits=True) as running:
        members = dict(running.world.chats[scene.CHANNEL].members)
        running.add_chat(Chat(TALK, "supergroup", "Talk", members=members))
        yield running


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[telegram.Bot]:
    request = AiohttpRequest()
    client = telegram.Bot(
        "1:t", base_url=f"{sandbox.url}/bot", request=request, get_updates_request=AiohttpRequest(1)
    )
    await client.initialize()
    yield client
    await client.shutdown()


async def heard(bot: telegram.Bot) -> list[dict[str, Any]]:
    """Return the messages that wait for the bot."""
    updates = await bot.get_updates(timeout=0)
    return [update.to_dict().get("message", {}) for update in updates]


async def test_an_admin_writes_as_the_group_and_a_member_cannot(sandbox: Sandbox, bot: telegram.Bot) -> None:
    await sandbox.say(scene.ADA, TALK, "hello", name=TALK)
    (message,) = await heard(bot)
    assert message["sender_chat"]["id"] == TALK
    assert message["from"]["username"] == "GroupAnonymousBot"
    with pytest.raises(Impossible):
        await sandbox.say(scene.XIAOMING, TALK, "hello", name=TALK)


async def test_a_channels_post_comes_into_the_linked_group_and_comments_lie_below_it(
    sandbox: Sandbox, bot: telegram.Bot
) -> None:
    sandbox.link(scene.CHANNEL, TALK)
    post = await sandbox.say(scene.ADA, scene.CHANNEL, "news")
    forwarded = sandbox.messages(TALK)[-1]
    assert forwarded["is_automatic_forward"]
    assert forwarded["forward_origin"]["message_id"] == post["message_id"]
    comment = await sandbox.say(scene.XIAOMING, TALK, "well", reply_to=forwarded["message_id"])
    assert comment["message_thread_id"] == forwarded["message_id"]
    assert (await bot.get_chat(TALK)).linked_chat_id == scene.CHANNEL
    assert (await bot.get_chat(scene.CHANNEL)).linked_chat_id == TALK


async def test_a_chat_takes_the_reactions_that_it_allows(sandbox: Sandbox, bot: telegram.Bot) -> None:
    said = await sandbox.say(scene.ADA, TALK, "hello")
    assert not (await bot.get_chat(TALK)).available_reactions  # all
    sandbox.allow_reactions(TALK, ["👍"])
    allowed = (await bot.get_chat(TALK)).available_reactions
    assert [one.to_dict()["emoji"] for one in allowed or ()] == ["👍"]
    await bot.set_message_reaction(TALK, said["message_id"], "👍")
    with pytest.raises(BadRequest, match=r"(?i)reaction_invalid"):
        await bot.set_message_reaction(TALK, said["message_id"], "😁")


async def test_a_third_message_at_once_is_too_many_for_a_chat(sandbox: Sandbox, bot: telegram.Bot) -> None:
    await bot.send_message(TALK, "1")
    await bot.send_message(TALK, "2")
    with pytest.raises(RetryAfter):
        await bot.send_message(TALK, "3")
    await bot.send_message(scene.ADA, "another chat")
    assert sandbox.api.limits is not None
    assert sandbox.api.limits.refused == 1


async def test_a_restricted_bot_may_not_write(sandbox: Sandbox, bot: telegram.Bot) -> None:
    sandbox.set_role(TALK, sandbox.world.bot_id, "restricted")
    with pytest.raises(BadRequest, match="ot enough rights"):
        await bot.send_message(TALK, "hello")
