"""What the sandbox refuses, and in which words: those of Telegram."""

from __future__ import annotations

import inspect
from typing import Any

import aiohttp
import pytest
from telegram import Bot

from bot.sandbox import Sandbox
from bot.sandbox.api import METHODS as SERVED
from bot.sandbox.parameters import METHODS, SCHEMAS
from bot.sandbox.scene import ADA, GROUP
from tests.bot.sandbox.conftest import Call

TEXT = {"chat_id": ADA, "text": "hi"}
KEYBOARD = {"inline_keyboard": [[{"text": "a", "callback_data": "x"}]]}


def keyboard(**button: Any) -> dict[str, Any]:
    return {**TEXT, "reply_markup": {"inline_keyboard": [[button]]}}


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("sendMessage", {"text": "hi"}, "chat_id is empty"),
    ("sendMessage", {"chat_id": ADA}, "message text is empty"),
    ("sendMessage", {"chat_id": ADA, "text": " \n "}, "message text is empty"),
    ("sendMessage", {"chat_id": ADA, "text": "<b></b>", "parse_mode": "HTML"}, "message text is empty"),
    ("sendMessage", {"chat_id": ADA, "text": "a" * 4097}, "message is too long"),
    ("sendMessage", {"chat_id": ADA, "text": "😁" * 2049}, "message is too long"),
    ("sendMessage", {"chat_id": 4242, "text": "hi"}, "chat not found"),
    ("sendMessage", {"chat_id": "@nobody", "text": "hi"}, "chat not found"),
    ("sendMessage", {**TEXT, "tpyo": 1}, 'unknown parameter "tpyo" in sendMessage'),
    (
        "sendMessage",
        {**TEXT, "message_thread_id": "x"},
        'can\'t parse "message_thread_id": expected an Integer',
    ),
    ("sendMessage", {**TEXT, "message_thread_id": 5}, "message thread not found"),
    ("sendMessage", {"chat_id": GROUP, "text": "hi", "message_thread_id": 1}, "message thread not found"),
    ("sendMessage", {**TEXT, "parse_mode": "BBCode"}, "unsupported parse_mode"),
    ("sendMessage", {**TEXT, "reply_parameters": {"message_id": 99}}, "message to be replied not found"),
    ("sendMessage", {**TEXT, "reply_to_message_id": 99}, "message to be replied not found"),
    ("sendMessage", {**TEXT, "reply_parameters": "[1]"}, "object expected as reply parameters"),
    (
        "sendMessage",
        {**TEXT, "reply_parameters": {"chat_id": ADA}},
        "can't parse reply parameters: Can't find field \"message_id\"",
    ),
    ("sendMessage", {**TEXT, "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
    ("sendMessage", {**TEXT, "reply_markup": []}, "object expected as reply markup"),
    ("sendMessage", keyboard(text="a", callback_data="x" * 65), "BUTTON_DATA_INVALID"),
    ("sendMessage", keyboard(text="a", callback_data="心" * 22), "BUTTON_DATA_INVALID"),
    (
        "sendMessage",
        keyboard(text="a"),
        "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    ),
    (
        "sendMessage",
        keyboard(callback_data="x"),
        "can't parse inline keyboard button: Can't find field \"text\"",
    ),
    (
        "sendMessage",
        keyboard(text="a", url="nowhere"),
        "inline keyboard button URL 'nowhere' is invalid: Wrong HTTP URL",
    ),
    ("sendMessage", keyboard(text="a", copy_text={"text": "x" * 257}), "BUTTON_COPY_TEXT_INVALID"),
    ("sendPhoto", {"chat_id": ADA}, "there is no photo in the request"),
    ("sendPhoto", {"chat_id": ADA, "photo": "no such id"}, "wrong file identifier/HTTP URL specified"),
    ("sendDocument", {"chat_id": ADA, "document": "https://x.org/y"}, "failed to get HTTP URL content"),
    ("sendChatAction", {"chat_id": ADA, "action": "dancing"}, "wrong parameter action in request"),
    ("editMessageText", {"text": "hi"}, "chat_id is empty"),
    ("editMessageText", {**TEXT}, "message identifier is not specified"),
    ("editMessageText", {**TEXT, "message_id": 99}, "message to edit not found"),
    ("editMessageText", {"text": "hi", "inline_message_id": "x"}, "MESSAGE_ID_INVALID"),
    ("deleteMessage", {"chat_id": ADA, "message_id": 99}, "message to delete not found"),
    ("deleteMessages", {"chat_id": ADA, "message_ids": 7}, "expected an Array of message identifiers"),
    (
        "forwardMessage",
        {"chat_id": ADA, "from_chat_id": ADA, "message_id": 9},
        "message to forward not found",
    ),
    ("copyMessage", {"chat_id": ADA, "from_chat_id": ADA, "message_id": 9}, "message to copy not found"),
    ("setMessageReaction", {"chat_id": ADA, "message_id": 99}, "message to react not found"),
    (
        "answerCallbackQuery",
        {"callback_query_id": "1"},
        "query is too old and response timeout expired or query ID is invalid",
    ),
    ("answerCallbackQuery", {}, "query is too old and response timeout expired or query ID is invalid"),
    ("getFile", {}, "file_id not specified"),
    ("getFile", {"file_id": "x"}, "invalid file_id"),
    ("getChatMember", {"chat_id": GROUP, "user_id": 4242}, "invalid user_id specified"),
    ("getChatAdministrators", {"chat_id": ADA}, "there are no administrators in the private chat"),
    ("setMyCommands", {"commands": {}}, "expected an Array of BotCommand"),
    ("setMyCommands", {"commands": [{"command": "Start", "description": "x"}]}, "BOT_COMMAND_INVALID"),
    (
        "setMyCommands",
        {"commands": [{"description": "x"}]},
        "can't parse BotCommand: Can't find field \"command\"",
    ),
    (
        "setMyCommands",
        {"commands": [], "scope": {"type": "moon"}},
        "can't parse BotCommandScope: unsupported type specified",
    ),
    ("setMyCommands", {"commands": [], "language_code": "zh-hans"}, "invalid language code specified"),
    ("setWebhook", {"url": "gopher://x"}, "invalid webhook URL specified"),
    (
        "setWebhook",
        {"url": "https://x.org", "secret_token": "a b"},
        "secret token contains unallowed characters",
    ),
    ("createForumTopic", {"chat_id": ADA, "name": "x"}, "the chat is not a forum"),
    ("leaveChat", {"chat_id": ADA}, "chat member status can't be changed in private chats"),
]


@pytest.mark.parametrize(("method", "params", "reason"), REFUSED)
async def test_a_wrong_call_is_refused_as_telegram_does(
    call: Call, method: str, params: dict[str, Any], reason: str
) -> None:
    assert await call(method, **params) == {
        "ok": False,
        "error_code": 400,
        "description": f"Bad Request: {reason}",
    }


async def test_an_unknown_method_is_not_found(call: Call) -> None:
    assert await call("sendMesage", **TEXT) == {
        "ok": False,
        "error_code": 404,
        "description": "Not Found: method not found",
    }


async def test_the_longest_text_and_caption_are_taken(call: Call) -> None:
    assert (await call("sendMessage", chat_id=ADA, text="a" * 4096))["ok"]
    assert (await call("sendMessage", chat_id=ADA, text="<b>" + "a" * 4096 + "</b>", parse_mode="HTML"))["ok"]


@pytest.mark.parametrize("way", ["query", "form", "json", "multipart", "get"])
async def test_parameters_come_in_every_way_that_telegram_takes(
    client: aiohttp.ClientSession, way: str
) -> None:
    params = {"chat_id": str(ADA), "text": "naïve 你好 & +"}
    multipart = aiohttp.FormData(params, default_to_multipart=True)
    requests = {
        "query": lambda: client.post("/bot1:t/sendMessage", params=params),
        "form": lambda: client.post("/bot1:t/sendMessage", data=params),
        "json": lambda: client.post("/bot1:t/SENDMESSAGE", json=params),
        "multipart": lambda: client.post("/bot1:t/sendMessage", data=multipart),
        "get": lambda: client.get("/bot1:t/sendMessage", params=params),
    }
    async with requests[way]() as response:
        answer = await response.json()
    assert answer["result"]["text"] == params["text"]


async def test_a_body_that_is_no_json_is_refused(client: aiohttp.ClientSession) -> None:
    headers = {"Content-Type": "application/json"}
    async with client.post("/bot1:t/getMe", data=b"{", headers=headers) as response:
        assert (response.status, (await response.json())["error_code"]) == (400, 400)


@pytest.mark.parametrize("body", [b"chat_id=1001&text=%ff", b"chat_id=1001&text=\xff"])
async def test_a_form_that_is_no_utf8_is_refused(client: aiohttp.ClientSession, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with client.post("/bot1:t/sendMessage", data=body, headers=headers) as response:
        assert (await response.json())["description"] == "Bad Request: strings must be encoded in UTF-8"


async def test_of_a_name_given_twice_the_first_counts(client: aiohttp.ClientSession) -> None:
    async with client.get(f"/bot1:t/sendMessage?chat_id={ADA}&text=a+b%20c&text=d&&x") as response:
        assert (await response.json())["description"] == 'Bad Request: unknown parameter "x" in sendMessage'
    async with client.get(f"/bot1:t/sendMessage?chat_id={ADA}&text=a+b%20c&text=d") as response:
        assert (await response.json())["result"]["text"] == "a b c"


def test_every_method_of_the_table_is_served() -> None:
    assert set(METHODS) == set(SERVED)


PTB_ONLY = {"filename", "api_kwargs", "read_timeout", "write_timeout", "connect_timeout", "pool_timeout"}
NOT_SENT = {
    "deleteWebhook": set(),
    "close": set(),
    "answerInlineQuery": {"current_offset"},
    "sendMediaGroup": {"caption", "parse_mode", "caption_entities"},
}
DEPRECATED = {"disable_web_page_preview", "reply_to_message_id", "allow_sending_without_reply"}


@pytest.mark.parametrize("method", [name for name in METHODS if name not in {"close", "logOut"}])
def test_the_table_knows_every_parameter_of_python_telegram_bot(method: str) -> None:
    signature = inspect.signature(getattr(Bot, method))
    sent = set(signature.parameters) - PTB_ONLY - NOT_SENT.get(method, set()) - {"self"}
    known = set(SCHEMAS[method.lower()].readers)
    assert sent <= known
    assert known - sent <= DEPRECATED | {"business_connection_id", "video_start_timestamp"}


async def test_calls_are_recorded_with_their_outcome(sandbox: Sandbox, call: Call) -> None:
    await call("sendMessage", **TEXT)
    await call("sendMessage", chat_id=4242, text="hi")
    assert [(one.method, one.params["chat_id"], one.error) for one in sandbox.calls] == [
        ("sendMessage", ADA, ""),
        ("sendMessage", 4242, "Bad Request: chat not found"),
    ]
