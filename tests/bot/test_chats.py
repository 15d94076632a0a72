"""`/chats`: a group and a channel set from private, by who rules them at that very moment."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.sandbox import scene
from bot.sandbox.state import Chat
from tests.bot.conftest import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLACE = -1_009_000


def data(card: dict[str, Any]) -> list[str]:
    rows = card.get("reply_markup", {}).get("inline_keyboard", [])
    return [button.get("callback_data", "") for row in rows for button in row]


async def press(world: World, card: dict[str, Any], pressed: str, person: int = scene.ADA) -> str:
    query = await world.sandbox.press(person, person, card["message_id"], pressed)
    return str((await asyncio.wait_for(query.answer, 30))["text"])


def text(world: World, person: int, card: dict[str, Any]) -> str:
    return str(world.sandbox.world.chats[person].posts[card["message_id"]].body["text"])


async def test_a_group_is_set_from_private_by_who_rules_it_now(world: World) -> None:
    sandbox = world.sandbox
    assert "I know no group" in (await world.ask("/chats", person=scene.GRACE))["text"]
    people = {scene.ADA: "creator", scene.GRACE: "administrator", sandbox.world.bot_id: "administrator"}
    sandbox.add_chat(Chat(PLACE, "supergroup", "Far tea", members=people))
    setup = await world.ask("/setup", chat=PLACE)
    urls = [b.get("url", "") for row in setup["reply_markup"]["inline_keyboard"] for b in row]
    assert any(url.endswith(f"?start=set_{PLACE}") for url in urls)
    card = await world.ask("/chats", person=scene.GRACE)
    assert data(card) == [f"chats:{PLACE}"]
    await press(world, card, f"chats:{PLACE}", scene.GRACE)
    assert text(world, scene.GRACE, card).startswith("Far tea\nTagging is off")
    await press(world, card, f"chats:{PLACE}:tagging:react", scene.GRACE)
    assert "Tagging is react" in text(world, scene.GRACE, card)
    await press(world, card, f"chats:{PLACE}:digest:on", scene.GRACE)
    assert "09:00" in (await world.ask("/digest", chat=PLACE))["text"]
    sandbox.set_role(PLACE, scene.GRACE, "member")
    async with asyncio.timeout(30):  # roles are remembered for some seconds
        while await press(world, card, f"chats:{PLACE}:tagging:off", scene.GRACE) == "":
            await press(world, card, f"chats:{PLACE}:tagging:react", scene.GRACE)
            await asyncio.sleep(0.2)
    assert "Tagging is react" in (await world.ask("/tagging", chat=PLACE))["text"]
    assert "You are no admin there" in (await world.ask(f"/start set_{PLACE}", person=scene.GRACE))["text"]


async def test_a_deep_link_opens_the_chat_and_a_wrong_one_none(world: World) -> None:
    people = {scene.ADA: "creator", world.sandbox.world.bot_id: "administrator"}
    world.sandbox.add_chat(Chat(PLACE - 1, "supergroup", "Near tea", members=people))
    assert (await world.ask(f"/start set_{PLACE - 1}"))["text"].startswith(str(PLACE - 1))
    for wrong in ("set_-1", "set_x", "set_"):
        assert "You are no admin there" in (await world.ask(f"/start {wrong}"))["text"]
    assert "in private" in (await world.ask("/chats", chat=PLACE - 1))["text"]
    await world.ask("/lang zh", chat=PLACE - 1)
