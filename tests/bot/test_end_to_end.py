"""What people see of the whole bot, from a message in the local Bot API to the answer there."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox import scene
from tests.bot.conftest import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

POINTS = "1,2 2,4.1 3,5.9 4,8.2 5,9.8"


async def test_the_main_things_work_in_one_private_chat(world: World) -> None:
    assert "Try sentiment" in str(await world.ask("/start"))
    assert "positive" in (await world.ask("/sentiment What a wonderful day, I love it!"))["text"]
    assert "negative" in (await world.ask("/s this is terrible, I hate it"))["text"]
    assert "positive" in (await world.ask("I am so happy, thank you!"))["text"]
    picture = await world.ask(f"/fit {POINTS}")
    assert picture["photo"]
    assert "R²" in picture["caption"]
    assert (await world.ask(POINTS))["photo"]
    assert "19." in (await world.ask("/predict x=10"))["text"]
    assert "/fit" in (await world.ask("/help"))["text"]


async def test_chinese_people_are_answered_in_chinese(world: World) -> None:
    xiaoming = scene.XIAOMING
    assert "积极" in (await world.ask("情感 今天真开心，太喜欢了！", person=xiaoming))["text"]
    assert "情感" in (await world.ask("帮助 sentiment", person=xiaoming))["text"]
    assert (await world.ask("拟合 １，２；２，４．１；３，５．９", person=xiaoming))["photo"]
    assert "English" in str((await world.ask("/lang", person=xiaoming))["reply_markup"])
    await world.ask("/lang en", person=xiaoming)
    assert "positive" in (await world.ask("/s 今天真开心，太喜欢了！", person=xiaoming))["text"]


async def test_a_reply_is_about_the_message_replied_to(world: World) -> None:
    said = await world.sandbox.say(scene.GRACE, scene.GROUP, "What a wonderful day, I love it!")
    answer = await world.ask("/sentiment", chat=scene.GROUP, reply_to=said["message_id"])
    assert "positive" in answer["text"]


async def test_an_answer_stays_in_its_topic(world: World) -> None:
    topic = next(iter(set(world.sandbox.world.chats[scene.GROUP].topics) - {1}))
    answer = await world.ask("/s lovely", chat=scene.GROUP, topic=topic)
    assert answer["message_thread_id"] == topic


async def test_a_channel_post_with_a_command_is_answered(world: World) -> None:
    assert "positive" in (await world.ask("/s what a wonderful day, I love it", chat=scene.CHANNEL))["text"]


async def test_every_answer_to_a_command_is_a_reply_to_it(world: World) -> None:
    for command in ("/start", "/help", "/s good", f"/fit {POINTS}", "/nonsense", "/models", "/jobs", "/lang"):
        await world.ask(command)
    sent = [call for call in world.sandbox.calls if call.method in {"sendMessage", "sendPhoto"}]
    assert all("reply_parameters" in call.params for call in sent)


async def edited(world: World, first: str, second: str) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Edit a message after its answer: return the answer before and after, and what the bot called."""
    said = await world.sandbox.say(scene.ADA, scene.ADA, first)
    answer = dict(await world.sandbox.reply_to(said, 15))
    before = len(world.sandbox.calls)
    world.sandbox.people.edit(scene.ADA, scene.ADA, said["message_id"], second)
    await world.ask("/help")  # answered after the edit, since it is in the same chat
    called = [call.method for call in world.sandbox.calls[before:]]
    posts = world.sandbox.world.chats[scene.ADA].posts
    return answer, posts[answer["message_id"]].body, called


async def test_an_edited_sentiment_and_fit_get_their_answer_edited(world: World) -> None:
    before, after, called = await edited(
        world, "/s this is terrible, I hate it", "/s lovely, thank you so much!"
    )
    assert "negative" in before["text"]
    assert "positive" in after["text"]
    assert called.count("sendMessage") == 1
    before, after, called = await edited(world, f"/fit {POINTS}", "/fit poly2 1,1 2,4.2 3,8.8 4,16.1 5,24.9")
    assert "x²" in after["caption"]
    assert "sendPhoto" not in called
    before, after, called = await edited(world, "/fit 1,2 2,b", f"/fit {POINTS}")
    assert "no number" in before["text"]
    assert after["photo"]
    before, after, called = await edited(world, f"/fit {POINTS}", "/fit 1,2 2,b")
    assert after["caption"] == before["caption"]
    assert called.count("sendMessage") == 2


