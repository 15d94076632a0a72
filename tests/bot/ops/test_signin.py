"""Who is let in to the operators' page, and above all who is not."""

from __future__ import annotations

import asyncio
import json
import time
from urllib.parse import parse_qsl, urlencode

import aiohttp
import pytest

from bot.maintenance import MaintenanceMode
from bot.ops import signin
from bot.ops.events import HEARTBEAT, PERIOD
from bot.ops.guard import COOKIE, CSRF_HEADER
from bot.ops.signin import SigninRefused, operator_of
from bot.orders import Orders
from bot.sandbox import scene
from handlers.operating import Block, Maintenance
from ml import keys
from tests.bot.ops.operated import TOKEN, Operated, init_data

pytestmark = pytest.mark.asyncio(loop_scope="module")

# core.telegram.org does not publish a signed example; this one was put together by its rules with openssl:
# printf 'auth_date=1700000000\nuser={"id":42}' | openssl dgst -sha256 -mac HMAC -macopt hexkey:KEY, KEY by
# printf '1:test-token' | openssl dgst -sha256 -hmac WebAppData
KNOWN = "auth_date=1700000000&user=%7B%22id%22%3A42%7D&hash="
KNOWN_HASH = "d8c3046a9875226815927c34aecbb37068580542d8ba189e81cfdbfe7fb2f156"


async def sign_in(http: aiohttp.ClientSession, bot: Operated, **asked: str) -> tuple[int, dict[str, str]]:
    async with http.post(f"{bot.url}/ops/api/signin", json=asked) as response:
        return response.status, await response.json()


async def status_of(http: aiohttp.ClientSession, url: str, **headers: str) -> int:
    async with http.get(url, headers=headers) as response:
        return response.status


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("", "forged"),
        ("hash=", "forged"),
        ("user", "forged"),
        ("x" * 10_000, "forged"),
        ("&".join(f"f{n}=1" for n in range(40)), "forged"),
        (init_data(token="2:other-token"), "forged"),
        (init_data().replace("Ada", "Eve"), "forged"),
        (init_data().rpartition("&hash=")[0], "forged"),
        (init_data() + "&user=%7B%22id%22%3A1%7D", "forged"),
        ("user=%7B%22id%22%3A1%7D&" + init_data(), "forged"),
        (init_data() + "&hash=" + "0" * 64, "forged"),
        (init_data().replace("hash=", "hash=%C3%A9"), "forged"),
        (init_data(age=signin.MAX_AGE + 5), "old"),
        (init_data(age=-signin.MAX_AGE), "old"),
        (init_data(signed={"user": json.dumps({"id": scene.ADA})}), "old"),
        (init_data(signed={"auth_date": "٣", "user": json.dumps({"id": scene.ADA})}), "old"),
        (init_data(signed={"auth_date": "9" * 400, "user": json.dumps({"id": scene.ADA})}), "old"),
        (init_data(scene.GRACE), "stranger"),
        (init_data(signed={"auth_date": str(int(time.time()))}), "stranger"),
        (init_data(signed={"auth_date": str(int(time.time())), "user": "[]"}), "stranger"),
        (init_data(signed={"auth_date": str(int(time.time())), "user": '{"id":true}'}), "stranger"),
        (init_data(signed={"auth_date": str(int(time.time())), "user": '{"id":"1"}'}), "stranger"),
    ],
)
async def test_init_data_is_refused_that_telegram_did_not_sign_for_an_operator_of_now(
    given: str, reason: str
) -> None:
    with pytest.raises(SigninRefused) as refused:
        operator_of(given, TOKEN, (scene.ADA, 1), time.time())
    assert refused.value.reason == reason


async def test_init_data_of_an_operator_is_read_in_whatever_order_its_fields_come() -> None:
    turned = urlencode(list(reversed(parse_qsl(init_data()))))
    assert operator_of(turned, TOKEN, (scene.ADA,), time.time()) == scene.ADA


async def test_a_signature_made_by_another_program_is_the_same() -> None:
    assert operator_of(KNOWN + KNOWN_HASH, TOKEN, (42,), 1_700_000_100) == 42


async def test_without_a_session_nothing_but_the_empty_page_is_shown(
    bot: Operated, http: aiohttp.ClientSession
) -> None:
    for path in ("session", "events"):
        assert await status_of(http, f"{bot.url}/ops/api/{path}") == 401
        assert await status_of(http, f"{bot.url}/ops/api/{path}", Authorization="Bearer made-up") == 401
        assert await status_of(http, f"{bot.url}/ops/api/{path}", Cookie=f"{COOKIE}=made-up") == 401
    assert await status_of(http, f"{bot.url}/ops/") == 200


