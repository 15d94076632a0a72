"""One person plays several: each with their own language, role and chats."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from bot.sandbox.scene import ADA, GRACE, GROUP, XIAOMING
from bot.sandbox.server import Sandbox
from tests.browser.scripted_bot import ScriptedBot


async def test_switching_the_person_keeps_the_chat_and_the_place(
    page: Page, bot: ScriptedBot, sandbox: Sandbox
) -> None:
    bot.silent = True
    for number in range(40):
        await sandbox.say(GRACE if number % 2 else ADA, GROUP, f"message {number}")
    await page.locator(".chat-item", has_text="Tonefit demo group").click()
    await expect(page.locator("article.is-mine")).to_have_count(20)
    await page.locator("#timeline").evaluate("(node) => node.scrollBy({top: -500, behavior: 'instant'})")
    place = page.locator("article", has_text="message 25").locator(".bubble")
    before = await place.bounding_box()
    await page.get_by_role("button", name="Play as Grace").click()
    await expect(page.locator("#whoami")).to_have_text("Grace · English")
    await expect(page.locator("article", has_text="message 25")).to_have_class(re.compile("is-mine"))
    after = await place.bounding_box()
    assert before is not None and after is not None
    assert abs(before["y"] - after["y"]) < 30  # a name over a bubble comes or goes
    await expect(page.locator(".chat-head")).to_contain_text("Grace is an administrator")


async def test_in_private_every_person_has_their_own_chat_with_the_bot(page: Page, bot: ScriptedBot) -> None:
    await page.locator("#field").fill("this is Ada")
    await page.locator("#field").press("Enter")
    await expect(page.locator("article")).to_have_count(2)
    await page.get_by_role("button", name="Play as Grace").click()
    await expect(page.locator("article")).to_have_count(0)
    await expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    await page.keyboard.press("Alt+1")
    await expect(page.locator("article")).to_have_count(2)


async def test_a_chinese_person_reads_the_page_in_chinese(page: Page, bot: ScriptedBot) -> None:
    english, chinese = ([{"command": "fit", "description": words}] for words in ("Fit a curve", "拟合曲线"))
    await bot.call("setMyCommands", commands=english)
    await bot.call("setMyCommands", commands=chinese, language_code="zh")
    await page.get_by_role("button", name="Play as 小明").click()
    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    await expect(page.locator("#field")).to_have_attribute("placeholder", "输入消息")
    await page.get_by_role("button", name="开始", exact=True).click()
    assert (await bot.heard("message"))["from"]["language_code"] == "zh-hans"
    await expect(page.locator(".day-name")).to_have_text("今天")
    await page.get_by_role("button", name="命令").click()
    await expect(page.get_by_role("option")).to_have_text(["/fit拟合曲线"])
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="把此人切换为 English").click()
    await expect(page.locator("#field")).to_have_attribute("placeholder", "Message")
    await expect(page.locator(".day-name")).to_have_text("Today")


async def test_every_phrase_is_there_in_both_languages(page: Page) -> None:
    phrases = await page.evaluate("import('/web/i18n.js').then((module) => module.PHRASES)")
    assert len(phrases) > 50
    for key, (english, chinese) in phrases.items():
        assert english and chinese, key
        one = english.split("|")[-1]
        assert sorted(re.findall(r"{\w+}", one)) == sorted(re.findall(r"{\w+}", chinese)), key
        assert any("\u4e00" <= sign <= "\u9fff" for sign in chinese) or chinese == english, key


async def test_who_may_not_post_is_told_so(page: Page, bot: ScriptedBot, sandbox: Sandbox) -> None:
    await page.get_by_role("button", name="Play as Grace").click()
    await page.locator(".chat-item", has_text="Tonefit demo channel").click()
    await expect(page.locator("#composer-closed")).to_have_text(
        "Only administrators can post in this channel"
    )
    await expect(page.locator("#field")).to_be_hidden()
    sandbox.set_role(GROUP, XIAOMING, "left")
    await page.get_by_role("button", name="Play as 小明").click()
    await page.locator(".chat-item", has_text="Tonefit demo group").click()
    await expect(page.locator("#composer-closed")).to_have_text("你不是这里的成员")


async def test_the_address_leads_back_to_the_same_person_chat_and_topic(page: Page, sandbox: Sandbox) -> None:
    await page.goto("about:blank")
    await page.goto(f"{sandbox.url}/#as={GRACE}&chat={GROUP}&topic=2")
    await expect(page.locator("#whoami")).to_contain_text("Grace")
    await expect(page.get_by_role("tab", name="Numbers")).to_have_attribute("aria-selected", "true")
    await page.goto("about:blank")
    await page.goto(f"{sandbox.url}/#as=424242&chat=1")  # gone with the data of an earlier run
    await expect(page.locator("#whoami")).to_contain_text("Ada")
