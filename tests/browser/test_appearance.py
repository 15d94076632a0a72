"""The page fits its window, can be read by everybody, and is worked by the keyboard alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Page, ViewportSize, expect

from bot.sandbox.scene import ADA, GROUP
from bot.sandbox.server import Sandbox
from tests.browser.conftest import reload
from tests.browser.scripted_bot import ScriptedBot

PHONE = ViewportSize(width=390, height=844)
CSV = FilePayload(name="a.csv", mimeType="text/csv", buffer=b"1,2")
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2

CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")
NAMELESS = """() => [...document.querySelectorAll("button, a, input, textarea, [role=option]")]
    .filter((node) => node.checkVisibility())
    .filter((node) => !(node.getAttribute("aria-label") || node.textContent.trim() || node.labels?.length))
    .map((node) => node.outerHTML)"""


async def fill_the_chat(page: Page, bot: ScriptedBot) -> None:
    row = [{"text": text, "callback_data": text} for text in ("Why?", "Right", "Wrong")]
    keyboard = {"inline_keyboard": [row]}
    await page.locator("#field").fill(f"Good morning, see /fit and https://example.org/{LONG}")
    await page.locator("#field").press("Enter")
    await expect(page.locator("article")).to_have_count(2)
    text = f"<b>{LONG}</b> /help <pre>{LONG}</pre>"
    await bot.call("sendMessage", chat_id=ADA, text=text, parse_mode="HTML", reply_markup=keyboard)
    sent = await bot.call("sendDocument", chat_id=ADA, document=(f"{LONG}.csv", b"1,2"), caption="A file")
    reaction = [{"type": "emoji", "emoji": "😁"}]
    await bot.call("setMessageReaction", chat_id=ADA, message_id=sent["message_id"], reaction=reaction)
    await expect(page.locator(".reaction")).to_be_visible()


async def test_a_phone_shows_the_chat_with_its_composer_and_nothing_wider_than_itself(
    page: Page, bot: ScriptedBot
) -> None:
    await page.set_viewport_size(PHONE)
    await fill_the_chat(page, bot)
    await expect(page.locator("#field")).to_be_in_viewport(ratio=1)
    await expect(page.locator("#send-button")).to_be_in_viewport(ratio=1)
    await expect(page.locator(".sidebar")).to_be_hidden()
    too_wide = "(node) => node.scrollWidth - node.clientWidth"
    assert await page.locator("html").evaluate(too_wide) == 0
    assert await page.locator("#timeline").evaluate(too_wide) == 0
    await page.get_by_role("link", name="Back to the chats").click()
    await expect(page.locator(".chat-item")).to_have_count(4)
    await expect(page.locator("#chat")).to_be_hidden()
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    await page.locator(".chat-item", has_text="Tonefit demo group").click()
    await page.get_by_role("button", name="Play as: Ada").click()
    await page.locator("#menu").get_by_role("button", name="小明").click()
    await expect(page.locator("#chat-head")).to_contain_text("小明 是成员")
    await page.go_back()
    await expect(page.locator("#chats")).to_be_visible()


@pytest.mark.parametrize("window", [PHONE, ViewportSize(width=1280, height=800)])
async def test_head_messages_and_composer_share_the_window(
    page: Page, bot: ScriptedBot, window: ViewportSize
) -> None:
    await page.set_viewport_size(window)
    await fill_the_chat(page, bot)
    parts = [await page.locator(part).bounding_box() for part in ("#chat-head", ".timeline-frame", "footer")]
    head, timeline, composer = (part for part in parts if part is not None)
    assert head["y"] == 0
    assert head["y"] + head["height"] == timeline["y"]
    assert timeline["y"] + timeline["height"] == composer["y"]
    assert composer["y"] + composer["height"] == window["height"]
    assert head["width"] == timeline["width"] == composer["width"]
    assert head["x"] + head["width"] == window["width"]
    await expect(page.locator("article").last).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_text_stands_out_from_its_ground(page: Page, bot: ScriptedBot, scheme: str) -> None:
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    await fill_the_chat(page, bot)
    await page.locator("#field").press("ArrowUp")
    await page.wait_for_timeout(300)  # transitions of colours
    assert await page.evaluate(CONTRAST) == []


async def test_everything_that_can_be_pressed_has_a_name(page: Page, bot: ScriptedBot) -> None:
    await fill_the_chat(page, bot)
    await page.locator("#file-input").set_input_files(CSV)
    await page.locator("article").last.hover()
    assert await page.evaluate(NAMELESS) == []


async def test_messages_are_walked_by_arrow_keys_and_a_key_opens_their_menu(
    page: Page, bot: ScriptedBot, sandbox: Sandbox
) -> None:
    bot.silent = True
    for number in range(3):
        await sandbox.say(ADA, ADA, f"message {number}")
    await expect(page.locator("article")).to_have_count(3)
    await page.locator("#timeline").focus()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowUp")
    await expect(page.locator("article", has_text="message 1")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")
    await expect(page.locator("#menu")).to_be_hidden()
    await page.keyboard.press("Enter")
    await page.get_by_role("menuitem", name="Reply").press("Enter")
    await expect(page.locator("#composer-bar")).to_contain_text("message 1")
    await expect(page.locator("#field")).to_be_focused()


async def test_a_screen_reader_hears_new_messages_but_no_edits_and_no_history(
    page: Page, bot: ScriptedBot
) -> None:
    announcer = page.locator("[aria-live=polite]#announcer")
    sent = await bot.call("sendMessage", chat_id=ADA, text="training, epoch 1")
    await expect(announcer).to_have_text("Tonefit: training, epoch 1")
    await bot.call("editMessageText", chat_id=ADA, message_id=sent["message_id"], text="training, epoch 2")
    await expect(page.locator("article")).to_contain_text("epoch 2")
    await expect(announcer).to_have_text("Tonefit: training, epoch 1")
    await reload(page)
    await expect(page.locator("article")).to_have_count(1)
    await expect(announcer).to_have_text("")


async def test_the_page_refuses_scripts_and_styles_that_are_not_its_own(page: Page, sandbox: Sandbox) -> None:
    policy = await page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert (
        await page.locator("[style], script:not([src]), style").evaluate_all(
            "(nodes) => nodes.filter((node) => node.tagName !== 'TEXTAREA' && !node.popover).length"
        )
        == 0
    )
    await page.goto(f"{sandbox.url}/#as={ADA}&chat={GROUP}")
    await expect(page.locator("#chat-head")).to_contain_text("Tonefit demo group")
