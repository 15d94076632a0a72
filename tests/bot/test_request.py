"""HTTP to the Bot API by aiohttp, against a real server on this machine."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import telegram
from aiohttp import web
from aiohttp.test_utils import TestServer
from telegram.error import BadRequest, NetworkError, RetryAfter, TimedOut

from bot.request import AiohttpRequest, NotSent, post, read_json

TOKEN = "1:secret-token"


class Api:
    """A server that answers as the test says and keeps what came."""

    def __init__(self) -> None:
        self.received: dict[str, object] = {}
        self.answer = web.json_response({"ok": True, "result": True})
        self.delay = 0.0
        self.cut = False

    async def handle(self, request: web.Request) -> web.StreamResponse:
        form = await (request.json() if request.content_type == "application/json" else request.post())
        self.received = {
            name: value.file.read() if isinstance(value, web.FileField) else value
            for name, value in form.items()
        }
        await asyncio.sleep(self.delay)
        if self.cut and request.transport is not None:
            request.transport.abort()
        return self.answer


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
async def bot(api: Api) -> AsyncIterator[telegram.Bot]:
    app = web.Application()
    app.router.add_post("/bot{token}/{method}", api.handle)
    server = TestServer(app)
    await server.start_server()
    request = AiohttpRequest()
    await request.initialize()
    yield telegram.Bot(TOKEN, base_url=str(server.make_url("/bot")), request=request)
    await request.shutdown()
    await server.close()


async def test_parameters_arrive_as_a_form(bot: telegram.Bot, api: Api) -> None:
    await bot.send_message(7, "好 & good", reply_parameters=telegram.ReplyParameters(3))
    assert api.received["chat_id"] == "7"
    assert api.received["text"] == "好 & good"
    assert api.received["reply_parameters"] == '{"message_id": 3}'


async def test_what_needs_no_class_of_the_library_arrives_as_json(bot: telegram.Bot, api: Api) -> None:
    quoting = {"message_id": 3}
    assert await post(bot, "sendMessage", chat_id=7, text="好 & good", reply_parameters=quoting, thread=None)
    assert api.received == {"chat_id": 7, "text": "好 & good", "reply_parameters": quoting}


async def test_a_file_arrives_whole(bot: telegram.Bot, api: Api) -> None:
    content = bytes(range(256)) * 1000
    await bot.send_document(7, telegram.InputFile(content, filename="a.csv", attach=True), caption="数据")
    assert api.received["caption"] == "数据"
    assert content in api.received.values()


async def test_an_answer_of_true_is_taken(bot: telegram.Bot) -> None:
    assert await bot.send_message(7, "good") is True


async def test_errors_of_the_server_become_those_of_the_library(bot: telegram.Bot, api: Api) -> None:
    api.answer = web.json_response(
        {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}, status=400
    )
    with pytest.raises(BadRequest, match="hat not found"):
        await bot.send_message(7, "good")
    api.answer = web.json_response(
        {"ok": False, "error_code": 429, "description": "Too Many", "parameters": {"retry_after": 3}},
        status=429,
    )
    with pytest.raises(RetryAfter):
        await bot.send_message(7, "good")


async def test_an_error_page_is_not_quoted(
    bot: telegram.Bot, api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    api.answer = web.Response(status=502, text="<html>somebody's text</html>")
    with pytest.raises(NetworkError) as broken:
        await bot.send_message(7, "good")
    assert "somebody" not in str(broken.value) + caplog.text


async def test_a_slow_answer_times_out_and_may_have_had_its_effect(bot: telegram.Bot, api: Api) -> None:
    api.delay = 2
    with pytest.raises(TimedOut):
        await bot.send_message(7, "good", read_timeout=0.1)


async def test_a_cut_connection_is_no_time_out_and_names_no_token(bot: telegram.Bot, api: Api) -> None:
    api.cut = True
    with pytest.raises(NetworkError) as broken:
        await bot.send_message(7, "good")
    assert not isinstance(broken.value, TimedOut | NotSent)
    assert TOKEN not in str(broken.value)


async def test_a_server_that_is_not_there_got_nothing(free_tcp_port: int) -> None:
    request = AiohttpRequest()
    await request.initialize()
    bot = telegram.Bot(TOKEN, base_url=f"http://127.0.0.1:{free_tcp_port}/bot", request=request)
    with pytest.raises(NotSent) as broken:
        await bot.send_message(7, "good")
    assert TOKEN not in str(broken.value)
    await request.shutdown()


@pytest.fixture
def free_tcp_port() -> int:
    from tests.conftest import free_port

    return free_port()


async def test_half_a_sign_keeps_no_answer_out(bot: telegram.Bot, api: Api) -> None:
    body = rb'{"ok": true, "result": [{"text": "well \ud83d done \ud83d\ude00"}]}'
    api.answer = web.Response(body=body, content_type="application/json")
    assert await post(bot, "getUpdates") == [{"text": "well ? done 😀"}]


@pytest.mark.parametrize(
    "payload", [b"", b"{", rb'{"\ud83d"', rb'["\ud83d", 1e400]', rb'["\ud83d",' + b"[" * 9_999]
)
def test_what_is_no_json_stays_none(payload: bytes) -> None:
    with pytest.raises(ValueError):
        read_json(payload)
