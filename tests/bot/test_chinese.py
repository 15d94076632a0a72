"""Every card of groups and channels as somebody meets it whose Telegram is set to Chinese."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from bot.sandbox import scene
from bot.sandbox.state import Chat, Person
from tests.bot.conftest import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

GROUP, CHANNEL, TALK = -1_010_000, -1_010_001, -1_010_002
MEMBERS = tuple(range(4001, 4007))
ME = scene.XIAOMING
GOOD, BAD = "今天太开心了，谢谢大家！", "太差了，再也不来了"
# What is the same in every language: commands with what stands behind them, names, what BotFather calls it.
SAME = (
    "on", "off", "digest", "react", "reply", "weekly", "daily", "mon", "all", "UTC", "MST", "ZIP", "CSV",
    "English", "me", "Telegram", "BotFather", "mybots", "Bot Settings", "Group Privacy", "Turn off",
    "negative", "positive", "sentiment", "tone", "nothing", "hourly", "Mars", "fit", "min",
)  # fmt: skip
PLAIN = re.compile(rf"https?://\S+|/[a-z]+|@\w+|\b[A-Z]\w+/\w+|\b\w+=\S*|\b(?:{'|'.join(SAME)})\b")
IN_A_GROUP = """\
/tagging
/tagging 回复
/tagging react min=0.6
/tagging 随便
/tagging react min=7
/tagging react model=nothing
/tagging off
/tagging digest
/mood
/mood 5y
/mood 7d topic=x
/digest
/digest 每天 9:00 tz=Asia/Shanghai
/digest 每周 周五 18:30
/digest hourly
/digest tz=Mars
/digest off
/alert
/alert 消极>0.4 over=2h min=10
/alert 消极
/alert 消极>0.4 over=1s
/alert 消极>0.4 min=1
/alert off
/learn
/learn 开
/learn 也许
/map
/map 😂=好
/map 好
/use
/use nothing
/use sentiment
/quiet
/quiet 开
/tagging
/digest daily
/quiet 也许
/quiet 关
/doctor
/privacy
/optout
/optin
/chats
/leave"""
IN_PRIVATE = """\
/chats
/privacy
/export me
/forget me
/optout
/privacy
/optin
/setup
/doctor
/tagging
/help
/help tagging
/help alert
/help learn
/help chats
/lang
/start set_-7"""
WORDS = re.compile(r"[A-Za-z]{2,}")


class Walk:
    """Somebody who goes through commands and presses, with everything that was said to them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.said: list[str] = []

    async def ask(self, text: str, chat: int = ME, **options: Any) -> dict[str, Any]:
        card = await self.world.ask(text, person=ME, chat=chat, **options)
        self.note(f"{text} → ", card)
        return card

    async def press(self, card: dict[str, Any], data: str, chat: int = ME) -> str:
        query = await self.world.sandbox.press(ME, chat, card["message_id"], data)
        notice = str((await asyncio.wait_for(query.answer, 30))["text"])
        body = self.world.sandbox.world.chats[chat].posts[card["message_id"]].body
        self.note(f"[{data}] → {notice} ", body)
        return notice

    def note(self, how: str, card: dict[str, Any]) -> None:
        rows = card.get("reply_markup", {}).get("inline_keyboard", [])
        buttons = " ".join(f"[{button['text']}]" for row in rows for button in row)
        self.said.append(f"{how}\n{card.get('text') or card.get('caption') or ''}\n{buttons}")

    def english(self) -> list[str]:
        """Return what was said with words that are no Chinese."""
        found = []
        for said in self.said:
            answer = said.partition("→")[2]
            left = WORDS.findall(PLAIN.sub(" ", answer))
            if left:
                found.append(f"{left} in {said}")
        return found


@pytest.fixture
async def walk(world: World) -> Walk:
    sandbox = world.sandbox
    for number in MEMBERS:
        if number not in sandbox.world.people:
            sandbox.add_person(Person(number, f"成员 {number}", "zh-hans"))
    if GROUP not in sandbox.world.chats:
        bot = sandbox.world.bot_id
        people = {ME: "creator", bot: "administrator"} | dict.fromkeys(MEMBERS, "member")
        sandbox.add_chat(Chat(GROUP, "supergroup", "茶话会", members=dict(people)))
        sandbox.add_chat(Chat(CHANNEL, "channel", "新闻", members=dict(people)))
        sandbox.add_chat(Chat(TALK, "supergroup", "新闻讨论", members=dict(people)))
        sandbox.link(CHANNEL, TALK)
    return Walk(world)


