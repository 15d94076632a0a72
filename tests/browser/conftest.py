"""A real sandbox, a scripted bot and a page in headless Chromium for every test."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    ViewportSize,
    async_playwright,
    expect,
)

from bot.sandbox.server import Sandbox
from tests.browser.scripted_bot import ScriptedBot

ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = ViewportSize(width=1280, height=800)
ONLINE = "#app[data-connection=online]"
PATIENCE = 15_000  # ms, for a busy machine
HOW_TO_GET_ONE = "no Chromium here: `apt-get install chromium`, or name one in CHROMIUM"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, and let them share one event loop and with it one browser."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not executable:
        pytest.skip(HOW_TO_GET_ONE)
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=ARGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


@pytest_asyncio.fixture(loop_scope="session")
async def bot(sandbox: Sandbox) -> AsyncIterator[ScriptedBot]:
    async with ScriptedBot(sandbox.url) as bot:
        yield bot


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(viewport=DESKTOP, locale="en-GB")
    context.set_default_timeout(PATIENCE)
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext, sandbox: Sandbox) -> AsyncIterator[Page]:
    """The web chat, opened by its first person; what it complains of or fetches elsewhere fails the test."""
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if grave(message) else None)
    page.on("request", lambda request: None if near(request.url) else faults.append(request.url))
    await page.goto(sandbox.url)
    await page.locator(ONLINE).wait_for()
    yield page
    await page.close()
    assert faults == []


async def reload(page: Page) -> None:
    """Load the page anew and wait until it hears of what happens."""
    await page.reload()
    await page.locator(ONLINE).wait_for()


@pytest_asyncio.fixture(loop_scope="session")
async def context_page(context: BrowserContext) -> Page:
    """An empty page, for tests that start servers of their own."""
    return await context.new_page()


def grave(message: ConsoleMessage) -> bool:
    """Whether the browser reports an error; a refused request is none, the page shows it to the person."""
    return message.type == "error" and not message.text.startswith("Failed to load resource")


def near(url: str) -> bool:
    """Whether an address leaves this machine alone."""
    return url.startswith(("http://127.0.0.1:", "blob:"))
