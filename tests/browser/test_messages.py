"""What a message holds is shown as it was sent: words, photos, files, reactions; never markup of its own."""

from __future__ import annotations

import struct
import time
import zlib

from playwright.async_api import Page, expect

from bot.sandbox.scene import ADA, CHANNEL, GRACE, GROUP, XIAOMING
from bot.sandbox.server import Sandbox
from tests.browser.conftest import reload
from tests.browser.scripted_bot import ScriptedBot

DAY = 86_400  # seconds


def png(width: int, height: int) -> bytes:
    """Return a grey picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = zlib.compress((b"\0" + b"\x88" * width) * height)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def test_a_photo_takes_its_room_before_it_is_there_and_is_enlarged_by_a_click(
    page: Page, bot: ScriptedBot
) -> None:
    await page.route("**/chat/file/*", lambda route: route.abort())
    await bot.call("sendPhoto", chat_id=ADA, photo=("fit.png", png(1200, 800)), caption="y = 2x")
    picture = page.locator("article .photo img")
    box = await picture.bounding_box()
    assert box is not None
    assert (round(box["width"]), round(box["height"])) == (420, 280)
    await page.unroute("**/chat/file/*")
    await reload(page)
    await expect(picture).to_have_js_property("naturalWidth", 1200)
    assert await picture.bounding_box() is not None
    await page.locator("article .photo").click()
    await expect(page.locator("#lightbox img")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#lightbox")).to_be_hidden()


async def test_a_document_shows_its_name_and_size_and_can_be_saved(page: Page, bot: ScriptedBot) -> None:
    await bot.call(
        "sendDocument", chat_id=ADA, document=("分类 结果.csv", b"x" * 1536), caption="Here you are"
    )
    file = page.locator("article .file")
    await expect(file.locator(".file-name")).to_have_text("分类 结果.csv")
    await expect(file.locator(".file-size")).to_have_text("1.5 KB")
    async with page.expect_download() as download:
        await file.click()
    saved = await download.value
    assert saved.suggested_filename == "分类 结果.csv"
    assert (await saved.path()).read_bytes() == b"x" * 1536


async def test_users_text_is_never_markup(page: Page, bot: ScriptedBot, sandbox: Sandbox) -> None:
    bot.silent = True
    evil = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script><b>bold</b>"
    said = await sandbox.say(ADA, ADA, evil)
    await sandbox.upload(ADA, ADA, "<img src=x onerror=alert(1)>.csv", b"1", caption=evil)
    keyboard = {
        "inline_keyboard": [
            [{"text": evil, "callback_data": "x"}],
            [{"text": "go", "url": "https://example.org/"}],
        ]
    }
    reply = {"message_id": said["message_id"]}
    await bot.call("sendMessage", chat_id=ADA, text=evil, reply_parameters=reply, reply_markup=keyboard)
    link = [{"type": "text_link", "offset": 0, "length": 4, "url": "javascript:document.title='owned'"}]
    sandbox.messages(ADA)[-1]["entities"] = link
    await reload(page)
    await expect(page.locator("article")).to_have_count(3)
    await expect(page.locator("article .words").first).to_contain_text(evil)
    await expect(page.locator(".key").first).to_have_text(evil)
    assert await page.locator("article :is(img, script, b)").count() == 0
    assert await page.locator("a[href^='javascript']").count() == 0
    assert await page.title() == "Tonefit"


async def test_entities_are_shown_and_a_command_in_a_text_is_sent_by_a_click(
    page: Page, bot: ScriptedBot
) -> None:
    text = (
        "<b>bold</b> <i>it</i> <code>x=1</code> <pre>a b</pre> 😀 /help, @ada, https://example.org/a?b "
        '<a href="https://example.org/">site</a>'
    )
    await bot.call("sendMessage", chat_id=ADA, text=text, parse_mode="HTML")
    words = page.locator("article .words")
    await expect(words.locator("strong")).to_have_text("bold")
    await expect(words.locator("em")).to_have_text("it")
    await expect(words.locator("code").first).to_have_text("x=1")
    await expect(words.locator("pre")).to_have_text("a b")
    await expect(words.locator("a").first).to_have_attribute("href", "https://example.org/a?b")
    await expect(words.locator("a").last).to_have_attribute("rel", "noopener noreferrer")
    await words.get_by_role("button", name="@ada").click()
    await expect(page.locator("#field")).to_have_value("@ada ")
    await page.locator("#field").fill("")
    await words.get_by_role("button", name="/help").click()
    assert (await bot.heard("message"))["text"] == "/help"


async def test_reactions_are_added_counted_and_taken_back(
    page: Page, bot: ScriptedBot, sandbox: Sandbox
) -> None:
    said = await sandbox.say(GRACE, GROUP, "We did it!")
    await page.locator(".chat-item", has_text="Tonefit demo group").click()
    message = page.locator(f"article[data-id='{said['message_id']}']")
    await message.hover()
    await message.get_by_role("button", name="React").click()
    await page.get_by_role("button", name="Reaction 🎉").click()
    chip = message.locator(".reaction")
    await expect(chip).to_have_text("🎉1")
    await sandbox.react(XIAOMING, GROUP, said["message_id"], "🎉")
    await expect(chip).to_have_text("🎉2")
    await expect(chip).to_have_attribute("aria-pressed", "true")
    await chip.click()
    await expect(chip).to_have_text("🎉1")
    await expect(chip).to_have_attribute("aria-pressed", "false")


async def test_a_deleted_message_goes_from_every_page(page: Page, bot: ScriptedBot, sandbox: Sandbox) -> None:
    bot.silent = True
    await sandbox.say(ADA, ADA, "keep this")
    await sandbox.say(ADA, ADA, "delete this")
    await page.locator("article .bubble", has_text="delete this").click(button="right")
    await page.get_by_role("menuitem", name="Delete").click()
    await expect(page.locator("article")).to_have_count(1)
    await expect(page.locator(".chat-item").first).to_contain_text("keep this")
    assert [message["text"] for message in sandbox.messages(ADA)] == ["keep this"]


async def test_days_are_separated_and_the_bots_doing_is_shown(
    page: Page, bot: ScriptedBot, sandbox: Sandbox
) -> None:
    bot.silent = True
    (await sandbox.say(ADA, ADA, "long ago"))["date"] = int(time.time()) - 400 * DAY
    (await sandbox.say(ADA, ADA, "yesterday"))["date"] = int(time.time()) - DAY
    await sandbox.say(ADA, ADA, "now")
    await reload(page)
    await expect(page.locator(".day-name")).to_have_count(3)
    await expect(page.locator(".day-name").nth(1)).to_have_text("Yesterday")
    await expect(page.locator(".day-name").nth(2)).to_have_text("Today")
    await bot.call("sendChatAction", chat_id=ADA, action="typing")
    await expect(page.locator("#chat-head .acting")).to_have_text("is typing…")
    await bot.call("sendMessage", chat_id=ADA, text="done")
    await expect(page.locator("#chat-head .acting")).to_have_count(0)


async def test_a_channel_post_stands_under_the_channels_name(page: Page, bot: ScriptedBot) -> None:
    await page.locator(".chat-item", has_text="Tonefit demo channel").click()
    await page.locator("#field").fill("An announcement")
    await page.locator("#field").press("Enter")
    assert (await bot.heard("channel_post"))["text"] == "An announcement"
    await expect(page.locator("article")).to_have_count(1)
    await expect(page.locator("article .sender")).to_have_text("Tonefit demo channel")
    await bot.call("sendMessage", chat_id=CHANNEL, text="tagged")
    await expect(page.locator("article")).to_have_count(2)
