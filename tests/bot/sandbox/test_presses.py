"""What happens when somebody presses a button, reacts, or asks inline."""

from __future__ import annotations

import asyncio

import pytest
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
)
from telegram.error import BadRequest

from bot.sandbox import Sandbox
from bot.sandbox.refusals import Impossible
from bot.sandbox.scene import ADA, CHANNEL, GRACE, GROUP, XIAOMING
from tests.bot.sandbox.conftest import Call

KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("Right", callback_data="right:心")]])
REACTIONS = ["message_reaction", "message_reaction_count"]


async def test_a_press_reaches_the_bot_and_its_notice_the_person(sandbox: Sandbox, bot: Bot) -> None:
    sent = await bot.send_message(GROUP, "?", reply_markup=KEYBOARD)
    query = await sandbox.press(XIAOMING, GROUP, sent.message_id, "right:心")
    (update,) = await bot.get_updates()
    press = update.callback_query
    assert press is not None and press.message is not None
    assert (press.data, press.from_user.id, press.message.message_id) == (
        "right:心",
        XIAOMING,
        sent.message_id,
    )
    await press.answer("Thank you", show_alert=True)
    answer = await asyncio.wait_for(query.answer, 1)
    assert (answer["text"], answer["show_alert"]) == ("Thank you", True)


async def test_a_press_is_answered_once_and_in_time(sandbox: Sandbox, bot: Bot) -> None:
    sent = await bot.send_message(ADA, "?", reply_markup=KEYBOARD)
    query = await sandbox.press(ADA, ADA, sent.message_id, "right:心")
    await bot.answer_callback_query(query.id)
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(query.id)
    late = await sandbox.press(ADA, ADA, sent.message_id, "right:心")
    late.asked -= 31
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(late.id)


async def test_only_buttons_that_are_there_can_be_pressed(sandbox: Sandbox, bot: Bot) -> None:
    sent = await bot.send_message(ADA, "?", reply_markup=KEYBOARD)
    with pytest.raises(Impossible, match="That button is gone"):
        await sandbox.press(ADA, ADA, sent.message_id, "wrong:1")
    with pytest.raises(Impossible, match="no such chat"):
        await sandbox.press(GRACE, ADA, sent.message_id, "right:心")


async def test_a_bot_has_one_reaction_from_telegrams_list(sandbox: Sandbox, bot: Bot) -> None:
    said = await sandbox.say(XIAOMING, GROUP, "great")
    assert await bot.set_message_reaction(GROUP, said["message_id"], "😁")
    assert await bot.set_message_reaction(GROUP, said["message_id"], "😢")
    post = sandbox.world.chats[GROUP].posts[said["message_id"]]
    assert post.reactions == {"😢": [sandbox.world.bot_id]}
    for wrong, reason in ((["😁", "😢"], "Reactions_too_many"), (["🫠"], "Reaction_invalid")):
        with pytest.raises(BadRequest, match=reason):
            await bot.set_message_reaction(GROUP, said["message_id"], wrong)
    assert await bot.set_message_reaction(GROUP, said["message_id"])
    assert post.reactions == {}


async def test_reactions_are_told_to_an_admin_that_asked(sandbox: Sandbox, bot: Bot) -> None:
    said = await sandbox.say(GRACE, GROUP, "great")
    await sandbox.react(XIAOMING, GROUP, said["message_id"], "👍")
    await bot.get_updates(offset=-1, allowed_updates=REACTIONS)
    await sandbox.react(XIAOMING, GROUP, said["message_id"], "❤️")
    await sandbox.react(XIAOMING, GROUP, said["message_id"], None)
    changed, withdrawn = [update.message_reaction for update in (await bot.get_updates())[1:]]
    assert changed is not None and withdrawn is not None and changed.user is not None
    assert (changed.user.id, changed.old_reaction[0].emoji, changed.new_reaction[0].emoji) == (
        XIAOMING,
        "👍",
        "❤",
    )
    assert withdrawn.new_reaction == ()
    sandbox.set_role(GROUP, sandbox.world.bot_id, "member")
    await sandbox.react(XIAOMING, GROUP, said["message_id"], "👍")
    assert len(await bot.get_updates()) == 3


async def test_a_channels_reactions_come_as_counts(sandbox: Sandbox, bot: Bot) -> None:
    await bot.get_updates(allowed_updates=REACTIONS)
    post = await bot.send_message(CHANNEL, "news")
    await sandbox.react(GRACE, CHANNEL, post.message_id, "🔥")
    (update,) = await bot.get_updates()
    count = update.message_reaction_count
    assert count is not None and count.reactions[0].total_count == 1


async def test_an_inline_query_is_answered(sandbox: Sandbox, bot: Bot) -> None:
    query = sandbox.people.ask_inline(ADA, "what a day")
    (update,) = await bot.get_updates()
    assert update.inline_query is not None and update.inline_query.query == "what a day"
    result = InlineQueryResultArticle("1", "positive", InputTextMessageContent("positive"))
    await update.inline_query.answer([result])
    assert (await query.answer)["results"][0]["title"] == "positive"


async def test_an_alert_is_at_most_200_characters(sandbox: Sandbox, bot: Bot, call: Call) -> None:
    sent = await bot.send_message(ADA, "?", reply_markup=KEYBOARD)
    query = await sandbox.press(ADA, ADA, sent.message_id, "right:心")
    refused = await call("answerCallbackQuery", callback_query_id=query.id, text="x" * 201)
    assert refused["description"] == "Bad Request: MESSAGE_TOO_LONG"
    refused = await call("answerCallbackQuery", callback_query_id=query.id, url="https://example.org")
    assert refused["description"] == "Bad Request: URL_INVALID"
    assert (await call("answerCallbackQuery", callback_query_id=query.id, text="x" * 200))["result"]
