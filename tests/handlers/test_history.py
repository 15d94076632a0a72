"""An export of Telegram Desktop: a chart of the past, and nothing of it is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
import redis.asyncio

from handlers.history import Said, read_export
from handlers.uploads import offer
from tests.handlers.conftest import Talk

BEGUN = 1_700_000_000


def message(number: int, text: Any, who: int, **more: Any) -> dict[str, Any]:
    date = str(BEGUN + 3600 * number)
    return {
        "id": number,
        "type": "message",
        "date_unixtime": date,
        "from_id": f"user{who}",
        "text": text,
    } | more


def export(*messages: dict[str, Any], name: str = "Tea “now”") -> bytes:
    return json.dumps({"name": name, "type": "private_group", "id": 1, "messages": messages}).encode()


def test_words_are_read_and_what_is_nobodys_own_is_left_out() -> None:
    content = export(
        message(2, ["see ", {"type": "link", "text": "this"}, " ok"], 1),
        message(1, "first", 2),
        message(3, "/s command", 1),
        message(4, "of others", 1, forwarded_from="X"),
        message(5, "", 1),
        {"type": "service", "text": "joined"},
    )
    title, said = read_export(content)
    assert title == "Tea “now”"
    assert said == [
        Said(BEGUN + 3600, "user2", "first"),
        Said(BEGUN + 7200, "user1", "see this ok"),
    ]


async def test_an_export_becomes_a_chart_and_no_text_of_it_is_kept(
    talk: Talk, redis_client: redis.asyncio.Redis
) -> None:
    texts = ("zq9planted I love this", "this is terrible, I hate it")
    messages = [message(number, texts[number % 2], number % 7) for number in range(24 * 9)]
    card = await talk.say(offer, document=talk.upload(export(*messages), "result.json"))
    assert card.photo is not None
    assert "216 messages of 7 people" in card.text
    assert card.text.endswith("I read the file once and kept none of its texts.")
    await redis_client.config_set("rdbcompression", "no")
    async for key in redis_client.scan_iter():
        assert b"zq9planted" not in (await redis_client.dump(key) or b"")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{}", "no export of one chat"),
        (b'{"name": "x", "messages": [{"broken"', "no export of one chat"),
        (b'{"chats": {"list": [{"messages": []}]}}', "no export of one chat"),
        (export(message(1, "x", 1, date_unixtime="9" * 30)), "no messages with words"),
        (export(message(1, "x", 1, date_unixtime="")), "no export of one chat"),
        (export(), "no messages with words"),
        (export(message(1, "two of us", 1), message(2, "are few", 2)), "Fewer than 5 people"),
    ],
)
async def test_what_cannot_be_shown_is_named(talk: Talk, content: bytes, said: str) -> None:
    assert said in (await talk.say(offer, document=talk.upload(content, "result.json"))).text