async def test_a_link_opens_the_page_once_by_a_cookie_that_scripts_and_other_sites_cannot_use(
    bot: Operated, http: aiohttp.ClientSession
) -> None:
    code = await bot.code()
    async with http.post(f"{bot.url}/ops/api/signin", json={"code": code}) as response:
        assert response.status == 200
        assert await response.json() == {}
        cookie = response.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/ops")
    assert await status_of(http, f"{bot.url}/ops/api/session") == 200
    async with aiohttp.ClientSession() as another:
        assert await sign_in(another, bot, code=code) == (
            403,
            {
                "title": "Forbidden",
                "status": 403,
                "detail": "This link was used already, or is older than ten minutes: make a new one by "
                "`tonefit ops-link`.",
                "reason": "used",
            },
        )
        assert await status_of(another, f"{bot.url}/ops/api/session") == 401


@pytest.mark.parametrize(
    ("said", "secure"), [("https", True), ("https,http", True), ("HTTPS , http", True), ("http,https", "")]
)
async def test_behind_tls_the_cookie_keeps_to_it_however_many_proxies_say_so(
    bot: Operated, http: aiohttp.ClientSession, said: str, secure: object
) -> None:
    headers, asked = {"X-Forwarded-Proto": said}, {"code": await bot.code()}
    async with http.post(f"{bot.url}/ops/api/signin", json=asked, headers=headers) as response:
        assert response.cookies[COOKIE]["secure"] == secure


async def test_a_link_is_forgotten_after_ten_minutes_and_redis_holds_no_code_and_no_token(
    bot: Operated, http: aiohttp.ClientSession
) -> None:
    code = await bot.code()
    (name,) = [key async for key in bot.redis.scan_iter(keys.ops_link("*"))]
    assert 590 < await bot.redis.ttl(name) <= 600
    await sign_in(http, bot, code=code)
    _, opened = await sign_in(http, bot, init_data=init_data())
    held = b"".join(
        [key + (await bot.redis.get(key) or b"") async for key in bot.redis.scan_iter("tonefit:ops:*")]
    )
    assert code.encode() not in held
    assert opened["token"].encode() not in held


async def test_a_mini_app_signs_in_by_a_token_in_a_header_and_gets_no_cookie(
    bot: Operated, http: aiohttp.ClientSession
) -> None:
    status, opened = await sign_in(http, bot, init_data=init_data())
    assert status == 200
    assert len(http.cookie_jar) == 0
    async with http.get(
        f"{bot.url}/ops/api/session", headers={"Authorization": f"Bearer {opened['token']}"}
    ) as response:
        assert (await response.json())["operator"] == scene.ADA
    for wrong, reason in (
        (init_data(token="2:other"), "forged"),
        (init_data(age=7200), "old"),
        (init_data(scene.GRACE), "stranger"),
    ):
        status, told = await sign_in(http, bot, init_data=wrong)
        assert (status, told["reason"]) == (403, reason)


async def test_who_is_no_operator_any_more_is_out_at_once(bot: Operated) -> None:
    before = signin.Signins(bot.redis, [scene.GRACE])
    token = await before.open(scene.GRACE)
    assert await before.visitor(token) is not None
    assert await signin.Signins(bot.redis, [scene.ADA]).visitor(token) is None


async def test_changes_need_the_word_of_the_page_and_come_from_no_other_site(
    bot: Operated, http: aiohttp.ClientSession
) -> None:
    await sign_in(http, bot, code=await bot.code())
    async with http.get(f"{bot.url}/ops/api/session") as response:
        csrf = (await response.json())["csrf"]
    url = f"{bot.url}/ops/api/signout"
    for headers in (
        {},
        {CSRF_HEADER: "é"},
        {CSRF_HEADER: csrf[:-1]},
        {CSRF_HEADER: csrf, "Sec-Fetch-Site": "cross-site"},
        {CSRF_HEADER: csrf, "Sec-Fetch-Site": "same-site"},
    ):
        async with http.post(url, headers=headers) as response:
            assert response.status == 403, headers
    assert await status_of(http, f"{bot.url}/ops/api/session") == 200
    async with http.post(url, headers={CSRF_HEADER: csrf, "Sec-Fetch-Site": "same-origin"}) as response:
        assert response.status == 200
    assert await status_of(http, f"{bot.url}/ops/api/session") == 401


