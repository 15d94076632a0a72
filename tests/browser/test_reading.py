"""What comes into a chat is put in its place, without moving what is being read."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page, expect

from bot.sandbox.scene import ADA, GRACE, GROUP
from bot.sandbox.server import Sandbox
from tests.browser.conftest import reload
from tests.browser.scripted_bot import ScriptedBot

TOPS = """() => Object.fromEntries(
    [...document.querySelectorAll("article")]
        .map((node) => [node.dataset.id, node.getBoundingClientRect().top]))"""


async def fill_private_chat(sandbox: Sandbox, count: int) -> list[dict[str, Any]]:
    return [await sandbox.say(ADA, ADA, f"message number {number}") for number in range(1, count + 1)]


async def scroll_by(page: Page, pixels: int) -> None:
    await page.locator("#timeline").evaluate(
        "(node, by) => node.scrollBy({top: by, behavior: 'instant'})", pixels
    )
    await page.wait_for_timeout(50)


async def test_an_edit_changes_a_message_in_place_and_marks_it(page: Page, bot: ScriptedBot) -> None:
    sent = await bot.call("sendMessage", chat_id=ADA, text="queued, place 1")
    bubble = page.locator("article")
    await expect(bubble).to_contain_text("queued, place 1")
    node = await bubble.element_handle()
    for epoch in range(1, 4):
        text = f"training\nepoch {epoch} of 3\nloss {1 / epoch:.2f}"
        await bot.call("editMessageText", chat_id=ADA, message_id=sent["message_id"], text=text)
        await expect(bubble).to_contain_text(f"epoch {epoch} of 3")
    await expect(bubble.locator(".edited")).to_be_visible()
    await expect(bubble).to_have_count(1)
    assert node is not None
    assert await node.evaluate("(node) => node.isConnected")  # the same node: nothing flickered


async def test_edits_above_and_below_do_not_move_what_is_being_read(
    page: Page, bot: ScriptedBot, sandbox: Sandbox
) -> None:
    bot.silent = True
    first = await bot.call("sendMessage", chat_id=ADA, text="progress")
    await fill_private_chat(sandbox, 40)
    last = await bot.call("sendMessage", chat_id=ADA, text="progress")
    await expect(page.locator("article")).to_have_count(42)
    await scroll_by(page, -400)
    before = await page.evaluate(TOPS)
    for sent in (first, last):
        tall = "\n".join(f"line {line}" for line in range(12))
        await bot.call("editMessageText", chat_id=ADA, message_id=sent["message_id"], text=tall)
    await expect(page.locator("article", has_text="line 11")).to_have_count(2)
    after = await page.evaluate(TOPS)
    shown = {key: top for key, top in before.items() if 60 < top < 700 and key != str(last["message_id"])}
    assert len(shown) > 5
    # A browser scrolls by whole pixels, and each of the two edits may round once.
    assert {key: top for key, top in shown.items() if abs(after[key] - top) > 2} == {}


async def test_the_list_follows_new_messages_only_at_its_bottom(
    page: Page, bot: ScriptedBot, sandbox: Sandbox
) -> None:
    bot.silent = True
    await fill_private_chat(sandbox, 40)
    await expect(page.locator("article")).to_have_count(40)
    await expect(page.locator("article").last).to_be_in_viewport()
    await bot.call("sendMessage", chat_id=ADA, text="seen at once")
    await expect(page.locator("article").last).to_be_in_viewport()
    await scroll_by(page, -600)
    await bot.call("sendMessage", chat_id=ADA, text="not seen yet")
    button = page.get_by_role("button", name="Go to the newest message")
    await expect(button.locator(".badge")).to_have_text("1")
    await expect(page.locator("article").last).not_to_be_in_viewport()
    await button.click()
    await expect(page.locator("article").last).to_be_in_viewport()
    await expect(button).to_be_hidden()


async def test_older_messages_come_on_scrolling_up_and_keep_the_place(
    page: Page, bot: ScriptedBot, sandbox: Sandbox
) -> None:
    bot.silent = True
    await fill_private_chat(sandbox, 130)
    await reload(page)
    await expect(page.locator("article")).to_have_count(50)
    await scroll_by(page, -100_000)
    await expect(page.locator("article")).to_have_count(100)
    await expect(page.locator("article", has_text="message number 81")).to_be_in_viewport()
    await scroll_by(page, -100_000)
    await expect(page.locator("article")).to_have_count(130)
    await scroll_by(page, -100_000)
    await expect(page.locator("article", has_text="message number 1").first).to_be_in_viewport()
    words = page.locator("article .words")
    texts = await words.evaluate_all("(nodes) => nodes.map((node) => node.firstChild.data)")
    assert texts == [f"message number {number}" for number in range(1, 131)]


async def test_an_edit_of_a_message_that_is_not_loaded_leaves_no_gap(
    page: Page, bot: ScriptedBot, sandbox: Sandbox
) -> None:
    bot.silent = True
    first = await bot.call("sendMessage", chat_id=ADA, text="an old one")
    await fill_private_chat(sandbox, 120)
    await reload(page)
    await expect(page.locator("article")).to_have_count(50)
    await bot.call("editMessageText", chat_id=ADA, message_id=first["message_id"], text="an old one, edited")
    await bot.call("sendMessage", chat_id=ADA, text="the newest")
    await expect(page.locator("article")).to_have_count(51)
    for count in (101, 122):
        await scroll_by(page, -100_000)
        await expect(page.locator("article")).to_have_count(count)
    await expect(page.locator("article").first).to_contain_text("an old one, edited")


async def test_a_click_on_a_quote_jumps_to_a_message_that_was_not_loaded(
    page: Page, bot: ScriptedBot, sandbox: Sandbox
) -> None:
    bot.silent = True
    messages = await fill_private_chat(sandbox, 130)
    await reload(page)
    reply = {"message_id": messages[3]["message_id"]}
    await bot.call("sendMessage", chat_id=ADA, text="about that", reply_parameters=reply)
    await page.locator(".quoted", has_text="message number 4").click()
    target = page.locator(f"article[data-id='{messages[3]['message_id']}']")
    await expect(target).to_be_in_viewport()
    await expect(target).to_contain_text("message number 4")


async def test_other_chats_count_what_is_unread_until_they_are_opened(
    page: Page, bot: ScriptedBot, sandbox: Sandbox
) -> None:
    bot.silent = True
    group = page.locator(".chat-item", has_text="Tonefit demo group")
    await sandbox.say(GRACE, GROUP, "one")
    await sandbox.say(GRACE, GROUP, "two", topic=2)
    await expect(group.locator(".badge")).to_have_text("2")
    await expect(group).to_contain_text("Grace: two")
    assert await page.title() == "(2) Tonefit"
    await group.click()
    await expect(group.locator(".badge")).to_have_text("1")
    await page.get_by_role("tab", name="Numbers").click()
    await expect(group.locator(".badge")).to_have_count(0)
    await page.locator(".chat-item").first.click()
    await page.goto("about:blank")
    await bot.call("sendMessage", chat_id=GROUP, text="while you were away")
    await page.go_back()
    await expect(group.locator(".badge")).to_have_text("1")
