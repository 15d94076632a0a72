"""The operators' page in Chromium: the ways in, what it shows as it happens, whether everybody can use it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from bot.sandbox import scene
from tests.bot.ops.operated import Operated, init_data, operated
from tests.browser.conftest import DESKTOP, PATIENCE, grave, near

PHONE = ViewportSize(width=390, height=844)
TELEGRAM = "https://telegram.org/"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Operated]:
    async with operated(tmp_path_factory.mktemp("operated")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(viewport=DESKTOP, locale="en-GB", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """An empty page; what it complains of or fetches elsewhere fails the test."""
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if grave(message) else None)
    page.on("request", lambda request: None if near(request.url) else faults.append(request.url))
    yield page
    await page.close()
    assert faults == []


async def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with a page."""
    found = await Axe().run(page, options=RULES)
    return [
        f"{one['id']}: {node['html'][:200]}" for one in found.response["violations"] for node in one["nodes"]
    ]


async def test_a_link_opens_the_page_once_and_leaves_no_code_in_the_address(
    page: Page, bot: Operated
) -> None:
    link = await bot.link()
    await page.goto(link)
    await expect(page.get_by_role("heading", name="Now")).to_be_visible()
    assert page.url == f"{bot.url}/ops/"
    await page.reload()
    await expect(page.get_by_role("heading", name="Now")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("alert")).to_have_text("You are signed out.")
    await page.goto("about:blank")
    await page.goto(link)
    await expect(page.get_by_role("alert")).to_contain_text("used already")


async def test_without_a_cookie_the_page_says_how_to_get_in(page: Page, bot: Operated) -> None:
    await page.goto(f"{bot.url}/ops/")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await expect(page.locator("main")).to_contain_text("tonefit ops-link")
    await expect(page.get_by_role("navigation")).to_be_hidden()
    assert await violations(page) == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (init_data(token="2:other"), "did not sign this"),
        (init_data().replace("Ada", "Eve"), "did not sign this"),
        (init_data(age=7200), "too long ago"),
        (init_data(scene.GRACE), "not among the operators"),
    ],
)
async def test_a_mini_app_with_a_wrong_signature_is_refused(
    page: Page, bot: Operated, given: str, words: str
) -> None:
    await page.route(f"{TELEGRAM}**", lambda route: route.abort())
    await page.goto(f"{bot.url}/ops/#tgWebAppData={quote(given)}")
    await expect(page.get_by_role("alert")).to_contain_text(words)


async def test_what_happens_shows_by_itself(page: Page, bot: Operated) -> None:
    await page.goto(await bot.link())
    await expect(page.locator("#connection")).to_have_text("Live")
    await expect(page.locator("#live-workers")).to_contain_text("No worker lives")
    await bot.world.ask("/new mail junk fine")
    lines = "\n".join(f"{word}: text number {n} {word}" for n in range(8) for word in ("junk", "fine"))
    await bot.world.ask(f"/teach mail\n{lines}")
    await bot.world.ask("/train mail")
    row = page.locator("#live-jobs").get_by_role("row", name="mail")
    await expect(row).to_contain_text("place 1")
    await expect(page.locator("#live-queues").get_by_role("row", name="default")).to_contain_text("1")
    await bot.world.ask("/cancel")
    await expect(page.locator("#live-jobs")).to_contain_text("No training waits")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("window", [PHONE, DESKTOP])
async def test_the_page_is_accessible_and_no_wider_than_its_window(
    page: Page, bot: Operated, scheme: str, window: ViewportSize
) -> None:
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    await page.set_viewport_size(window)
    await page.goto(await bot.link())
    await expect(page.locator("#connection")).to_have_text("Live")
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") == window["width"]