async def test_no_other_site_signs_a_browser_in(bot: Operated, http: aiohttp.ClientSession) -> None:
    url, code = f"{bot.url}/ops/api/signin", await bot.code()
    async with http.post(
        url, data=json.dumps({"code": code}), headers={"Content-Type": "text/plain"}
    ) as response:
        assert response.status == 415
    async with http.post(url, json={"code": code}, headers={"Sec-Fetch-Site": "cross-site"}) as response:
        assert response.status == 403
    assert (await sign_in(http, bot, code=code))[0] == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b"{}", 400),
        (b'{"code": 5}', 400),
        (b'{"code": "\xff"}', 400),
        (b'{"code": ""}', 403),
        (b'{"code": "' + b"a" * 20_000 + b'"}', 413),
    ],
)
async def test_a_body_that_is_no_sign_in_is_a_problem_in_json(
    bot: Operated, http: aiohttp.ClientSession, body: bytes, status: int
) -> None:
    headers = {"Content-Type": "application/json"}
    async with http.post(f"{bot.url}/ops/api/signin", data=body, headers=headers) as response:
        assert response.status == status
        assert response.content_type == "application/problem+json"
        assert (await response.json())["status"] == status


async def test_what_the_browser_is_told_lets_nothing_run_but_our_own_scripts(
    bot: Operated, http: aiohttp.ClientSession
) -> None:
    async with http.get(f"{bot.url}/ops/") as response:
        policy, page = response.headers["Content-Security-Policy"], await response.text()
    assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "telegram.org" not in page + policy
    async with http.get(f"{bot.url}/ops/app") as response:
        policy, page = response.headers["Content-Security-Policy"], await response.text()
    assert "script-src 'self' https://telegram.org/js/telegram-web-app.js;" in policy
    assert "unsafe" not in policy
    assert '<script async src="https://telegram.org/js/telegram-web-app.js">' in page


async def test_only_files_of_the_page_are_served(bot: Operated, http: aiohttp.ClientSession) -> None:
    for name in ("index.html", "..%2fsignin.py", "%2e%2e%2f%2e%2e%2fapp.py", "main.py"):
        assert await status_of(http, f"{bot.url}/ops/static/{name}") == 404
    assert await status_of(http, f"{bot.url}/ops/static/main.js") == 200


async def test_the_stream_tells_what_is_and_ends_with_the_session(
    bot: Operated, http: aiohttp.ClientSession
) -> None:
    await bot.redis.delete(*[key async for key in bot.redis.scan_iter(keys.ops_session("*"))])
    await sign_in(http, bot, code=await bot.code())
    async with http.get(f"{bot.url}/ops/api/events") as response:
        assert response.content_type == "text/event-stream"
        assert await response.content.readline() == b"event: state\n"
        state = json.loads((await response.content.readline()).removeprefix(b"data: "))
        assert [queue["name"] for queue in state["queues"]] == ["high", "default", "low"]
        assert (state["replicas"], state["workers"], state["jobs"]) == (1, [], [])
        assert (state["blocks"], state["maintenance"], state["held"]) == (0, None, 0)
        (name,) = [key async for key in bot.redis.scan_iter(keys.ops_session("*"))]
        await bot.redis.delete(name)
        async with asyncio.timeout(HEARTBEAT + 5):
            await response.content.read()


async def test_the_stream_tells_of_a_maintenance_and_how_many_are_blocked(
    bot: Operated, http: aiohttp.ClientSession
) -> None:
    await sign_in(http, bot, code=await bot.code())
    orders, mode, now = Orders(bot.redis), MaintenanceMode(bot.redis), time.time()
    await orders.block(Block(5, now, scene.ADA))
    await orders.block(Block(6, now, scene.ADA, until=now + 0.01))  # over by the time that somebody looks
    await mode.begin(Maintenance("Back soon.", scene.ADA, now))
    await asyncio.sleep(PERIOD)
    try:
        async with http.get(f"{bot.url}/ops/api/events") as response:
            await response.content.readline()
            state = json.loads((await response.content.readline()).removeprefix(b"data: "))
    finally:
        await mode.end()
        await orders.unblock(5)
    assert (state["blocks"], state["maintenance"], state["held"]) == (1, now, 0)
    assert "Back soon" not in str(state)
