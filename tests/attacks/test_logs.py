"""Neither the token nor what people wrote reaches a log or a key's name, whatever goes wrong."""

from __future__ import annotations

import asyncio

import redis.asyncio

from bot.sandbox import scene
from tests.faults.conftest import Field

PLANTED = "zebrafish"  # stands in no sentence of ours
TOKEN = "test-token"
TEXTS = (
    f"/sentiment {PLANTED} is lovely",
    f"/fit {PLANTED} 1,2",
    f"/new {PLANTED} junk fine",
    f"/classify {PLANTED}",
    f"/fit 1,2 2,4.1 3,5.9 weights={PLANTED}",
    f"/{PLANTED}",
    f"<b>{PLANTED}",
)
FAULTS: tuple[tuple[str, str | None, dict[str, object]], ...] = (
    ("429", None, {"retry_after": 1, "times": 3}),
    ("409", "getUpdates", {"times": 2}),
    ("500", None, {"times": 4}),
    ("502", None, {"times": 4}),
    ("slow", "sendMessage", {"delay": 2.0, "times": 2}),
    ("cut", "sendMessage", {"times": 2}),
    ("cut_before", "sendMessage", {"times": 2}),
    ("blocked", "sendMessage", {"times": 2}),
    ("error", "sendMessage", {"times": 3, "description": f"Bad Request: {PLANTED} {TOKEN}"}),
    ("error", "sendPhoto", {"times": 3, "code": 403, "description": f"Forbidden: {PLANTED}"}),
    ("cut", "getUpdates", {"times": 2}),
)


async def test_under_every_fault_of_telegram_and_of_redis_the_log_holds_neither(field: Field) -> None:
    field.program = ("-m", "tests.faults.poisoned_bot")  # /jobs raises with somebody's words
    (bot,) = await field.start()
    for number, (kind, method, options) in enumerate(FAULTS):
        field.sandbox.fault(kind, method, **options)  # type: ignore[arg-type]
        for text in (*TEXTS, "/jobs"):
            await field.sandbox.say(scene.PEOPLE[number % 2].id, scene.PEOPLE[number % 2].id, text)
        await field.sandbox.upload(scene.ADA, scene.ADA, f"{PLANTED}.csv", f"x,{PLANTED}\n1,two".encode())
        await asyncio.sleep(0.5)
    await field.until(lambda: "RuntimeError" in bot.said, 60)  # there is something to hide
    field.valkey.kill()
    for text in TEXTS:
        await field.sandbox.say(scene.ADA, scene.ADA, text)
    await asyncio.sleep(2)
    field.valkey.start()
    asked = await field.sandbox.say(scene.GRACE, scene.GRACE, "/sentiment what a day")
    assert "%" in (await field.sandbox.reply_to(asked, 60))["text"]
    bot.end()
    said = bot.said
    assert '"level": "error"' in said and "RuntimeError" in said
    for secret in (PLANTED, TOKEN, "somebody's words", "1:test"):
        assert secret not in said
    async with redis.asyncio.Redis.from_url(field.valkey.url) as client:
        assert [key async for key in client.scan_iter(f"*{PLANTED}*")] == []
