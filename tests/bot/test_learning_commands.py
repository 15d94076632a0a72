"""The commands about models over the Bot API: what people see of /why, /label, /evaluate and the rest."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from bot.sandbox import scene
from tests.bot.conftest import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

POOL = b"see you at six\nwin a free prize\nlunch at noon\n"


def buttons(message: dict[str, Any]) -> dict[str, str]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return {button["text"]: button.get("callback_data", "") for row in rows for button in row}


async def press(world: World, message: dict[str, Any], label: str, person: int = scene.ADA) -> dict[str, Any]:
    """Press a button and return the newest state of the last message of the chat that changed."""
    before = [dict(held) for held in world.sandbox.messages(person)]
    await world.sandbox.press(person, person, message["message_id"], buttons(message)[label])
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        now = world.sandbox.messages(person)
        changed = [held for held in now if held not in before]
        if changed:
            return changed[-1]
        await asyncio.sleep(0.05)
    raise AssertionError(f"nothing changed after {label}: {world.log[-2000:]}")


async def words_with(world: World, wanted: str, person: int = scene.ADA) -> str:
    """Return the text or caption of the newest message that holds some words."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for message in reversed(world.sandbox.messages(person)):
            words = message.get("caption") or message.get("text", "")
            if wanted in words:
                return str(words)
        await asyncio.sleep(0.05)
    raise AssertionError(f"nobody said {wanted!r}: {world.log[-2000:]}")


async def test_why_explains_by_button_and_by_reply(world: World) -> None:
    answer = await world.ask("/sentiment The parcel is on the table and it is terrible")
    assert {"Why?", "👍 Right", "👎 Wrong"} <= set(buttons(answer))
    assert "“terrible” speaks for it" in (await press(world, answer, "Why?"))["text"]
    again = await world.ask("/why", reply_to=answer["message_id"])
    assert "“terrible” speaks for it" in again["text"]


async def test_why_in_chinese(world: World) -> None:
    answer = await world.ask("情感 快递到了，质量太差", person=scene.XIAOMING)
    assert "“差”" in (await press(world, answer, "为什么？", scene.XIAOMING))["text"]
    assert "“差”" in (await world.ask("为什么 质量太差", person=scene.XIAOMING))["text"]


async def test_the_probe_and_an_evaluation_over_a_file(world: World) -> None:
    assert "swapping" in (await world.ask("/probe"))["text"]
    content = b"label,text\npositive,what a lovely day\nnegative,this is terrible\n"
    await world.send_file("rows.csv", content, caption="/evaluate sentiment")
    words = await words_with(world, " on 2 rows:")
    assert words.startswith("sentiment ")
    assert "accuracy 100 %" in words
    assert await words_with(world, "The same figures as a table.")


async def test_texts_of_a_file_are_labelled_one_by_one(world: World) -> None:
    await world.ask("/new post junk fine", person=scene.GRACE)
    card = await world.send_file("pool.txt", POOL, caption="/label post", person=scene.GRACE)
    assert set(buttons(card)) == {"junk", "fine", "Skip", "Stop"}
    second = await press(world, card, "fine", scene.GRACE)
    assert "1 labelled, 0 skipped, 2 left" in second["text"]
    back = await press(world, second, "Undo", scene.GRACE)
    assert "0 labelled, 0 skipped, 3 left" in back["text"]
    await press(world, back, "junk", scene.GRACE)
    exported = await world.ask("/export post", person=scene.GRACE)
    assert exported["document"]["file_name"] == "post.zip"
    assert "1 example" in exported["caption"]
    asked = await world.ask("/forget me", person=scene.GRACE)
    assert "1 example in 1 model" in asked["text"]
    assert "Deleted: 1 example" in (await press(world, asked, "Delete it", scene.GRACE))["text"]


async def test_nothing_broke_meanwhile(world: World) -> None:
    assert '"level": "error"' not in world.log
