"""What is written in the page reaches the bot as Telegram would bring it."""

from __future__ import annotations

import pytest
from playwright.async_api import FilePayload, Page, expect

from bot.sandbox.files import REFUSALS
from bot.sandbox.refusals import SENTENCES
from bot.sandbox.scene import ADA, GROUP
from bot.sandbox.server import Sandbox
from tests.browser.scripted_bot import ScriptedBot

LARGE_FILE = """() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new ArrayBuffer(50 * 1024 * 1024 + 1)], "large.csv"));
    const input = document.querySelector("#file-input");
    input.files = transfer.files;
    input.dispatchEvent(new Event("change"));
}"""
DROP = """async ([name, content, kind]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([content], name, {type: "text/csv"}));
    const target = document.querySelector(kind === "paste" ? "#field" : "#chat");
    const fire = (type) => target.dispatchEvent(
        kind === "paste"
            ? new ClipboardEvent("paste", {clipboardData: transfer, bubbles: true, cancelable: true})
            : new DragEvent(type, {dataTransfer: transfer, bubbles: true, cancelable: true}));
    if (kind === "paste") fire("paste");
    else for (const type of ["dragenter", "dragover", "drop"]) fire(type);
}"""


async def write(page: Page, text: str) -> None:
    await page.locator("#field").fill(text)
    await page.locator("#field").press("Enter")


async def test_a_message_typed_in_the_page_reaches_the_bot_and_its_answer_appears(
    page: Page, bot: ScriptedBot
) -> None:
    await write(page, "What a lovely day")
    assert (await bot.heard("message"))["text"] == "What a lovely day"
    answer = page.locator("article", has_text="You said: What a lovely day")
    await expect(answer).to_have_count(1)
    await expect(answer.locator(".quoted")).to_contain_text("What a lovely day")
    await expect(page.locator("#field")).to_have_value("")
    await expect(page.locator("article")).to_have_count(2)


async def test_the_start_button_of_an_empty_private_chat_starts_the_bot(page: Page, bot: ScriptedBot) -> None:
    await page.get_by_role("button", name="Start", exact=True).click()
    assert (await bot.heard("message"))["text"] == "/start"
    await expect(page.locator(".intro")).to_be_hidden()


async def test_shift_enter_begins_a_line_and_enter_sends_them_all(page: Page, bot: ScriptedBot) -> None:
    field = page.locator("#field")
    await field.press_sequentially("/fit")
    await field.press("Shift+Enter")
    await field.press_sequentially("1,2")
    await field.press("Shift+Enter")
    await field.press_sequentially("2,4")
    await field.press("Enter")
    assert (await bot.heard("message"))["text"] == "/fit\n1,2\n2,4"


async def test_the_enter_that_ends_a_chinese_composition_sends_nothing(page: Page, bot: ScriptedBot) -> None:
    await page.locator("#field").fill("你好")
    await page.locator("#field").dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    await expect(page.locator("#field")).to_have_value("你好")
    await page.locator("#field").press("Enter")
    assert (await bot.heard("message"))["text"] == "你好"


async def test_arrow_up_in_the_empty_field_edits_the_last_own_message(page: Page, bot: ScriptedBot) -> None:
    await write(page, "/fit 1,2")
    await expect(page.locator("article")).to_have_count(2)
    await page.locator("#field").press("ArrowUp")
    await expect(page.locator("#composer-bar")).to_contain_text("Edit message")
    await write(page, "/fit 1,2 2,4")
    assert (await bot.heard("edited_message"))["text"] == "/fit 1,2 2,4"
    own = page.locator("article").first
    await expect(own).to_contain_text("/fit 1,2 2,4")
    await expect(own.locator(".edited")).to_be_visible()


async def test_a_csv_goes_with_its_caption_and_the_bot_can_read_it(page: Page, bot: ScriptedBot) -> None:
    content = "text,label\n好吃,positive\n".encode()
    file = FilePayload(name="评论.csv", mimeType="text/csv", buffer=content)
    await page.locator("#file-input").set_input_files(file)
    await expect(page.locator("#attachments")).to_contain_text("评论.csv")
    await write(page, "/teach food")
    message = await bot.heard("message")
    assert message["caption"] == "/teach food"
    assert message["document"]["file_name"] == "评论.csv"
    assert await bot.download(message["document"]["file_id"]) == content
    await expect(page.locator("#attachments")).to_be_hidden()


async def test_dropped_and_pasted_files_wait_for_their_caption(page: Page, bot: ScriptedBot) -> None:
    await page.evaluate(DROP, ["dropped.csv", "1,2\n", "drop"])
    await page.evaluate(DROP, ["pasted.csv", "3,4\n", "paste"])
    await expect(page.locator(".attachment .file-name")).to_have_text(["dropped.csv", "pasted.csv"])
    await expect(page.locator("#drop-target")).to_be_hidden()
    await page.locator(".attachment", has_text="dropped.csv").get_by_role("button").click()
    await page.locator("#send-button").click()
    assert (await bot.heard("message"))["document"]["file_name"] == "pasted.csv"