async def test_an_edit_that_leaves_the_text_or_is_of_another_command_is_ignored(world: World) -> None:
    for first, second in (("/s good", "/s good "), ("/models", "/jobs"), ("/train nothing", "/train other")):
        before, after, called = await edited(world, first, second)
        assert after["text"] == before["text"]
        assert called.count("sendMessage") == 1
        assert not [method for method in called if method.startswith("editMessage")]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_the_bots_process_has_loaded_no_tensorflow_after_all_it_does(world: World) -> None:
    await world.ask("/s good")
    await world.ask(f"/fit {POINTS}")
    assert world.process is not None
    mapped = Path(f"/proc/{world.process.pid}/maps").read_text()
    assert "onnxruntime" in mapped
    for trainer in ("tensorflow", "keras", "torch", "sklearn", "matplotlib"):
        assert f"/{trainer}" not in mapped


async def test_a_button_of_somebody_elses_question_changes_nothing(world: World) -> None:
    asked = await world.ask("/new", chat=scene.GROUP)
    assert asked["text"].endswith("Reply to this message with your answer.")
    cancel = asked["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    query = await world.sandbox.press(scene.GRACE, scene.GROUP, asked["message_id"], cancel)
    notice = (await asyncio.wait_for(query.answer, 15))["text"]
    assert notice.startswith("This question is for Ada")
    made = await world.ask("mood happy sad", chat=scene.GROUP, reply_to=asked["message_id"])
    assert made["text"].startswith("“mood” is ready to learn: happy, sad.")


BAD_INPUTS = {
    "/sentiment": "For example",
    "/s " + "long " * 500: "2,000",
    "/fit abc": "abc",
    "/fit 1,2": "at least 3 points",
    "/fit 1,2 1,3 1,4": "two different values",
    "/fit": "Send points after /fit",
    "/predict": "No curve went through your last points",
    "/nonsense": "/help",
    "/train": "Make one with a name",
    "/train nothing": "no model",
    "/new a": "Which labels",
    "/classify": "Send me a text",
    "/cancel": "I ask no more",
    "/models nothing": "no model",
}


async def test_bad_input_gets_a_sentence_and_no_traceback(world: World) -> None:
    for text, expected in BAD_INPUTS.items():
        answer = await world.ask(text)
        words = answer.get("text", answer.get("caption", ""))
        assert expected in words, (text, words)
        assert "broke on my side" not in words, (text, world.log)
    assert "%" in (await world.ask("😀😀😀"))["text"]
    assert '"level": "error"' not in world.log


async def test_a_sticker_gets_a_sentence_on_what_can_be_done(world: World) -> None:
    post = world.sandbox.people.sticker(scene.GRACE, scene.GRACE)
    assert "CSV" in (await world.sandbox.reply_to(post.body, 15))["text"]


FILES = {
    "broken.csv": (b"x,y\n1,2\n2,four\n3,6\n", "four"),
    "gbk.csv": ("时间,温度\n1,2\n2,4.1\n3,5.9\n".encode("gb18030"), "R²"),
    "utf16.csv": ("x;y\n1;2,5\n2;4,5\n3;6,7\n".encode("utf-16"), "R²"),
    "empty.csv": (b"\n \n", "This file is empty"),
    "picture.csv": (bytes(range(256)) * 20, "holds no text"),
}


@pytest.mark.parametrize("name", FILES)
async def test_a_file_is_read_or_refused_with_the_place(world: World, name: str) -> None:
    content, expected = FILES[name]
    answer = await world.send_file(name, content, caption="/fit")
    words = answer.get("text", answer.get("caption", ""))
    assert expected in words
    assert "broke on my side" not in words, world.log


async def test_a_file_of_30_mb_is_refused_before_it_is_fetched(world: World) -> None:
    before = len(world.sandbox.calls_of("getFile"))
    answer = await world.send_file("large.csv", b"1,2\n" * 7_500_000, caption="/fit")
    assert "20 MB" in answer["text"]
    assert len(world.sandbox.calls_of("getFile")) == before


async def test_a_training_with_one_label_taught_is_refused_and_nothing_is_lost(world: World) -> None:
    await world.ask("/new mail junk fine", person=scene.GRACE)
    await world.ask("/teach mail\n" + "\n".join(f"junk: prize {n}" for n in range(9)), person=scene.GRACE)
    assert "fine" in (await world.ask("/train mail", person=scene.GRACE))["text"]
    assert "9" in (await world.ask("/models mail", person=scene.GRACE))["text"]


async def test_neither_the_token_nor_a_persons_words_stand_in_the_log(world: World) -> None:
    await world.ask("/s a very private sentence")
    await world.ask("/fit a very private table")
    assert "private" not in world.log
    assert "test-token" not in world.log


async def test_a_fault_of_ours_is_told_with_a_reference_that_stands_in_the_log(world: World) -> None:
    world.sandbox.fault("error", "sendPhoto", times=3, description="Bad Request: a secret of somebody")
    words = (await world.ask(f"/fit {POINTS}"))["text"]
    reference = words.split("(ref ")[1].split(")")[0]
    assert reference in world.log
    assert "secret" not in world.log
