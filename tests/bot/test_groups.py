"""A group with the bot in it: tags, moods, times at which something comes, and who may say so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
import redis.asyncio

from bot.connection import connect
from bot.sandbox import scene
from bot.sandbox.state import Chat, Person
from bot.schedules import PLAN
from tests.bot.conftest import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

GROUP, CHANNEL = -1_005_000, -1_006_000
MEMBERS = tuple(range(3001, 3007))
GOOD, BAD = "I love this so much, what a wonderful day!", "this is terrible, I hate it so much"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def group(world: World) -> World:
    """The world with a group of seven people and the bot as its admin."""
    for number in MEMBERS:
        world.sandbox.add_person(Person(number, f"Member {number}"))
    members = {
        scene.ADA: "creator",
        scene.GRACE: "administrator",
        world.sandbox.world.bot_id: "administrator",
    }
    members |= dict.fromkeys(MEMBERS, "member")
    world.sandbox.add_chat(Chat(GROUP, "supergroup", "Tea", members=members))
    return world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def redis_of(world: World) -> AsyncIterator[redis.asyncio.Redis]:
    client = connect(world.redis_url)
    yield client
    await client.aclose()


async def until(true: Callable[[], Any], seconds: float = 30) -> Any:
    """Wait for a condition and return what it holds."""
    async with asyncio.timeout(seconds):
        while not (found := true()):
            await asyncio.sleep(0.02)
    return found


def reactions(world: World, message: dict[str, Any]) -> list[str]:
    posts = world.sandbox.world.chats[message["chat"]["id"]].posts
    bot = world.sandbox.world.bot_id
    return [emoji for emoji, users in posts[message["message_id"]].reactions.items() if bot in users]


async def answered(world: World, chat: int = GROUP) -> None:
    """Wait until everything that was said in a chat before was dealt with."""
    await world.ask("/digest", chat=chat)


async def test_a_message_gets_a_face_and_an_edit_another_one(group: World) -> None:
    card = await group.ask("/tagging react min=0.6", chat=GROUP)
    assert card["text"].startswith("Tagging is react")
    said = await group.sandbox.say(MEMBERS[0], GROUP, GOOD)
    await until(lambda: reactions(group, said) == ["😁"])
    calls = len(group.sandbox.calls_of("setMessageReaction"))
    await group.sandbox.edit(MEMBERS[0], GROUP, said["message_id"], GOOD)  # nothing of the text is another
    await answered(group)
    assert len(group.sandbox.calls_of("setMessageReaction")) == calls
    await group.sandbox.edit(MEMBERS[0], GROUP, said["message_id"], BAD)
    await until(lambda: reactions(group, said) == ["😢"])


async def test_what_people_say_about_an_answer_of_the_bot_is_theirs_too(group: World) -> None:
    card = await group.ask("/tagging react min=0.6", chat=GROUP)
    said = await group.sandbox.say(MEMBERS[1], GROUP, GOOD, reply_to=card["message_id"])
    await until(lambda: reactions(group, said) == ["😁"])
    await group.sandbox.edit(MEMBERS[1], GROUP, said["message_id"], BAD)
    await until(lambda: reactions(group, said) == ["😢"])


async def test_commands_forwards_and_what_is_not_allowed_get_no_face(group: World) -> None:
    await group.ask("/tagging react min=0.6", chat=GROUP)
    calls = len(group.sandbox.calls_of("setMessageReaction"))
    for command in ("/unknown", "/anything@other_bot"):
        await group.sandbox.say(MEMBERS[0], GROUP, f"{command} I love this so much")
    await group.sandbox.forward(scene.ADA, GROUP, scene.CHANNEL, await posted(group))
    await answered(group)
    assert len(group.sandbox.calls_of("setMessageReaction")) == calls


async def posted(world: World) -> int:
    post = await world.sandbox.say(scene.ADA, scene.CHANNEL, "we are so happy and love you all")
    return int(post["message_id"])


async def test_reactions_follow_what_the_group_allows(group: World) -> None:
    other = GROUP - 1
    members = {scene.ADA: "creator", group.sandbox.world.bot_id: "administrator"}
    group.sandbox.add_chat(Chat(other, "supergroup", "Few faces", members=members))
    group.sandbox.allow_reactions(other, ["👍", "😢"])
    await group.ask("/tagging react min=0.6", chat=other)
    happy, sad = [await group.sandbox.say(scene.ADA, other, text) for text in (GOOD, BAD)]
    await until(lambda: reactions(group, sad) == ["😢"])
    assert reactions(group, happy) == []
    told = (await group.ask("/doctor", chat=other))["text"]
    assert "✗ Not allowed as reactions here: 😁 😐." in told
    assert "Edit > Reactions" in told


async def test_a_tag_as_a_reply_is_edited_along_and_explains_itself(group: World) -> None:
    other = GROUP - 2
    members = {scene.ADA: "creator", scene.XIAOMING: "member", group.sandbox.world.bot_id: "administrator"}
    group.sandbox.add_chat(Chat(other, "supergroup", "Words", members=members))
    await group.ask("/tagging reply min=0.6", chat=other)
    said = await group.sandbox.say(scene.XIAOMING, other, GOOD)
    tag = await group.sandbox.reply_to(said, 30)
    assert tag["text"].startswith("🙂 positive")
    await group.sandbox.edit(scene.XIAOMING, other, said["message_id"], BAD)
    posts = group.sandbox.world.chats[other].posts
    await until(lambda: posts[tag["message_id"]].body["text"].startswith("🙁 negative"))
    told = await group.ask("/why", chat=other, reply_to=tag["message_id"])
    assert told["text"].startswith("Why negative")
    own = await group.ask("/s I hate it", chat=other)
    await group.ask("/tagging digest", chat=other)
    gone = await group.ask("/why", chat=other, reply_to=tag["message_id"])
    assert "no longer kept" in gone["text"]
    stays = await group.ask("/why", chat=other, reply_to=own["message_id"])
    assert stays["text"].startswith("Why negative")


async def test_only_admins_set_a_group_and_anonymous_ones_are_admins(group: World) -> None:
    refused = await group.ask("/tagging off", chat=GROUP, person=MEMBERS[0])
    assert refused["text"] == "Only admins of this chat can do that."
    card = await group.ask("/tagging", chat=GROUP, person=scene.GRACE)
    pressed = await group.sandbox.press(MEMBERS[0], GROUP, card["message_id"], "tagging:off")
    notice = await asyncio.wait_for(pressed.answer, 30)
    assert notice["text"] == "Only admins of this chat can do that."
    assert (await group.ask("/tagging", chat=GROUP))["text"].startswith("Tagging is react")
    anonymous = await group.ask("/tagging digest", chat=GROUP, person=scene.GRACE, name=GROUP)
    assert anonymous["text"].startswith("Tagging is digest")
    await group.ask("/tagging react", chat=GROUP)
    group.sandbox.set_role(GROUP, scene.GRACE, "member")
    async with asyncio.timeout(30):  # roles are remembered for some seconds
        while (await group.ask("/digest", chat=GROUP, person=scene.GRACE))["text"] != refused["text"]:
            await asyncio.sleep(0.2)
    group.sandbox.set_role(GROUP, scene.GRACE, "administrator")


async def test_the_mood_is_a_picture_and_a_sentence_and_too_few_people_are_not_shown(group: World) -> None:
    await group.ask("/tagging digest", chat=GROUP)
    few = await group.ask("/mood 24h", chat=GROUP)
    assert "Fewer than 5 people" in few["text"]
    for number in MEMBERS:
        await group.sandbox.say(number, GROUP, GOOD)
        await group.sandbox.say(number, GROUP, BAD)
    await answered(group)
    shown = await group.ask("/mood 24h", chat=GROUP)
    assert "photo" in shown
    assert f"of {len(MEMBERS)} people" in shown["caption"]
    assert "positive" in shown["caption"]
    pressed = await group.sandbox.press(scene.ADA, GROUP, shown["message_id"], "mood:7:all:light")
    await asyncio.wait_for(pressed.answer, 30)
    await group.ask("/lang zh", chat=GROUP)
    chinese = await group.ask("/mood 24h", chat=GROUP)
    await group.ask("/lang en", chat=GROUP)
    assert "积极" in chinese["caption"]


async def test_topics_have_their_own_mood_and_default_model(group: World) -> None:
    numbers = next(topic for topic in group.sandbox.world.chats[scene.GROUP].topics if topic != 1)
    await group.ask("/tagging digest", chat=scene.GROUP, topic=numbers)
    for person in (scene.ADA, scene.GRACE, scene.XIAOMING):
        await group.sandbox.say(person, scene.GROUP, GOOD, topic=numbers)
    await group.ask("/digest", chat=scene.GROUP)
    inside = await group.ask("/mood 24h", chat=scene.GROUP, topic=numbers)
    assert "Fewer than 5" in inside["text"]
    assert inside["message_thread_id"] == numbers
    outside = await group.ask("/mood 24h topic=here", chat=scene.GROUP)
    assert outside["text"] == "No message was counted in this time."
    chosen = await group.ask("/use sentiment", chat=scene.GROUP, topic=numbers)
    assert chosen["text"].endswith("in this topic.")


async def test_a_digest_comes_once_at_its_time_also_after_a_restart(
    group: World, redis_of: redis.asyncio.Redis
) -> None:
    await group.ask("/digest daily 09:00 tz=Asia/Shanghai", chat=GROUP)
    assert (await group.ask("/digest", chat=GROUP))[
        "text"
    ] == "A summary comes every day at 09:00 (Asia/Shanghai)."
    group.end()
    said = len(group.sandbox.calls_of("sendPhoto"))
    await redis_of.zadd(PLAN, {f"digest:{GROUP}": time.time() - 5})
    await group.start()
    await until(lambda: len(group.sandbox.calls_of("sendPhoto")) > said, 60)
    assert "The last 24 hours here:" in group.sandbox.calls_of("sendPhoto")[-1].params["caption"]
    due = await redis_of.zscore(PLAN, f"digest:{GROUP}")
    assert due is not None
    assert 0 < due - time.time() <= 86_400
    await answered(group)
    assert len(group.sandbox.calls_of("sendPhoto")) == said + 1


async def test_an_alert_reaches_the_admins_in_private_once(
    group: World, redis_of: redis.asyncio.Redis
) -> None:
    group.sandbox.people.block(scene.GRACE)
    await group.ask("/alert negative>0.2 over=1h min=5", chat=GROUP)
    told = (await group.ask("/doctor", chat=GROUP))["text"]
    assert "✗ 1 of 2 admins get no alert" in told
    for number in MEMBERS:
        await group.sandbox.say(number, GROUP, BAD)
    await answered(group)
    for _ in range(2):
        await redis_of.zadd(PLAN, {f"alert:{GROUP}": time.time() - 5})
        async with asyncio.timeout(30):
            while (await redis_of.zscore(PLAN, f"alert:{GROUP}") or 0) < time.time():
                await asyncio.sleep(0.05)
    alerts = await until(
        lambda: [one for one in group.sandbox.messages(scene.ADA) if "are negative" in one.get("text", "")]
    )
    await asyncio.sleep(0.3)
    assert len(alerts) == 1
    assert alerts[0]["text"].startswith("Tea: ")
    group.sandbox.people.block(scene.GRACE, False)
    await group.ask("/alert off", chat=GROUP)


async def test_a_channels_posts_are_summed_up_with_reactions_and_comments(group: World) -> None:
    sandbox, discussion = group.sandbox, GROUP - 3
    people = {scene.ADA: "creator", sandbox.world.bot_id: "administrator"} | dict.fromkeys(MEMBERS, "member")
    sandbox.add_chat(Chat(CHANNEL, "channel", "News", members=dict(people)))
    sandbox.add_chat(Chat(discussion, "supergroup", "News talk", members=dict(people)))
    sandbox.link(CHANNEL, discussion)
    for chat in (CHANNEL, discussion):
        card = (await group.ask("/tagging react min=0.6", chat=chat))["text"]
        assert "Tagging is react" in card
        assert ("Of a post" in card) is (chat == CHANNEL)
    post = await sandbox.say(scene.ADA, CHANNEL, GOOD)
    await until(lambda: reactions(group, post) == ["😁"])
    forwarded = next(one for one in reversed(sandbox.messages(discussion)) if one.get("is_automatic_forward"))
    assert forwarded["text"] == GOOD
    for number in MEMBERS:
        await sandbox.say(number, discussion, BAD, reply_to=forwarded["message_id"])
        await sandbox.react(number, CHANNEL, post["message_id"], "👍")
    await answered(group, discussion)
    card = (await group.ask("/mood 24h", chat=CHANNEL))["text"]
    assert "1 post" in card
    assert "👍 6" in card
    assert "😁" not in card  # ours, and no reader's
    assert "6 comments, negative 100 %" in card
    for text in (GOOD, GOOD + "!", BAD, GOOD):  # the tone follows each edit, and no comment counts twice
        await sandbox.edit(MEMBERS[0], discussion, forwarded["message_id"] + 1, text)
    await answered(group, discussion)
    edited = (await group.ask("/mood 24h", chat=CHANNEL))["text"]
    assert "6 comments, negative 83.3 %, positive 16.7 %" in edited
    assert reactions(group, forwarded) == []  # the post was tagged in the channel
    assert "✓ A group is linked" in (await group.ask("/doctor", chat=CHANNEL))["text"]
    assert "in its linked group" in (await group.ask("/alert negative>0.4", chat=CHANNEL))["text"]
    told = (await group.ask("/privacy", person=MEMBERS[1]))["text"]
    assert "a pseudonym below 1 post that you commented" in told
    out = (await group.ask("/optout", person=MEMBERS[1]))["text"]
    assert "Taken out: " in out
    assert "below 0 posts that you commented" in (await group.ask("/privacy", person=MEMBERS[1]))["text"]
    await group.ask("/optin", person=MEMBERS[1])


async def test_a_group_that_moved_and_one_that_took_the_bot_out_keep_everything(
    group: World, redis_of: redis.asyncio.Redis
) -> None:
    sandbox = group.sandbox
    members = {scene.ADA: "creator", sandbox.world.bot_id: "administrator"} | dict.fromkeys(MEMBERS, "member")
    sandbox.add_chat(Chat(-5077, "group", "Old", members=members))
    await group.ask("/tagging digest", chat=-5077)
    await group.ask("/digest daily 08:00", chat=-5077)
    for number in MEMBERS:
        await sandbox.say(number, -5077, GOOD)
    await answered(group, -5077)
    new = sandbox.migrate(-5077)
    shown = await group.ask("/mood 24h", chat=new)
    assert f"of {len(MEMBERS)} people" in shown["caption"]
    sandbox.set_role(new, sandbox.world.bot_id, "kicked")
    async with asyncio.timeout(30):
        while await redis_of.zscore(PLAN, "digest:-5077") is not None:
            await asyncio.sleep(0.05)
    sandbox.set_role(new, sandbox.world.bot_id, "administrator")
    async with asyncio.timeout(30):
        while await redis_of.zscore(PLAN, "digest:-5077") is None:
            await asyncio.sleep(0.05)
    assert "every day at 08:00" in (await group.ask("/digest", chat=new))["text"]


async def test_a_bot_without_rights_says_where_to_tap(group: World) -> None:
    sandbox, other = group.sandbox, GROUP - 4
    members = {scene.ADA: "creator", sandbox.world.bot_id: "member"}
    sandbox.add_chat(Chat(other, "supergroup", "Strict", members=members))
    told = (await group.ask("/doctor", chat=other))["text"]
    assert "privacy mode is on" in told
    assert "Add Admin > @tonefit_bot" in told
    sandbox.set_role(other, sandbox.world.bot_id, "restricted")
    await sandbox.say(scene.ADA, other, "/doctor")
    private = await until(
        lambda: [one for one in sandbox.messages(scene.ADA) if "I may not write here" in one.get("text", "")]
    )
    assert "Exceptions > @tonefit_bot" in private[-1]["text"]


async def test_the_bot_leaves_when_an_admin_says_so(group: World) -> None:
    sandbox, other = group.sandbox, GROUP - 5
    members = {scene.ADA: "creator", scene.XIAOMING: "member", sandbox.world.bot_id: "administrator"}
    sandbox.add_chat(Chat(other, "supergroup", "Short", members=members))
    card = await group.ask("/leave", chat=other)
    pressed = await sandbox.press(scene.XIAOMING, other, card["message_id"], "leave:yes")
    assert (await asyncio.wait_for(pressed.answer, 30))["text"] == "只有本群的管理员可以这样做。"
    await sandbox.press(scene.ADA, other, card["message_id"], "leave:yes")
    await until(lambda: sandbox.world.chats[other].role(sandbox.world.bot_id) == "left")


async def test_in_private_these_commands_say_where_they_belong(group: World) -> None:
    for command in ("/tagging react", "/mood", "/digest", "/alert", "/quiet on", "/leave"):
        assert "add me to one" in (await group.ask(command))["text"], command
    assert "In private nothing needs to be set up" in (await group.ask("/doctor"))["text"]
