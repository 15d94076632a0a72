"""How Telegram's update becomes our message."""

from typing import Any

from bot.updates import read_update
from handlers.messages import Chat, Document, Message, Person, Press, Quoted

BOT = 99
ADA = {"id": 7, "is_bot": False, "first_name": "Ada", "language_code": "en"}
PRIVATE = {"id": 7, "type": "private", "first_name": "Ada"}
FORUM = {"id": -100, "type": "supergroup", "title": "Tea", "is_forum": True}


def read(**content: Any) -> Message | None:
    return read_update({"update_id": 5, **content}, BOT)


def words(text: str, **more: Any) -> dict[str, Any]:
    return {"message_id": 3, "date": 1_700_000_000, "chat": PRIVATE, "from": ADA, "text": text, **more}


def test_a_text_keeps_who_and_where() -> None:
    message = read(message=words("good"))
    assert message is not None
    assert (message.text, message.kind) == ("good", "text")
    assert message.sender == Person(7, "Ada", "en")
    assert message.chat == Chat(7, "private")


def test_a_caption_counts_as_the_text() -> None:
    document = {
        "file_id": "f",
        "file_unique_id": "u",
        "file_name": "a.csv",
        "file_size": 12,
        "mime_type": "text/csv",
    }
    message = read(message=words("", caption="/fit", document=document) | {"text": None})
    assert message is not None
    assert message.text == "/fit"
    assert message.document == Document("f", "a.csv", 12, "text/csv")


def test_a_topic_is_kept_and_its_opening_message_is_no_quote() -> None:
    opening = words("", chat=FORUM, forum_topic_created={"name": "Tea", "icon_color": 0}, message_id=2)
    message = read(
        message=words(
            "/s good", chat=FORUM, message_thread_id=2, is_topic_message=True, reply_to_message=opening
        )
    )
    assert message is not None
    assert message.chat.topic == 2
    assert message.quoted is None


def test_a_quote_says_whether_it_is_ours() -> None:
    ours = words("🙂", message_id=2) | {"from": {"id": BOT, "is_bot": True, "first_name": "Tonefit"}}
    message = read(message=words("why?", reply_to_message=ours))
    assert message is not None
    author = Person(BOT, "Tonefit", is_bot=True)
    assert message.quoted == Quoted(2, "🙂", from_bot=True, author=author)


def test_a_channel_post_has_no_sender() -> None:
    channel = {"id": -200, "type": "channel", "title": "News"}
    message = read(channel_post={"message_id": 3, "date": 1, "chat": channel, "text": "/s good"})
    assert message is not None
    assert (message.kind, message.sender) == ("channel_post", None)


def test_an_anonymous_admin_is_the_group() -> None:
    anyone = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    message = read(message=words("/train", chat=FORUM, sender_chat=FORUM) | {"from": anyone})
    assert message is not None
    assert message.sender == Person(FORUM["id"], "Tea")


def test_an_edit_is_told_from_a_new_message() -> None:
    message = read(edited_message=words("/s good", edit_date=1_700_000_001))
    assert message is not None
    assert message.edited


def test_a_press_belongs_to_the_one_who_pressed() -> None:
    query = {
        "id": "q",
        "from": ADA | {"id": 8},
        "chat_instance": "c",
        "data": "right:AB",
        "message": words("🙂"),
    }
    message = read(callback_query=query)
    assert message is not None
    assert message.press == Press("q", "right:AB")
    assert message.sender is not None
    assert message.sender.id == 8


def test_a_sticker_holds_no_words() -> None:
    sticker = {
        "file_id": "s", "file_unique_id": "u", "type": "regular",
        "width": 1, "height": 1, "is_animated": False, "is_video": False,
    }  # fmt: skip
    message = read(message=words("", sticker=sticker) | {"text": None})
    assert message is not None
    assert message.kind == "other"


def test_service_messages_are_nobodys_words() -> None:
    assert read(message=words("", new_chat_members=[ADA]) | {"text": None}) is None
    assert read(my_chat_member=None) is None