async def test_what_the_sandbox_refuses_stays_in_the_chat_and_can_be_discarded(
    page: Page, bot: ScriptedBot
) -> None:
    file = FilePayload(name="a.csv", mimeType="text/csv", buffer=b"1,2")
    await page.locator("#file-input").set_input_files(file)
    await write(page, "x" * 1025)
    failed = page.locator("article.is-failed")
    await expect(failed).to_be_visible()
    toast = page.locator(".toast")
    await expect(toast).to_contain_text("1,024")
    below, above = await failed.bounding_box(), await toast.bounding_box()
    assert below is not None and above is not None
    assert above["y"] + above["height"] < below["y"]
    await failed.get_by_role("button", name="Discard").click()
    await expect(page.locator("article")).to_have_count(0)


@pytest.mark.parametrize(
    ("person", "sentence"), [("Ada", "Not sent: the file is empty"), ("小明", "未发送：文件是空的")]
)
async def test_a_refusal_is_one_sentence_in_the_language_of_the_page(
    page: Page, bot: ScriptedBot, person: str, sentence: str
) -> None:
    await page.get_by_role("button", name=person).click()
    await expect(page.locator("#whoami")).to_contain_text(person)
    await page.locator("#file-input").set_input_files(FilePayload(name="a.csv", mimeType="", buffer=b""))
    await page.locator("#send-button").click()
    await expect(page.locator(".toast")).to_have_text(sentence)


async def test_a_file_that_is_too_large_is_refused_before_it_travels(page: Page, bot: ScriptedBot) -> None:
    await page.evaluate(LARGE_FILE)
    await page.locator("#send-button").click()
    await expect(page.locator(".toast")).to_have_text("Not sent: a file holds up to 50 MB")
    await expect(page.locator("article.is-failed")).to_have_count(1)
    await expect(page.locator("article .spinner")).to_have_count(0)


async def test_every_refusal_has_its_sentence_in_the_page(page: Page) -> None:
    phrases = await page.evaluate("import('/web/i18n.js').then((module) => module.PHRASES)")
    said = {key.removeprefix("refused_") for key in phrases if key.startswith("refused_")}
    assert said == set(SENTENCES)
    assert set(REFUSALS) <= said


async def test_a_draft_waits_in_its_chat(page: Page) -> None:
    await page.locator("#field").fill("half a thought")
    await page.locator(".chat-item", has_text="Tonefit demo group").click()
    await expect(page.locator("#field")).to_have_value("")
    await page.locator(".chat-item").first.click()
    await expect(page.locator("#field")).to_have_value("half a thought")


async def test_a_reply_by_button_names_the_message_that_it_answers(
    page: Page, bot: ScriptedBot, sandbox: Sandbox
) -> None:
    bot.silent = True
    said = await sandbox.say(ADA, ADA, "How do you like this one?")
    await page.locator("article").hover()
    await page.locator("article").get_by_role("button", name="Reply").click()
    await expect(page.locator("#composer-bar")).to_contain_text("How do you like this one?")
    await write(page, "/sentiment")
    await expect(page.locator("article .quoted")).to_contain_text("How do you like this one?")
    assert (await bot.heard("message"))["reply_to_message"]["message_id"] == said["message_id"]
    await expect(page.locator("#composer-bar")).to_be_hidden()


async def test_a_double_click_or_a_swipe_begins_a_reply_and_escape_ends_it(
    page: Page, sandbox: Sandbox
) -> None:
    await sandbox.say(ADA, ADA, "a message of some length")
    bar = page.locator("#composer-bar")
    await page.locator("article .bubble").dblclick(position={"x": 6, "y": 6})
    await expect(bar).to_be_visible()
    await page.locator("#field").press("Escape")
    await expect(bar).to_be_hidden()
    await page.locator("article .bubble").evaluate("""(node) => {
        const fire = (type, x) => node.dispatchEvent(
            new PointerEvent(type, {pointerType: "touch", clientX: x, clientY: 300, bubbles: true}));
        fire("pointerdown", 300); fire("pointermove", 200); fire("pointerup", 200);
    }""")
    await expect(bar).to_contain_text("a message of some length")


async def test_a_message_written_in_a_topic_stays_in_the_topic(page: Page, bot: ScriptedBot) -> None:
    await page.locator(".chat-item", has_text="Tonefit demo group").click()
    await page.get_by_role("tab", name="Numbers").click()
    await expect(page.locator("article")).to_contain_text(["Ada opened the topic “Numbers”"])
    await write(page, "/fit 1,2 2,4")
    message = await bot.heard("message")
    assert (message["chat"]["id"], message["message_thread_id"]) == (GROUP, 2)
    await page.get_by_role("tab", name="General").click()
    await expect(page.locator("article", has_text="/fit")).to_have_count(0)


async def test_a_sticker_is_sent_and_shown(page: Page, bot: ScriptedBot) -> None:
    await page.get_by_role("button", name="Send a sticker").click()
    assert "sticker" in await bot.heard("message")
    await expect(page.locator("article .sticker")).to_be_visible()
    loaded = "(picture) => picture.decode().then(() => picture.naturalWidth)"
    assert await page.locator("article img.sticker").evaluate(loaded) == 512
