"""A browser opens six connections to a host; any number of pages, open or kept for the way back, works."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from bot.sandbox import chat_web
from bot.sandbox.scene import ADA, GRACE, GROUP
from bot.sandbox.server import Sandbox
from tests.browser.conftest import ARGS, PATIENCE

PAGES = 8
RETURNS = 6
NO_SHARED_WORKER = "delete globalThis.SharedWorker"
LOOK = """(state) => {
    Object.defineProperty(document, "visibilityState", {value: state, configurable: true});
    document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(autouse=True)
def quick_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream whose page is gone is noticed at the next beat."""
    monkeypatch.setattr(chat_web, "HEARTBEAT", 0.1)


async def opened(context: BrowserContext, url: str) -> Page:
    page = await context.new_page()
    await page.goto(url)
    await page.locator("#app[data-connection=online]").wait_for()
    return page


async def write(page: Page, text: str) -> None:
    await page.locator("#field").fill(text)
    await page.locator("#field").press("Enter")


async def streams(sandbox: Sandbox, count: int) -> None:
    """Wait until so many streams are open."""
    async with asyncio.timeout(PATIENCE / 1000):
        while len(sandbox.backend.events.listeners) != count:
            await asyncio.sleep(0.02)


async def test_eight_pages_of_one_browser_all_send_and_receive(
    context: BrowserContext, sandbox: Sandbox
) -> None:
    pages = [await opened(context, sandbox.url) for _ in range(PAGES)]
    await streams(sandbox, 1)
    await sandbox.say(ADA, ADA, "to all pages")
    for page in pages:
        await expect(page.locator("article")).to_contain_text(["to all pages"])
    for number, page in enumerate(pages):
        await write(page, f"from page {number}")
    said = ["to all pages", *(f"from page {number}" for number in range(PAGES))]
    for page in pages:
        await expect(page.locator("article .words")).to_contain_text(said)
        await expect(page.locator("article.is-pending")).to_have_count(0)
    for page in pages:
        await page.close()
    await streams(sandbox, 0)


async def test_pages_on_one_stream_show_each_person_only_their_own_chats(
    context: BrowserContext, sandbox: Sandbox
) -> None:
    ada = await opened(context, f"{sandbox.url}/#as={ADA}&chat={GROUP}")
    grace = await opened(context, f"{sandbox.url}/#as={GRACE}&chat={GROUP}")
    await sandbox.say(ADA, ADA, "between Ada and the bot")
    await sandbox.say(ADA, GROUP, "to the group")
    for page, badges in ((ada, 0), (grace, 0)):
        await expect(page.locator("article .words")).to_contain_text(["to the group"])
        await expect(page.locator(".chat-item", has_text="to the group")).to_have_count(1)
        await expect(page.locator(".badge:visible")).to_have_count(badges)
    await grace.close()
    await sandbox.say(ADA, GROUP, "after a page was closed")
    await expect(ada.locator("article .words")).to_contain_text(["to the group", "after a page was closed"])


async def test_a_page_without_shared_workers_has_a_stream_while_it_is_looked_at(
    context: BrowserContext, sandbox: Sandbox
) -> None:
    await context.add_init_script(NO_SHARED_WORKER)
    pages = [await opened(context, sandbox.url) for _ in range(2)]
    await streams(sandbox, 2)
    await pages[0].evaluate(LOOK, "hidden")
    await streams(sandbox, 1)
    await sandbox.say(ADA, ADA, "said while it was hidden")
    await expect(pages[1].locator("article")).to_contain_text(["said while it was hidden"])
    await expect(pages[0].locator("article")).to_have_count(0)
    await pages[0].evaluate(LOOK, "visible")
    await expect(pages[0].locator("article")).to_contain_text(["said while it was hidden"])
    await streams(sandbox, 2)


@pytest_asyncio.fixture(loop_scope="session")
async def keeping_browser(browser: Browser) -> AsyncIterator[Browser]:
    """A browser that keeps pages for the way back, as browsers do and Playwright's does not.

    Chromium 150 keeps none whose shared worker has no other page: it loads such a page anew.
    """
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable, args=ARGS, ignore_default_args=["--disable-back-forward-cache"]
        )
        yield browser
        await browser.close()


async def test_a_page_that_was_left_and_came_back_six_times_still_receives(
    keeping_browser: Browser, sandbox: Sandbox
) -> None:
    context = await keeping_browser.new_context()
    context.set_default_timeout(PATIENCE)
    page = await opened(context, sandbox.url)
    for _ in range(RETURNS):  # each time another page, with those before it kept by browsers that keep them
        await page.goto("about:blank")
        await page.goto(sandbox.url)
        await page.locator("#app[data-connection=online]").wait_for()
    await page.goto("about:blank")
    await sandbox.say(ADA, ADA, "while away")
    await page.evaluate("setTimeout(() => history.go(-3), 50)")  # beyond the answer to this very call
    await page.wait_for_url(f"{sandbox.url}/**", wait_until="commit")  # a page that was kept does not load
    await expect(page.locator("article", has_text="while away")).to_have_count(1)
    await sandbox.say(ADA, ADA, "after all")
    await expect(page.locator("article", has_text="after all")).to_have_count(1)
    await write(page, "and answered")
    await expect(page.locator("article.is-pending")).to_have_count(0)
    await streams(sandbox, 1)
    await context.close()
