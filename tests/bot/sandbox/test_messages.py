"""What stands in the chats after the bot sent, edited, forwarded, deleted; and what it may not do."""

from __future__ import annotations

import pytest
from telegram import (
    Bot,
    CopyTextButton,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram.error import BadRequest, Forbidden

from bot.sandbox import Sandbox
from bot.sandbox.scene import ADA, CHANNEL, GRACE, GROUP, XIAOMING
from tests.bot.sandbox.conftest import Call, png

BUTTONS = InlineKeyboardMarkup(
    [
        [
            InlineKeyboardButton("Right", callback_data="right:1"),
            InlineKeyboardButton("Wrong", callback_data="wrong:1"),
        ],
        [
            InlineKeyboardButton("Site", url="https://example.org"),
            InlineKeyboardButton("Copy", copy_text=CopyTextButton("y = 2x")),
        ],
    ]
)


async def test_a_reply_carries_the_message_it_answers(sandbox: Sandbox, bot: Bot) -> None:
    said = await sandbox.say(ADA, ADA, "/s good", reply_to=None)
    answer = await bot.send_message(
        ADA,
        "<b>positive</b> &amp; sure",
        parse_mode="HTML",
        reply_parameters=ReplyParameters(said["message_id"]),
        reply_markup=BUTTONS,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
    )
    assert answer.text == "positive & sure"
    assert answer.reply_markup == BUTTONS
    assert answer.reply_to_message is not None and answer.reply_to_message.text == "/s good"
    assert await sandbox.reply_to(said, 1) == sandbox.messages(ADA)[-1]


async def test_a_link_to_a_person_mentions_them(bot: Bot) -> None:
    text = f'<a href="tg://user?id={GRACE}">Grace</a> <a href="tg://user?id=5">nobody</a>'
    sent = await bot.send_message(GROUP, text, parse_mode="HTML")
    (mention,) = sent.entities
    assert (mention.type, mention.user.id if mention.user else 0) == ("text_mention", GRACE)


async def test_a_missing_message_can_be_done_without(bot: Bot) -> None:
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(ADA, "x", reply_parameters=ReplyParameters(99))
    sent = await bot.send_message(
        ADA, "x", reply_parameters=ReplyParameters(99, allow_sending_without_reply=True)
    )
    assert sent.reply_to_message is None


async def test_an_edit_replaces_text_and_keyboard(sandbox: Sandbox, bot: Bot) -> None:
    sent = await bot.send_message(ADA, "<b>one</b>", parse_mode="HTML", reply_markup=BUTTONS)
    edited = await bot.edit_message_text("two", ADA, sent.message_id)
    assert not isinstance(edited, bool)
    assert (edited.text, edited.entities, edited.reply_markup) == ("two", (), None)
    assert edited.edit_date is not None
    with pytest.raises(BadRequest, match="Message is not modified: specified new message content"):
        await bot.edit_message_text("two", ADA, sent.message_id)
    keyed = await bot.edit_message_reply_markup(ADA, sent.message_id, reply_markup=BUTTONS)
    assert not isinstance(keyed, bool) and keyed.reply_markup == BUTTONS
    with pytest.raises(BadRequest, match="Inline keyboard expected"):
        await bot.edit_message_text("three", ADA, sent.message_id, reply_markup=ForceReply())
    with pytest.raises(BadRequest, match="There is no caption in the message to edit"):
        await bot.edit_message_caption(ADA, sent.message_id, caption="x")


async def test_what_others_wrote_cannot_be_edited(sandbox: Sandbox, bot: Bot) -> None:
    said = await sandbox.say(ADA, ADA, "mine")
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("yours", ADA, said["message_id"])


async def test_a_photo_has_a_caption_and_no_text_to_edit(bot: Bot) -> None:
    sent = await bot.send_photo(ADA, png(), caption="y = <i>2x</i>", parse_mode="HTML")
    assert (sent.caption, sent.caption_entities[0].type) == ("y = 2x", "italic")
    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        await bot.edit_message_text("x", ADA, sent.message_id)
    with pytest.raises(BadRequest, match="Message caption is too long"):
        await bot.edit_message_caption(ADA, sent.message_id, caption="x" * 1025)
    edited = await bot.edit_message_caption(ADA, sent.message_id, caption="x" * 1024)
    assert not isinstance(edited, bool) and len(edited.caption or "") == 1024


async def test_messages_are_deleted_as_rights_allow(sandbox: Sandbox, bot: Bot) -> None:
    theirs = await sandbox.say(XIAOMING, GROUP, "hello")
    own = await bot.send_message(GROUP, "hi")
    sandbox.set_role(GROUP, sandbox.world.bot_id, "member")
    with pytest.raises(BadRequest, match="Message can't be deleted"):
        await bot.delete_message(GROUP, theirs["message_id"])
    assert await bot.delete_message(GROUP, own.message_id)
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await bot.delete_message(GROUP, own.message_id)
    sandbox.set_role(GROUP, sandbox.world.bot_id, "administrator")
    assert await bot.delete_messages(GROUP, [theirs["message_id"], 12345])
    assert theirs not in sandbox.messages(GROUP)


async def test_forwards_keep_their_origin_and_copies_do_not(sandbox: Sandbox, bot: Bot) -> None:
    said = await sandbox.say(GRACE, GRACE, "look at /this")
    forwarded = await bot.forward_message(ADA, GRACE, said["message_id"])
    assert forwarded.forward_origin is not None and forwarded.forward_origin.type == "user"
    copied = await bot.copy_message(GROUP, GRACE, said["message_id"])
    body = sandbox.messages(GROUP)[-1]
    assert (body["message_id"], body["text"]) == (copied.message_id, "look at /this")
    assert "forward_origin" not in body


async def test_a_channel_speaks_as_itself(sandbox: Sandbox, bot: Bot) -> None:
    sent = await bot.send_message("@tonefit_demo", "digest")
    assert sent.sender_chat is not None and sent.sender_chat.id == CHANNEL and sent.from_user is None
    edited = await bot.edit_message_text("digest 2", CHANNEL, sent.message_id)
    assert not isinstance(edited, bool) and edited.text == "digest 2"
    sandbox.set_role(CHANNEL, sandbox.world.bot_id, "member")
    with pytest.raises(BadRequest, match="Need administrator rights in the channel chat"):
        await bot.send_message(CHANNEL, "digest")


async def test_the_bot_cannot_write_where_it_is_not(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.people.block(ADA)
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(ADA, "x")
    assert await bot.leave_chat(GROUP)
    with pytest.raises(Forbidden, match="bot is not a member of the supergroup chat"):
        await bot.send_message(GROUP, "x")
    sandbox.set_role(GROUP, sandbox.world.bot_id, "kicked")
    with pytest.raises(Forbidden, match="bot was kicked from the supergroup chat"):
        await bot.send_message(GROUP, "x")
    await sandbox.say(ADA, ADA, "back again")
    changes = [update.my_chat_member for update in await bot.get_updates() if update.my_chat_member]
    assert [change.new_chat_member.status for change in changes] == ["kicked", "left", "kicked", "member"]


async def test_a_sticker_is_known_by_its_file(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.people.sticker(ADA, ADA)
    (update,) = await bot.get_updates()
    assert update.message is not None and update.message.sticker is not None
    assert update.message.sticker.emoji == "🐳"
    sent = await bot.send_sticker(ADA, png(512, 512))
    assert sent.sticker is not None and sent.sticker.width == 512


async def test_a_group_becomes_a_supergroup(sandbox: Sandbox, bot: Bot, call: Call) -> None:
    from bot.sandbox.state import Chat

    members = {ADA: "creator", sandbox.world.bot_id: "administrator"}
    sandbox.add_chat(Chat(-77, "group", "Old", members=members))
    new = sandbox.migrate(-77)
    refused = await call("sendMessage", chat_id=-77, text="x")
    assert refused["parameters"] == {"migrate_to_chat_id": new}
    assert (await bot.send_message(new, "here")).chat.id == new
    old_notice, new_notice = [update.message for update in await bot.get_updates()]
    assert old_notice is not None and old_notice.migrate_to_chat_id == new
    assert new_notice is not None and new_notice.migrate_from_chat_id == -77


async def test_pinning_leaves_a_notice(sandbox: Sandbox, bot: Bot) -> None:
    sent = await bot.send_message(GROUP, "rules")
    assert await bot.pin_chat_message(GROUP, sent.message_id)
    assert sandbox.messages(GROUP)[-1]["pinned_message"]["text"] == "rules"
    pinned = (await bot.get_chat(GROUP)).pinned_message
    assert pinned is not None and pinned.message_id == sent.message_id
    assert await bot.unpin_chat_message(GROUP)
    with pytest.raises(BadRequest, match="Message to unpin not found"):
        await bot.unpin_chat_message(GROUP)
