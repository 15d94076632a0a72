"""The web chat's HTTP: what a page reads, what people do through it, what it is told as it happens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup

from bot.sandbox import Sandbox, chat_web, events
from bot.sandbox.images import image_size
from bot.sandbox.scene import ADA, CHANNEL, GRACE, GROUP, XIAOMING
from tests.bot.sandbox.conftest import png

Json = dict[str, Any]
NOTHING = {"person": ADA, "chat": ADA, "message_id": 1}
SAID_IN_GROUP = {"person": XIAOMING, "chat": GROUP, "message_id": 3}  # by Ada
KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("a", callback_data="x")]])


async def get(client: aiohttp.ClientSession, path: str, **params: Any) -> Json:
    async with client.get(f"/chat/{path}", params=params) as response:
        body: Json = await response.json()
        assert response.status == 200, body
        return body


async def post(client: aiohttp.ClientSession, path: str, **values: Any) -> Json:
    async with client.post(f"/chat/{path}", json=values) as response:
        body: Json = await response.json()
        assert response.status == 200, body
        return body


class Stream:
    """An open page that plays somebody."""

    def __init__(self, response: aiohttp.ClientResponse, person: int) -> None:
        self.response = response
        self.person = person

    async def next(self) -> tuple[str, Json]:
        """Return the next event that concerns this person."""
        while True:
            name, data = await self.next_of_all()
            people = data.pop("people")
            if people is None or self.person in people:
                return name, data

    async def next_of_all(self) -> tuple[str, Json]:
        """Return the next event, whomever it concerns; comments are skipped."""
        name = ""
        while True:
            line = (await asyncio.wait_for(self.response.content.readline(), 5)).decode().rstrip("\n")
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                return name, json.loads(line.removeprefix("data: "))


@asynccontextmanager
async def page(client: aiohttp.ClientSession, person: int) -> AsyncIterator[Stream]:
    async with client.get("/chat/events") as response:
        assert response.content_type == "text/event-stream"
        assert await response.content.readline() == b": open\n"
        yield Stream(response, person)


async def test_the_state_is_what_this_person_sees(sandbox: Sandbox, client: aiohttp.ClientSession) -> None:
    state = await get(client, "state", person=XIAOMING)
    assert state["me"] == {
        "id": XIAOMING,
        "is_bot": False,
        "first_name": "小明",
        "username": "xiaoming",
        "language_code": "zh-hans",
    }
    assert [person["id"] for person in state["people"]] == [ADA, XIAOMING, GRACE]
    assert state["bot"]["username"] == "tonefit_bot"
    private, group, channel, without_bot = state["chats"]
    assert (private["chat"]["id"], private["chat"]["first_name"], private["private_with_bot"]) == (
        XIAOMING,
        "Tonefit",
        True,
    )
    assert (group["role"], channel["role"], private["last"]) == ("member", "member", None)
    assert without_bot["role"] == "member"
    assert [topic["name"] for topic in group["topics"]] == ["General", "Numbers"]
    assert (await get(client, "state"))["me"]["id"] == ADA


async def test_messages_come_in_pages_oldest_first(sandbox: Sandbox, client: aiohttp.ClientSession) -> None:
    for number in range(7):
        await sandbox.say(ADA, ADA, str(number))
    newest = (await get(client, "messages", person=ADA, chat=ADA, limit=3))["messages"]
    assert [message["text"] for message in newest] == ["4", "5", "6"]
    older = await get(client, "messages", person=ADA, chat=ADA, limit=3, before=newest[0]["message_id"])
    assert [message["text"] for message in older["messages"]] == ["1", "2", "3"]
    assert (older["messages"][0]["reactions"], older["messages"][0]["mine_only"]) == ({}, True)


async def test_a_topics_messages_are_read_alone(sandbox: Sandbox, client: aiohttp.ClientSession) -> None:
    await sandbox.say(ADA, GROUP, "general")
    await sandbox.say(ADA, GROUP, "numbers", topic=2)
    for topic, texts in ((1, ["general"]), (2, [None, "numbers"]), (0, [None, "general", "numbers"])):
        found = await get(client, "messages", person=ADA, chat=GROUP, topic=topic)
        assert [message.get("text") for message in found["messages"]] == texts


async def test_what_people_do_reaches_the_bot(
    sandbox: Sandbox, client: aiohttp.ClientSession, bot: Bot
) -> None:
    await bot.get_updates(allowed_updates=["message", "edited_message", "message_reaction", "callback_query"])
    asked = await bot.send_message(GROUP, "?", reply_markup=KEYBOARD)
    place = {"person": GRACE, "chat": GROUP}
    said = await post(client, "send", **place, text="好", reply_to=asked.message_id)
    await post(client, "edit", **place, message_id=said["message_id"], text="好的")
    await post(client, "react", **place, message_id=asked.message_id, emoji="👍")
    await post(client, "press", **place, message_id=asked.message_id, data="x")
    await post(client, "sticker", **place)
    await post(client, "delete", **place, message_id=said["message_id"])
    kinds = [
        next(name for name in update.to_dict() if name != "update_id") for update in await bot.get_updates()
    ]
    assert kinds == ["message", "edited_message", "message_reaction", "callback_query", "message"]
    assert sandbox.world.chats[GROUP].posts.get(said["message_id"]) is None


async def test_files_are_sent_with_their_text_as_caption(client: aiohttp.ClientSession, bot: Bot) -> None:
    for name, content, as_photo in (("a.csv", b"1,2\n", ""), ("p.png", png(9, 9), "1")):
        form = aiohttp.FormData({"person": str(ADA), "chat": str(ADA), "text": "/fit", "as_photo": as_photo})
        form.add_field("file", content, filename=name)
        async with client.post("/chat/send", data=form) as response:
            message = await response.json()
        file_id = (message.get("document") or message["photo"][0])["file_id"]
        async with client.get(f"/chat/file/{file_id}") as response:
            assert await response.read() == content
            shown = response.headers["Content-Disposition"].partition(";")[0]
        assert shown == ("inline" if as_photo else "attachment")
    assert [update.message.caption for update in await bot.get_updates() if update.message] == ["/fit"] * 2


async def test_a_sticker_is_a_picture_that_page_and_bot_can_fetch_and_the_same_each_time(
    client: aiohttp.ClientSession, bot: Bot
) -> None:
    first, second = [(await post(client, "sticker", person=ADA, chat=GROUP))["sticker"] for _ in range(2)]
    assert first == second
    async with client.get(f"/chat/file/{first['file_id']}") as response:
        content = await response.read()
        assert (response.status, response.content_type) == (200, "image/webp")
    assert image_size(content) == (first["width"], first["height"]) == (512, 512)
    assert await (await bot.get_file(first["file_id"])).download_as_bytearray() == content


async def test_a_file_that_a_browser_could_run_is_only_saved(client: aiohttp.ClientSession) -> None:
    form = aiohttp.FormData({"person": str(ADA), "chat": str(ADA)})
    form.add_field("file", b"<script>1</script>", filename="x.html", content_type="text/html")
    async with client.post("/chat/send", data=form) as response:
        file_id = (await response.json())["document"]["file_id"]
    async with client.get(f"/chat/file/{file_id}") as response:
        assert response.content_type == "application/octet-stream"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_an_open_page_is_told_what_happens(
    sandbox: Sandbox, client: aiohttp.ClientSession, bot: Bot
) -> None:
    async with page(client, ADA) as stream:
        await bot.send_chat_action(ADA, "typing")
        assert await stream.next() == (
            "action",
            {"chat_id": ADA, "message_thread_id": None, "action": "typing"},
        )
        sent = await bot.send_message(ADA, "queued", reply_markup=KEYBOARD)
        name, data = await stream.next()
        assert (name, data["chat_id"], data["message"]["text"]) == ("message", ADA, "queued")
        await bot.edit_message_text("done", ADA, sent.message_id, reply_markup=KEYBOARD)
        name, data = await stream.next()
        assert (name, data["message"]["text"]) == ("edited", "done")
        await bot.set_message_reaction(ADA, sent.message_id, "👍")
        assert await stream.next() == (
            "reaction",
            {"chat_id": ADA, "message_id": sent.message_id, "reactions": {"👍": [bot.id]}},
        )
        pressed = await post(client, "press", person=ADA, chat=ADA, message_id=sent.message_id, data="x")
        await bot.answer_callback_query(pressed["callback_query_id"], "Thanks")
        name, data = await stream.next()
        assert (name, data["text"], data["show_alert"], data["callback_query_id"]) == (
            "answer",
            "Thanks",
            False,
            pressed["callback_query_id"],
        )
        await bot.set_my_commands([("fit", "draw")])
        assert (await stream.next())[0] == "commands"
        await bot.delete_message(ADA, sent.message_id)
        assert await stream.next() == ("deleted", {"chat_id": ADA, "message_ids": [sent.message_id]})


async def test_one_stream_says_of_each_event_whom_it_concerns(
    sandbox: Sandbox, client: aiohttp.ClientSession, bot: Bot
) -> None:
    async with page(client, GRACE) as stream:
        await sandbox.say(ADA, ADA, "between Ada and the bot")
        await sandbox.say(ADA, GROUP, "to the group")
        await bot.set_my_commands([("fit", "draw")])
        concerned = [(await stream.next_of_all())[1]["people"] for _ in range(3)]
    assert [people and {ADA, GRACE, XIAOMING} & set(people) for people in concerned] == [
        {ADA},
        {ADA, GRACE, XIAOMING},
        None,
    ]


async def test_a_quiet_stream_shows_that_it_lives(
    client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_web, "HEARTBEAT", 0.05)
    async with page(client, ADA) as stream:
        await stream.response.content.readline()
        assert await asyncio.wait_for(stream.response.content.readline(), 2) == b": still here\n"


async def test_a_page_that_lags_behind_is_cut_off_and_forgotten(
    sandbox: Sandbox, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "QUEUE_LIMIT", 3)
    async with page(client, ADA) as stream:
        for number in range(9):
            await sandbox.say(ADA, ADA, str(number))
        received = await asyncio.wait_for(stream.response.content.read(), 5)
    assert received.count(b"event: message") <= 4
    async with asyncio.timeout(2):
        while sandbox.backend.events.listeners:
            await asyncio.sleep(0.01)


async def test_commands_follow_the_persons_language(client: aiohttp.ClientSession, bot: Bot) -> None:
    await bot.set_my_commands([("fit", "draw")])
    await bot.set_my_commands([("fit", "拟合")], language_code="zh")
    shown = await get(client, "commands", person=ADA, chat=ADA)
    assert shown == {"commands": [{"command": "fit", "description": "draw"}]}
    await post(client, "language", person=ADA, language_code="zh-hans")
    shown = await get(client, "commands", person=ADA, chat=ADA)
    assert shown["commands"][0]["description"] == "拟合"


@pytest.mark.parametrize(
    ("path", "values", "code", "sentence"),
    [
        ("send", {"person": 4, "chat": ADA, "text": "x"}, "no_person", "no such person"),
        ("send", {"person": ADA, "chat": GRACE, "text": "x"}, "no_chat", "no such chat for this person"),
        ("send", {"person": ADA, "chat": ADA, "text": " "}, "text_empty", "needs a text"),
        ("send", {"person": ADA, "chat": ADA, "text": "x", "reply_to": 9}, "reply_gone", "reply to is gone"),
        ("send", {"person": ADA, "chat": GROUP, "text": "x", "topic": 9}, "no_topic", "no such topic"),
        ("send", {"person": GRACE, "chat": CHANNEL, "text": "x"}, "cannot_write", "cannot write here"),
        ("send", {"person": "x", "chat": ADA, "text": "x"}, "malformed", "person must be a whole number."),
        ("send", {"chat": ADA, "text": "x"}, "malformed", "person is missing."),
        ("react", {**NOTHING, "emoji": "👍"}, "message_gone", "message is gone"),
        ("press", {**SAID_IN_GROUP, "person": ADA, "data": "x"}, "button_gone", "button is gone"),
        ("react", {**SAID_IN_GROUP, "emoji": "x"}, "no_reaction", "no such reaction"),
        ("edit", {**SAID_IN_GROUP, "text": "x"}, "not_author", "Only its author"),
        ("edit", {**SAID_IN_GROUP, "person": ADA, "text": "x" * 4097}, "text_too_long", "too long"),
        ("delete", SAID_IN_GROUP, "may_not_delete", "Only its author or an administrator"),
    ],
)
async def test_what_cannot_be_done_is_said_with_a_code(
    sandbox: Sandbox, client: aiohttp.ClientSession, path: str, values: Json, code: str, sentence: str
) -> None:
    assert (await sandbox.say(ADA, GROUP, "Hello"))["message_id"] == SAID_IN_GROUP["message_id"]
    async with client.post(f"/chat/{path}", json=values) as response:
        body = await response.json()
        assert (response.status, body["code"]) == (400, code)
        assert sentence in body["error"]


@pytest.mark.parametrize(
    ("content", "as_photo", "text", "code", "description"),
    [
        (b"", "", "", "file_empty", "file must be non-empty"),
        (b"no picture", "1", "", "photo_unreadable", "IMAGE_PROCESS_FAILED"),
        (png(21, 1), "1", "", "photo_dimensions", "PHOTO_INVALID_DIMENSIONS"),
        (b"a" * (10 * 1024 * 1024 + 1), "1", "", "photo_too_big", "file is too big for a photo"),
        (b"a,b", "", "x" * 1025, "caption_too_long", "1,024"),
    ],
)
async def test_a_file_that_is_not_taken_is_refused_with_a_code_and_telegrams_description(
    client: aiohttp.ClientSession, content: bytes, as_photo: str, text: str, code: str, description: str
) -> None:
    form = aiohttp.FormData({"person": str(ADA), "chat": str(ADA), "as_photo": as_photo, "text": text})
    form.add_field("file", content, filename="a.png")
    async with client.post("/chat/send", data=form) as response:
        body = await response.json()
        assert (response.status, body["code"]) == (400, code)
        assert description in body["error"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:8080"}, 200),
        ({"Host": "rebound.example"}, 403),
        ({"Host": "127.0.0.1.rebound.example:80"}, 403),
        ({"Origin": "http://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
async def test_only_this_machine_is_served(
    client: aiohttp.ClientSession, headers: dict[str, str], status: int
) -> None:
    for path in ("/chat/state", "/bot1:t/getMe", "/healthz"):
        async with client.get(path, headers=headers) as response:
            assert response.status == status


async def test_a_page_of_the_sandbox_itself_may_post(client: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    values = {"person": ADA, "chat": ADA, "text": "x"}
    async with client.post("/chat/send", json=values, headers={"Origin": sandbox.url}) as response:
        assert response.status == 200


async def test_static_files_end_at_their_folder(client: aiohttp.ClientSession) -> None:
    for path in ("/web/..%2f__main__.py", "/web/%2e%2e/server.py", "/web/nothing.js"):
        async with client.get(path) as response:
            assert response.status == 404


async def test_the_sandbox_binds_to_this_machine_alone() -> None:
    with pytest.raises(ValueError, match="loopback"):
        await Sandbox().start("0.0.0.0")


async def test_a_text_that_is_too_long_arrives_in_pieces(sandbox: Sandbox, bot: Bot) -> None:
    await sandbox.say(ADA, ADA, "word " * 1000)
    texts = [update.message.text or "" for update in await bot.get_updates() if update.message]
    assert [len(text) for text in texts] == [4096, 903] and "".join(texts).split() != []
