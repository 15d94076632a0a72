"""Inline keyboards: what a press does, and what the bot's answer shows."""

from __future__ import annotations

import asyncio

from playwright.async_api import BrowserContext, Page, expect

from bot.sandbox.scene import ADA
from tests.browser.scripted_bot import ScriptedBot


async def send_buttons(bot: ScriptedBot, *buttons: dict[str, object]) -> None:
    keyboard = {"inline_keyboard": [list(buttons)]}
    await bot.call("sendMessage", chat_id=ADA, text="Choose", reply_markup=keyboard)


async def test_a_pressed_button_waits_for_the_bots_answer_and_shows_it(page: Page, bot: ScriptedBot) -> None:
    await send_buttons(bot, {"text": "Right", "callback_data": "right:7F3K"})
    button = page.get_by_role("button", name="Right")
    await button.click()
    press = await bot.heard("callback_query")
    assert press["data"] == "right:7F3K"
    await expect(button).to_have_attribute("aria-busy", "true")
    await bot.call("answerCallbackQuery", callback_query_id=press["id"], text="Noted, thank you")
    await expect(page.locator(".toast")).to_have_text("Noted, thank you")
    await expect(button).not_to_have_attribute("aria-busy", "true")


async def test_an_alert_must_be_closed(page: Page, bot: ScriptedBot) -> None:
    await send_buttons(bot, {"text": "Why?", "callback_data": "why:1"})
    await page.get_by_role("button", name="Why?").click()
    press = await bot.heard("callback_query")
    notice = {"text": "Because of “lovely”", "show_alert": True}
    await bot.call("answerCallbackQuery", callback_query_id=press["id"], **notice)
    await expect(page.locator("#alert")).to_contain_text("Because of “lovely”")
    await page.keyboard.press("Enter")
    await expect(page.locator("#alert")).to_be_hidden()


async def test_a_keyboard_that_the_bot_edits_is_replaced_and_can_be_pressed(
    page: Page, bot: ScriptedBot
) -> None:
    await send_buttons(bot, {"text": "Next", "callback_data": "page:2"})
    await page.get_by_role("button", name="Next").click()
    press = await bot.heard("callback_query")
    keyboard = {"inline_keyboard": [[{"text": "Back", "callback_data": "page:1"}]]}
    place = {"chat_id": ADA, "message_id": press["message"]["message_id"]}
    await bot.call("editMessageText", text="Page 2", reply_markup=keyboard, **place)
    await bot.call("answerCallbackQuery", callback_query_id=press["id"])
    await page.get_by_role("button", name="Back", exact=True).click()
    async with asyncio.timeout(5):
        while (await bot.heard("callback_query"))["data"] != "page:1":
            await asyncio.sleep(0.02)


async def test_a_copy_button_copies_and_a_link_opens_beside_the_page(
    page: Page, bot: ScriptedBot, context: BrowserContext
) -> None:
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    copy: dict[str, object] = {"text": "Copy equation", "copy_text": {"text": "y = 2x"}}
    await send_buttons(bot, copy, {"text": "Site", "url": "https://example.org/"})
    await page.get_by_role("button", name="Copy equation").click()
    await expect(page.locator(".toast")).to_have_text("Copied")
    assert await page.evaluate("navigator.clipboard.readText()") == "y = 2x"
    link = page.get_by_role("link", name="Site")
    await expect(link).to_have_attribute("href", "https://example.org/")
    await expect(link).to_have_attribute("target", "_blank")


async def test_a_link_to_the_bot_itself_stays_in_the_page(page: Page, bot: ScriptedBot) -> None:
    await send_buttons(
        bot,
        {"text": "Why?", "url": "https://t.me/tonefit_bot?start=why_7F3K"},
        {"text": "Add to a group", "url": "https://t.me/tonefit_bot?startgroup=1"},
    )
    await page.get_by_role("link", name="Add to a group").click()
    await expect(page.locator(".toast")).to_contain_text("already in the demo group")
    await page.get_by_role("link", name="Why?").click()
    assert (await bot.heard("message"))["text"] == "/start why_7F3K"
