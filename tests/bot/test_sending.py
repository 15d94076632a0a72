"""How answers go out: few at once, each once, the newest edit alone, and where the chat is now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace

import pytest
import telegram
from redis.asyncio import Redis

from bot.chat_ids import ChatIds
from bot.left_out import LeftOut
from bot.limiter import Limiter
from bot.outbox import TelegramOutbox
from bot.parking import Parking
from bot.request import AiohttpRequest, CutOff, NotSent
from bot.sandbox import scene
from bot.sandbox.server import Sandbox
from bot.sandbox.state import Chat as SandboxChat
from bot.sender import Sender
from bot.shards import ShardLost, Shards
from bot.turn import ANSWERS_AT_ONCE, Slots, Turn
from handlers.messages import Chat, Reply, Sent
from ml.gather import Gather

ADA = Chat(scene.ADA, "private")


@dataclass
class Desk:
    """An outbox with everything behind it."""

    sandbox: Sandbox
    outbox: TelegramOutbox
    chat_ids: ChatIds
    shards: Shards
    slots: Slots
    request: AiohttpRequest

    def turn(self) -> Turn:
        return Turn(self.slots, self.shards, 0, self.shards.epoch(0))

    def texts(self, chat: int = scene.ADA) -> list[str]:
        return [post["text"] for post in self.sandbox.messages(chat) if post["from"]["is_bot"]]


@pytest.fixture
async def desk(redis_client: Redis) -> AsyncIterator[Desk]:
    async with Sandbox() as sandbox:
        request = AiohttpRequest()
        bot = telegram.Bot(
            "1:t", base_url=f"{sandbox.url}/bot", request=request, get_updates_request=AiohttpRequest(1)
        )
        await bot.initialize()
        chat_ids, shards = ChatIds(redis_client), Shards(redis_client)
        await shards.beat()
        sender = Sender(Limiter(redis_client, enforced=False), Parking(redis_client), chat_ids)
        outbox = TelegramOutbox(bot, sender, chat_ids, LeftOut(redis_client))
        yield Desk(sandbox, outbox, chat_ids, shards, Slots(), request)
        await bot.shutdown()


async def test_at_most_eight_answers_are_between_their_send_and_their_acknowledgement(desk: Desk) -> None:
    turns = [desk.turn() for _ in range(ANSWERS_AT_ONCE + 3)]
    sending = [asyncio.create_task(desk.outbox.of(turn).send(ADA, Reply("x"))) for turn in turns]
    async with asyncio.timeout(10):
        while len(desk.texts()) < ANSWERS_AT_ONCE:
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.2)
    assert len(desk.texts()) == ANSWERS_AT_ONCE
    for turn in turns:
        turn.pause()  # acknowledged
        await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await asyncio.gather(*sending)


async def test_an_answer_that_telegram_makes_wait_holds_no_slot_and_loses_no_time_of_its_own(
    desk: Desk,
) -> None:
    desk.sandbox.fault("429", "sendMessage", scene.GRACE, retry_after=2)
    turn = desk.turn()
    async with turn.within(1.5):
        waiting = asyncio.create_task(desk.outbox.of(turn).send(Chat(scene.GRACE, "private"), Reply("late")))
        while not desk.sandbox.calls_of("sendMessage"):
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)
        assert not turn.sending
        await desk.outbox.send(ADA, Reply("at once"))
        assert desk.texts() == ["at once"]
        await waiting
    assert desk.texts(scene.GRACE) == ["late"]


async def test_a_second_try_sends_nothing_again(desk: Desk) -> None:
    turn = desk.turn()
    outbox = desk.outbox.of(turn)
    first = await outbox.send(ADA, Reply("one"))
    turn.again()
    assert await outbox.send(ADA, Reply("one")) == first
    await outbox.send(ADA, Reply("two"))
    turn.again()
    turn.over()
    await outbox.send(ADA, Reply("sorry"))
    assert desk.texts() == ["one", "two", "sorry"]


async def test_who_lost_the_shard_sends_nothing(desk: Desk) -> None:
    turn = desk.turn()
    await desk.shards.release([0])
    with pytest.raises(ShardLost):
        await desk.outbox.of(turn).send(ADA, Reply("x"))
    assert desk.texts() == []


async def test_a_gateway_that_turns_away_is_asked_again_and_a_cut_answer_is_not(desk: Desk) -> None:
    desk.sandbox.fault("502", "sendMessage", times=2)
    await desk.outbox.send(ADA, Reply("one"))
    desk.sandbox.fault("cut", "sendMessage")
    with pytest.raises(telegram.error.NetworkError) as error:
        await desk.outbox.send(ADA, Reply("two"))
    assert not isinstance(error.value, NotSent)
    desk.sandbox.fault("500", "sendMessage")
    with pytest.raises(telegram.error.NetworkError):
        await desk.outbox.send(ADA, Reply("three"))
    assert desk.texts() == ["one", "two"]


async def test_who_may_have_been_told_counts_as_told_and_who_blocked_me_does_not(desk: Desk) -> None:
    desk.sandbox.fault("cut", "sendMessage", scene.ADA)
    assert await desk.outbox.tell(scene.ADA, Reply("negative"))
    desk.sandbox.people.block(scene.GRACE)
    assert not await desk.outbox.tell(scene.GRACE, Reply("negative"))
    assert desk.texts() == ["negative"]


async def test_a_request_that_is_cut_off_says_so(desk: Desk) -> None:
    desk.sandbox.fault("slow", "sendMessage", delay=5)
    sending = asyncio.create_task(desk.outbox.send(ADA, Reply("x")))
    while not desk.sandbox.calls_of("sendMessage"):
        await asyncio.sleep(0.02)
    desk.request.cut()
    with pytest.raises(CutOff):
        async with asyncio.timeout(3):
            await sending


async def test_of_edits_that_wait_only_the_newest_is_made(desk: Desk) -> None:
    sent = await desk.outbox.send(ADA, Reply("0"))
    desk.sandbox.fault("429", "editMessageText", retry_after=1)
    async with asyncio.timeout(10):
        edits = (desk.outbox.edit(sent, Reply(str(number))) for number in range(1, 8))
        await asyncio.gather(*edits)
    assert desk.texts() == ["7"]
    assert len([call for call in desk.sandbox.calls_of("editMessageText") if not call.error]) <= 2


async def test_a_reaction_is_set_or_left_out(desk: Desk) -> None:
    said = await desk.sandbox.say(scene.ADA, scene.ADA, "hello")
    await desk.outbox.react(ADA, said["message_id"], "😁")
    assert list(desk.sandbox.world.chats[scene.ADA].posts[said["message_id"]].reactions) == ["😁"]
    desk.sandbox.fault("429", "sendMessage", scene.ADA, retry_after=3)
    waiting = asyncio.create_task(desk.outbox.send(ADA, Reply("x")))
    while not desk.sandbox.calls_of("sendMessage"):
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.2)
    await desk.outbox.react(ADA, said["message_id"], None)
    assert list(desk.sandbox.world.chats[scene.ADA].posts[said["message_id"]].reactions) == ["😁"]
    waiting.cancel()


async def test_too_many_reactions_make_reactions_wait_and_no_message(desk: Desk) -> None:
    said = await desk.sandbox.say(scene.ADA, scene.ADA, "hello")
    desk.sandbox.fault("429", "setMessageReaction", retry_after=60)
    await desk.outbox.react(ADA, said["message_id"], "😁")
    await desk.outbox.react(ADA, said["message_id"], "😁")
    assert len(desk.sandbox.calls_of("setMessageReaction")) == 1
    async with asyncio.timeout(5):
        await desk.outbox.send(ADA, Reply("x"))


async def test_a_reaction_without_a_place_waits_a_moment_and_the_newest_is_made(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.reactions.GRACE", 30.0)
    said = await desk.sandbox.say(scene.ADA, scene.ADA, "hello")
    desk.sandbox.fault("429", "setMessageReaction", retry_after=1)
    made = []

    async def note(emoji: str) -> None:
        made.append((emoji, list(post.reactions)))

    post = desk.sandbox.world.chats[scene.ADA].posts[said["message_id"]]
    await desk.outbox.react(ADA, said["message_id"], "😁", partial(note, "😁"))
    await desk.outbox.react(ADA, said["message_id"], "😢", partial(note, "😢"))
    assert made == []
    async with asyncio.timeout(15):
        while not made:
            await asyncio.sleep(0.02)
    assert made == [("😢", ["😢"])]
    assert len([call for call in desk.sandbox.calls_of("setMessageReaction") if not call.error]) == 1


async def test_what_finds_no_place_in_time_is_left_out_and_counted_for_its_chat(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.reactions.GRACE", 0.3)
    group = Chat(scene.GROUP, "supergroup", internal=-5)
    said = await desk.sandbox.say(scene.ADA, scene.GROUP, "hello")
    desk.sandbox.fault("429", "setMessageReaction", retry_after=60)
    await desk.outbox.react(group, said["message_id"], "😁")
    desk.sandbox.fault("429", "sendMessage", retry_after=60)
    assert await desk.outbox.show(group, Reply("positive"), said["message_id"], None) is None
    async with asyncio.timeout(15):
        while await desk.outbox.left_out(-5) < 2:
            await asyncio.sleep(0.05)
    assert await desk.outbox.left_out(scene.GROUP) == 0
    later = time.time() + 25 * 3600
    monkeypatch.setattr("bot.left_out.time", SimpleNamespace(time=lambda: later))
    assert await desk.outbox.left_out(-5) == 0


async def test_a_reaction_that_a_chat_does_not_allow_is_no_fault(desk: Desk) -> None:
    said = await desk.sandbox.say(scene.ADA, scene.GROUP, "hello")
    desk.sandbox.allow_reactions(scene.GROUP, ["👍"])
    await desk.outbox.react(Chat(scene.GROUP, "supergroup"), said["message_id"], "😁")
    assert desk.sandbox.calls_of("setMessageReaction")[-1].error


async def test_what_was_shown_in_a_group_goes_on_in_the_supergroup_it_became(desk: Desk) -> None:
    members = {scene.ADA: "creator", desk.sandbox.world.bot_id: "member"}
    desk.sandbox.add_chat(SandboxChat(-77, "group", "Old", members=members))
    card = await desk.outbox.send(Chat(-77, "group"), Reply("epoch 1"))
    new = desk.sandbox.migrate(-77)
    await desk.outbox.edit(card, Reply("epoch 2"))
    await desk.outbox.edit(card, Reply("done"))
    assert desk.texts(new)[-1:] == ["done"]
    assert len(desk.texts(new)) <= 2
    sent = await desk.outbox.send(Chat(-77, "group"), Reply("more"))
    assert sent == Sent(new, sent.message_id)
    assert await desk.chat_ids.internal(new) == -77


async def test_calls_that_come_together_are_made_as_one_and_each_gets_its_own() -> None:
    batches: list[list[int]] = []

    async def double(items: list[int]) -> list[int]:
        batches.append(items)
        await asyncio.sleep(0.01)
        if 13 in items:
            raise ValueError
        return [2 * item for item in items]

    gather: Gather[int, int] = Gather(double)
    assert await asyncio.gather(*map(gather, range(10))) == [2 * number for number in range(10)]
    assert len(batches) == 1
    with pytest.raises(ValueError):
        await gather(13)
    gone = asyncio.create_task(gather(5))
    await asyncio.sleep(0)
    gone.cancel()
    assert await gather(6) == 12
    assert 5 in batches[-1]  # what was asked for is done though nobody waits for it


async def test_a_growing_crowd_makes_larger_calls_and_who_comes_alone_waits_for_nobody() -> None:
    sizes: list[int] = []

    async def count(items: list[int]) -> list[int]:
        sizes.append(len(items))
        return items

    gather: Gather[int, int] = Gather(count, delay=10.0, longest=0.05)
    async with asyncio.timeout(5):
        await gather(1)
        await gather(2)
        await asyncio.gather(*map(gather, range(10)))
        early = asyncio.create_task(gather(3))
        await asyncio.sleep(0.01)
        await gather(4)  # which comes while the first waits
        await early
    assert sizes == [1, 1, 10, 2]