async def test_a_group_speaks_chinese_in_every_card(walk: Walk) -> None:
    sandbox = walk.world.sandbox
    setup = await walk.ask("/setup", GROUP)
    await walk.press(setup, "tagging:digest", GROUP)
    for words in IN_A_GROUP.splitlines():
        await walk.ask(words, GROUP)
    await walk.ask("/new tone positive negative", GROUP)
    learn = await walk.ask("/learn 开", GROUP)
    await walk.ask("/map 😁=好", GROUP)
    await walk.ask("/privacy", GROUP)
    await walk.ask("/setup", GROUP)
    await walk.press(learn, "learn:off", GROUP)
    leave = await walk.ask("/leave", GROUP)
    await walk.press(leave, "leave:no", GROUP)
    for number in MEMBERS:
        await sandbox.say(number, GROUP, GOOD)
        await sandbox.say(number, GROUP, BAD)
    await walk.ask("/digest", GROUP)
    await walk.ask("/mood 24h", GROUP)
    await walk.ask("/fit mood 24h", GROUP)
    stranger = await walk.world.ask("/tagging off", person=MEMBERS[0], chat=GROUP)
    walk.note("stranger → ", stranger)
    sandbox.allow_reactions(GROUP, ["👍"])
    sandbox.set_role(GROUP, sandbox.world.bot_id, "member")
    await asyncio.sleep(0.3)
    await walk.ask("/doctor", GROUP)
    assert walk.english() == []


async def test_a_channel_and_private_speak_chinese_in_every_card(walk: Walk) -> None:
    sandbox = walk.world.sandbox
    await walk.ask(f"/start set_{CHANNEL}")
    await walk.ask("/tagging react min=0.6")
    await walk.ask("/cancel")
    await walk.ask("/tagging react min=0.6", TALK)
    await walk.ask("/mood", CHANNEL)
    await sandbox.say(ME, CHANNEL, GOOD)
    await walk.ask("/setup", CHANNEL)
    await walk.ask("/doctor", CHANNEL)
    forwarded = next(one for one in reversed(sandbox.messages(TALK)) if one.get("is_automatic_forward"))
    for number in MEMBERS:
        await sandbox.say(number, TALK, BAD, reply_to=forwarded["message_id"])
    await walk.ask("/doctor", TALK)
    await walk.ask("/mood 24h", CHANNEL)
    for words in IN_PRIVATE.splitlines():
        await walk.ask(words)
    card = await walk.ask(f"/start set_{TALK}")
    for command in ("tagging", "digest", "alert", "learn", "map", "use", "quiet", "lang", "doctor", "leave"):
        await walk.press(card, f"chats:{TALK}:do:{command}")
        await walk.press(card, f"chats:{TALK}")
    await walk.ask("/alert 消极>0.4")
    await walk.ask("/digest 每周 周五 18:30 tz=Asia/Shanghai")
    await walk.ask("/mood 24h")
    await walk.ask("/map 😁=好")
    channel = await walk.ask(f"/start set_{CHANNEL}")
    await walk.press(channel, f"chats:{CHANNEL}:do:mood")
    for text in ("今天太开心了", "拟合 1,2 2,4 3,6.3", "拟合", ""):
        query = await sandbox.ask_inline(ME, text)
        answer: dict[str, Any] = await asyncio.wait_for(query.answer, 30)
        for result in answer["results"]:
            walk.note(
                f"inline {text} → {result['title']} ",
                {"text": result["input_message_content"]["message_text"]},
            )
        walk.note(f"inline {text} → ", {"text": (answer.get("button") or {}).get("text", "")})
    asked = await sandbox.say(ME, scene.CLUB, "@tonefit_bot")
    walk.note("guest → ", await sandbox.reply_to(asked, 30))
    assert walk.english() == []
