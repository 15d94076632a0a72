"""Presses that no button of ours sends: a changed client may send any data for any message that it sees."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import aiohttp
import orjson
import pytest
import redis.asyncio

from bot.connection import connect
from bot.dead_letters import DeadLetters
from bot.inbox import Inbox
from bot.sandbox import scene
from bot.web import SECRET_HEADER
from handlers import TABLE
from handlers.model_names import model_key
from tests.faults.conftest import Bot, Field

OURS = ("models", "live", "examples", "settings", "optout", "verdicts", "share", "training", "taught")
KEY = model_key("team")
FOREIGN = (  # what the buttons of others would say, and what none says
    *(f"{KEY}{rest}" for rest in ("", ":gone", ":delete", ":undo:1", ":0", ":fold", ":csv", ":v1")),
    *(
        "yes",
        "off",
        "daily",
        "react",
        "cancel:1",
        "keep",
        f"me:{scene.ADA}",
        f"{scene.GROUP}:off",
        "me",
        "me:yes",
    ),
    *(
        "",
        "team",
        "0",
        "-1",
        "9" * 40,
        "*",
        "tonefit:*",
        "../../etc/passwd",
        "\u0000",
        "%s%n{0}",
        "'; FLUSHALL; --",
    ),
    *("x:y:z", "degree:last:²", "degree:last:99999999", "99999999:all:dark"),
)


async def send(field: Field, bot: Bot, updates: list[dict[str, Any]]) -> None:
    """Post updates as Telegram does and wait until none is left."""
    async with aiohttp.ClientSession(headers={SECRET_HEADER: "secret"}) as session:
        for update in updates:
            async with session.post(bot.url, data=orjson.dumps(update)) as answer:
                assert answer.status == 200
    client = connect(field.valkey.url)
    async with asyncio.timeout(100):
        while await Inbox(client).waiting():
            await asyncio.sleep(0.05)
    await client.aclose()


def press(number: int, person: int, chat: dict[str, Any], data: str, shown: int) -> dict[str, Any]:
    by = {"id": person, "is_bot": False, "first_name": "Mallory", "language_code": "en"}
    me = {"id": 1, "is_bot": True, "first_name": "Tonefit"}
    message = {"message_id": shown, "date": 1_764_000_000, "chat": chat, "from": me, "text": "?"}
    return {
        "update_id": number,
        "callback_query": {"id": f"q{number}", "from": by, "message": message, "data": data},
    }


async def kept(client: redis.asyncio.Redis, *owners: int) -> dict[bytes, Any]:
    """Return what lies there of owners that nobody else may change."""
    found = {}
    for kind, owner in itertools.product(OURS, owners):
        async for key in client.scan_iter(f"tonefit:{kind}:{owner}*"):
            found[key] = await client.dump(key)
    return found


@pytest.mark.slow
async def test_forged_data_of_every_button_changes_nothing_of_other_people_and_breaks_nothing(
    field: Field,
) -> None:
    field.webhook = True
    (bot,) = await field.start()
    for text in ("/new team junk fine", "/teach team junk: win a prize now", "/lang en"):
        said = await field.sandbox.say(scene.ADA, scene.ADA, text)
        await field.sandbox.reply_to(said, 30)
    said = await field.sandbox.say(scene.ADA, scene.GROUP, "/new team up down")
    shown = {scene.GROUP: (await field.sandbox.reply_to(said, 30))["message_id"]}
    for text in ("/new spam a b", "/teach spam a: mine", "/fit 1,2 2,4.1 3,5.9 4,8.2", "/s what a day"):
        said = await field.sandbox.say(scene.XIAOMING, scene.XIAOMING, text)  # there is something to break
        shown[scene.XIAOMING] = (await field.sandbox.reply_to(said, 30))["message_id"]
    client = connect(field.valkey.url)
    results = [key async for key in client.scan_iter(f"tonefit:result:{scene.XIAOMING}:*")]
    own = results[0].decode().rpartition(":")[2]
    before = await kept(client, scene.ADA, scene.GROUP)
    assert len(before) >= 3
    private = {"id": scene.XIAOMING, "type": "private", "first_name": "Mallory"}
    group = {"id": scene.GROUP, "type": "supergroup", "title": "Team"}
    forged = [
        press(number, scene.XIAOMING, chat, f"{verb}:{argument}"[:64], shown[chat["id"]])
        for number, (verb, argument, chat) in enumerate(
            [
                *itertools.product(
                    TABLE.buttons, (*FOREIGN, own, f"{own}:right:-1", f"{own}:x:²"), [private]
                ),
                *itertools.product(TABLE.buttons, FOREIGN[:18], [group]),
            ],
            start=1,
        )
        if verb != "new"  # in a group everybody may make a model
    ]
    await send(field, bot, forged)
    assert await kept(client, scene.ADA, scene.GROUP) == before
    assert await DeadLetters(client).list() == []
    assert '"level": "error"' not in bot.said
    await client.aclose()


async def test_a_press_in_the_name_of_a_button_for_somebody_else_is_refused(field: Field) -> None:
    field.webhook = True
    (bot,) = await field.start()
    said = await field.sandbox.say(scene.ADA, scene.GROUP, "/new team up down")
    shown = (await field.sandbox.reply_to(said, 30))["message_id"]
    client = connect(field.valkey.url)
    before = await kept(client, scene.GROUP)
    group = {"id": scene.GROUP, "type": "supergroup", "title": "Team"}
    names = (f"@{scene.ADA}", "@admins", "@", "@@", f"@{scene.ADA}@{scene.XIAOMING}", f"@0{scene.XIAOMING}")
    arguments = (f"{KEY}:gone", KEY, f"{KEY}:v1", "yes")
    forged = [
        press(number, scene.XIAOMING, group, f"{verb}:{argument}{name}", shown)
        for number, (verb, argument, name) in enumerate(
            itertools.product(("model", "forget", "export", "share", "version", "leave"), arguments, names),
            start=1,
        )
    ]
    await send(field, bot, forged)
    assert await kept(client, scene.GROUP) == before
    assert '"level": "error"' not in bot.said
    await client.aclose()


async def test_op_is_an_unknown_command_to_who_is_no_operator(field: Field) -> None:
    field.environment["TONEFIT_OPERATORS"] = str(scene.GRACE)
    await field.start()
    asked = await field.sandbox.say(scene.ADA, scene.ADA, "/nonsense")
    unknown = (await field.sandbox.reply_to(asked, 30))["text"]
    for words in (
        "/op",
        "/op queue pause",
        "/op say all hello",
        f"/op unblock {scene.ADA}",
        "/op@tonefit_bot log",
    ):
        asked = await field.sandbox.say(scene.ADA, scene.ADA, words)
        assert (await field.sandbox.reply_to(asked, 30))["text"] == unknown
