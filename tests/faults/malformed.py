"""Updates as no Bot API server should send them: real ones with parts taken away, exchanged or blown up."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

from bot.sandbox import scene

Json = dict[str, Any]

USER = {"id": scene.ADA, "is_bot": False, "first_name": "Ada", "language_code": "en"}
PRIVATE = {"id": scene.ADA, "type": "private", "first_name": "Ada"}
GROUP = {"id": scene.GROUP, "type": "supergroup", "title": "Team"}
DATE = 1_764_000_000
TEXTS = (
    "/start",
    "/s fine",
    "/fit 1,2 2,4 3,5.9",
    "/lang zh",
    "/classify x",
    "/models",
    "hello",
    "1,2 2,3",
    "取消",
)
DOCUMENT = {
    "file_id": "none",
    "file_unique_id": "u",
    "file_name": "a.csv",
    "file_size": 9,
    "mime_type": "text/csv",
}
EMOJI = {"type": "emoji", "emoji": "😁"}

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53 + 1, -(2**63), 2**63 - 1, 1e308, -0.5, "", " ", "x", "0", "-7",
    "\u0000", "\u202e", "😀" * 40, "a" * 5000, [], {}, [None], [[]], {"id": None}, {"": ""}, [{"a": [{}]}],
)  # fmt: skip


def message(chat: Json, **more: Any) -> Json:
    return {"message_id": 5, "date": DATE, "chat": dict(chat), "from": dict(USER), **more}


def originals() -> list[Json]:
    """Return one update of each kind that the bot asks for, and of what it does not."""
    reply = message(PRIVATE, text="earlier", document=DOCUMENT)
    shown = message(GROUP, text="x")
    found: list[Json] = [{"message": message(PRIVATE, text=text)} for text in TEXTS]
    found += [
        {"message": message(GROUP, text=text, message_thread_id=3, is_topic_message=True)} for text in TEXTS
    ]
    found += [
        {"message": message(PRIVATE, text="/teach m x y", reply_to_message=reply)},
        {"message": message(PRIVATE, caption="/fit", document=DOCUMENT)},
        {"message": message(GROUP, new_chat_members=[USER])},
        {"message": message(GROUP, text="x", sender_chat=GROUP, forward_origin={"message_id": 1})},
        {"edited_message": message(PRIVATE, text="/s good", edit_date=DATE)},
        {"channel_post": message({**GROUP, "type": "channel"}, text="news")},
        {"edited_channel_post": message({**GROUP, "type": "channel"}, text="news")},
        {"callback_query": {"id": "1", "from": USER, "message": shown, "data": "why:abc@1001"}},
        {"callback_query": {"id": "1", "from": USER, "message": shown, "data": "models:delete:m"}},
        {"message_reaction": {
            "chat": GROUP, "message_id": 5, "user": USER, "date": DATE,
            "old_reaction": [], "new_reaction": [EMOJI],
        }},
        {"message_reaction_count": {
            "chat": GROUP, "message_id": 5, "date": DATE, "reactions": [{"type": EMOJI, "total_count": 2}],
        }},
        {"my_chat_member": {
            "chat": GROUP, "from": USER, "date": DATE,
            "old_chat_member": {"user": USER, "status": "left"},
            "new_chat_member": {"user": USER, "status": "member"},
        }},
        {"inline_query": {"id": "2", "from": USER, "query": "fit 1,2 2,3", "offset": ""}},
        {"guest_message": message(GROUP, text="@bot hi", guest_query_id="3")},
        {"poll": {"id": "4", "question": "?"}},
        {"chosen_inline_result": {"result_id": "1", "from": USER, "query": ""}},
    ]  # fmt: skip
    return found


def malformed(count: int, seed: int = 1) -> Iterator[Json]:
    """Yield updates, each with one to four faults; ids begin at 1."""
    chance = random.Random(seed)
    whole = originals()
    for number in range(1, count + 1):
        update = copy.deepcopy(chance.choice(whole))
        for _ in range(chance.randint(1, 4)):
            update = spoiled(update, chance)
        yield {**update, "update_id": number}


def spoiled(update: Json, chance: random.Random) -> Json:
    """Return an update with one fault somewhere."""
    holder, key = chance.choice(list(places(update)) or [(update, "message")])
    match chance.randrange(4):
        case 0 if isinstance(holder, dict):
            holder.pop(key, None)
        case 1 if isinstance(holder, dict):
            holder[chance.choice(["chat", "from", "text", "date", "data", "reply_to_message"])] = holder.pop(
                key, 1
            )
        case 2:
            nest = holder[key] if isinstance(holder, list) or key in holder else 1
            for _ in range(chance.choice([1, 3, 60])):
                nest = chance.choice([[nest], {"chat": nest}, {"message": nest}])
            holder[key] = nest
        case _:
            holder[key] = copy.deepcopy(chance.choice(ODD))
    return update


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place of a value: its holder and its key."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in list(pairs):
        yield node, key
        yield from places(value)
