"""The methods that answer a press on a button or an inline query."""

from __future__ import annotations

from bot.sandbox.backend import Backend, Call, Method
from bot.sandbox.errors import bad_request

MAX_NOTICE = 200  # characters
MAX_RESULTS = 50
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
        if not isinstance(result, dict) or not isinstance(result.get("type"), str):
            raise bad_request("can't parse inline query result: Can't find field \"type\"")
        if not 1 <= len(str(result.get("id", "")).encode()) <= 64:
            raise bad_request("RESULT_ID_INVALID")
    if len({result["id"] for result in results}) < len(results):
        raise bad_request("RESULT_ID_DUPLICATE")
    backend.queries.take(call.params["inline_query_id"]).answer.set_result({"results": results})
    return True


METHODS: dict[str, Method] = {
    "answerCallbackQuery": answer_callback_query,
    "answerInlineQuery": answer_inline_query,
}
