"""The methods that answer a press on a button or an inline query."""

from __future__ import annotations

import re
from typing import Any

from bot.sandbox.backend import Backend, Call, Method
from bot.sandbox.entities import MAX_UNITS, detect, units
from bot.sandbox.errors import bad_request
from bot.sandbox.state import Json

MAX_NOTICE = 200  # characters
MAX_RESULTS = 50
MAX_RESULT_ID = 64  # bytes
START = re.compile(r"[A-Za-z0-9_-]{1,64}")  # what may stand behind /start
OWN_LINKS = ("https://t.me/", "http://t.me/", "t.me/", "tg://")  # what a press may open without a game


async def answer_callback_query(backend: Backend, call: Call) -> bool:
    """Tell somebody that their press was taken."""
    params = call.params
    notice = params.get("text", "")
    if len(notice) > MAX_NOTICE:
        raise bad_request("MESSAGE_TOO_LONG")
    if params.get("url") and not params["url"].startswith(OWN_LINKS):
        raise bad_request("URL_INVALID")
    query = backend.queries.take(params["callback_query_id"])
    answer = {"text": notice, "show_alert": params.get("show_alert", False), "url": params.get("url")}
    query.answer.set_result(answer)
    told = {"chat_id": query.chat_id, "callback_query_id": query.id, **answer}
    backend.events.tell("answer", told, [query.person])
    return True


async def answer_inline_query(backend: Backend, call: Call) -> bool:
    """Give the results of an inline query."""
    results = call.params["results"]
    if not isinstance(results, list):
        raise bad_request("can't parse inline query results: expected an Array of InlineQueryResult")
    if len(results) > MAX_RESULTS:
        raise bad_request("RESULTS_TOO_MUCH")
    for result in results:
        check_result(result)
    if len({result["id"] for result in results}) < len(results):
        raise bad_request("RESULT_ID_DUPLICATE")
    button = call.params.get("button")
    if button is not None and not START.fullmatch(str(button.get("start_parameter", ""))):
        raise bad_request("START_PARAM_INVALID")
    query = backend.queries.take(call.params["inline_query_id"])
    query.answer.set_result(
        {"results": results, "button": button, "is_personal": call.params.get("is_personal")}
    )
    return True


async def answer_guest_query(backend: Backend, call: Call) -> Json:
    """Put the answer to a mention into a chat that the bot is not in."""
    result = call.params["result"]
    check_result(result)
    query = backend.queries.take(call.params["guest_query_id"])
    chat = backend.world.chats[query.chat_id]
    caller = backend.world.people[query.person].user()
    body = {"from": backend.world.bot, "guest_bot_caller_user": caller, **message_of(result)}
    replied = chat.posts.get(query.message_id)
    if replied is not None:
        body["reply_to_message"] = {k: v for k, v in replied.body.items() if k != "reply_to_message"}
    post = backend.publish(chat, body, backend.world.bot_id)
    query.answer.set_result(post.body)
    return {"inline_message_id": f"guest-{chat.id}-{post.id}"}


def check_result(result: Any) -> None:
    """Refuse a result as Telegram does."""
    if not isinstance(result, dict) or not isinstance(result.get("type"), str):
        raise bad_request("can't parse inline query result: Can't find field \"type\"")
    if not 1 <= len(str(result.get("id", "")).encode()) <= MAX_RESULT_ID:
        raise bad_request("RESULT_ID_INVALID")
    if result["type"] == "article":
        if not str(result.get("title", "")).strip():
            raise bad_request("can't parse inline query result: Can't find field \"title\"")
        message_of(result)


def message_of(result: Json) -> Json:
    """Return the text that an article becomes."""
    content = result.get("input_message_content")
    if not isinstance(content, dict) or not str(content.get("message_text", "")).strip():
        raise bad_request("MESSAGE_TEXT_EMPTY")
    text = str(content["message_text"])
    if units(text) > MAX_UNITS:
        raise bad_request("MESSAGE_TOO_LONG")
    return {"text": text, **({"entities": found} if (found := detect(text)) else {})}


METHODS: dict[str, Method] = {
    "answerCallbackQuery": answer_callback_query,
    "answerInlineQuery": answer_inline_query,
    "answerGuestQuery": answer_guest_query,
}
