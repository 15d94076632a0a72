"""The operators' page in Chromium: the ways in, what it shows as it happens, whether everybody can use it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from bot.sandbox import scene
from tests.bot.ops.operated import Operated, init_data, operated
from tests.bot.ops.test_shown import GROUP, count
from tests.browser.conftest import DESKTOP, PATIENCE, grave, near

PHONE = ViewportSize(width=390, height=844)
SCRIPT = "https://telegram.org/js/telegram-web-app.js"
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
    """What axe-core finds wrong with a page, and why."""
    found = await Axe().run(page, options=RULES)
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary']}"
        for one in found.response["violations"]
        for node in one["nodes"]
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
    await page.goto(f"{bot.url}/ops/#tgWebAppData={quote(given)}")
    await expect(page.get_by_role("alert")).to_contain_text(words)
    await expect(page.get_by_role("navigation")).to_be_hidden()


@pytest.mark.parametrize("there", [True, False])
async def test_a_mini_app_opens_with_the_script_of_telegram_and_without_it(
    context: BrowserContext, bot: Operated, there: bool
) -> None:
    page = await context.new_page()
    asked: list[str] = []
    refused: list[str] = []
    page.on("request", lambda request: None if near(request.url) else asked.append(request.url))
    page.on("console", lambda message: refused.append(message.text) if grave(message) else None)
    if there:
        body = (
            "window.Telegram = { WebApp: { ready() { document.body.dataset.ready = '1'; }, expand() {} } };"
        )
        await page.route(SCRIPT, lambda route: route.fulfill(body=body, content_type="text/javascript"))
    else:
        await page.route(SCRIPT, lambda route: route.abort())
    await page.goto(f"{bot.url}/ops/app#tgWebAppData={quote(init_data())}&tgWebAppVersion=9.1")
    await expect(page.locator("#connection")).to_have_text("Live")
    if there:
        await expect(page.locator("body[data-ready]")).to_be_visible()
    await page.get_by_role("link", name="Fit", exact=True).click()
    await page.get_by_role("button", name="Fit").click()
    await expect(page.locator("img.picture")).to_be_visible()
    assert "tgWebAppData" in page.url  # the script of Telegram reads it too, whenever it comes
    assert (await context.cookies(), asked, refused) == ([], [SCRIPT], [])
    await page.close()


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
    await expect(page.locator("#live-halts")).to_be_hidden()
    await bot.world.ask("/op queue pause")
    await expect(page.locator("#live-halts")).to_have_text("Trainings are paused: workers begin nothing.")
    assert await violations(page) == []
    await bot.world.ask("/op queue resume")
    await expect(page.locator("#live-halts")).to_be_hidden()


async def test_a_new_dead_letter_is_announced_and_replayed_by_the_keyboard(page: Page, bot: Operated) -> None:
    await page.goto(await bot.link())
    await expect(page.locator("#connection")).to_have_text("Live")
    await bot.bury("7F3K", "/sentiment secret words")
    await expect(page.locator("#announcer")).to_have_text("1 dead letter")
    await page.get_by_role("link", name="Dead letters").press("Enter")
    row = page.get_by_role("row", name="7F3K")
    await expect(row).to_contain_text("ValueError")
    assert "secret words" not in await page.content()
    await page.get_by_role("button", name="Replay 7F3K").press("Enter")
    await expect(page.get_by_text("7F3K is in the inbox again.")).to_be_visible()
    await page.get_by_role("button", name="Refresh").press("Enter")
    await expect(page.locator("main")).to_contain_text("No update failed")


async def test_a_chat_leads_to_its_mood_and_back(page: Page, bot: Operated) -> None:
    await count(bot, 6, 12)
    await page.goto(await bot.link())
    await page.get_by_role("link", name="Chats").click()
    await page.get_by_role("button", name=f"Mood of {GROUP}").click()
    await expect(page.get_by_role("img", name="12 messages of 6 people")).to_be_visible()
    await page.get_by_text("As a table").click()
    await expect(page.get_by_role("row", name="66.7%")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_role("heading", name="Chats", exact=True)).to_be_visible()


async def test_a_model_opens_with_its_figures_and_curves(page: Page, bot: Operated) -> None:
    await page.goto(f"{await bot.link()}")
    await page.get_by_role("link", name="Models").click()
    await page.get_by_role("button", name="sentiment").click()
    await expect(page.locator("#model-card")).to_be_focused()
    await expect(page.get_by_role("img", name="ROC: negative 0.8")).to_be_visible()
    await expect(page.locator("#model-card")).to_contain_text("Confusion")


async def test_points_are_fitted_and_wrong_ones_are_told(page: Page, bot: Operated) -> None:
    await page.goto(await bot.link())
    await page.get_by_role("link", name="Fit").click()
    await page.get_by_label("Points").fill("1,2 2,4.1 3,5.9")
    await page.get_by_role("button", name="Fit").click()
    await expect(page.locator(".words")).to_contain_text("y = 1.95x + 0.1")
    shown = "(image) => image.complete && image.naturalWidth > 100"
    assert await page.locator("img.picture").evaluate(shown)
    await page.get_by_label("Points").fill("1,cat 2,3")
    await page.get_by_role("button", name="Fit").click()
    await expect(page.get_by_role("alert")).to_contain_text("cat")


async def test_the_keyboard_skips_the_head_and_walks_the_parts(page: Page, bot: Operated) -> None:
    await page.goto(await bot.link())
    await expect(page.locator("#connection")).to_have_text("Live")
    await page.locator("body").press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()
    await page.get_by_role("link", name="Chats").focus()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Models")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
    await expect(page.locator("nav [aria-current=page]")).to_have_text("Models")
    await page.get_by_role("link", name="Skip to the content").press("Enter")
    await expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
    assert page.url.endswith("#models")


async def test_chinese_is_a_press_away_and_remembered(page: Page, bot: Operated) -> None:
    await page.goto(await bot.link())
    await page.get_by_role("button", name="中文").click()
    await expect(page.get_by_role("heading", name="当前")).to_be_visible()
    await page.reload()
    await expect(page.locator("html[lang=zh-CN]")).to_be_visible()
    await expect(page.get_by_role("link", name="死信")).to_be_visible()
    await page.get_by_role("link", name="模型").click()
    await expect(page.locator("main")).to_contain_text("消极, 中性, 积极")


async def test_the_page_comes_back_by_itself_when_the_bot_does(page: Page, tmp_path: Path) -> None:
    async with operated(tmp_path) as running:
        await page.goto(await running.link())
        await expect(page.locator("#connection")).to_have_text("Live")
        running.world.end()
        await expect(page.locator("#connection")).to_have_text("Connection lost, trying again")
        await running.world.start()
        await expect(page.locator("#connection")).to_have_text("Live")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("window", [PHONE, DESKTOP])
async def test_every_view_is_accessible_and_no_wider_than_its_window(
    page: Page, bot: Operated, scheme: str, window: ViewportSize
) -> None:
    await count(bot, 6, 12)
    await bot.bury("8C2D", "/lang")
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    await page.set_viewport_size(window)
    await page.goto(await bot.link())
    await expect(page.locator("#connection")).to_have_text("Live")
    for name, filled in VIEWS.items():
        await page.get_by_role("link", name=name, exact=True).click()
        await filled(page)
        assert await violations(page) == [], name
        assert await page.evaluate("document.documentElement.scrollWidth") == window["width"], name


async def live(page: Page) -> None:
    await expect(page.locator("#live-queues")).to_contain_text("default")


async def chats(page: Page) -> None:
    await expect(page.locator("main")).to_contain_text(str(GROUP))


async def models(page: Page) -> None:
    await page.get_by_role("button", name="sentiment").click()
    await expect(page.locator("figure")).to_have_count(2)


async def letters(page: Page) -> None:
    await expect(page.get_by_role("row", name="8C2D").first).to_be_visible()


async def mood(page: Page) -> None:
    await page.get_by_label("Id of the chat").fill(str(GROUP))
    await page.get_by_role("button", name="Show").click()
    await page.get_by_text("As a table").click()


async def fit(page: Page) -> None:
    await page.get_by_role("button", name="Fit").click()
    await expect(page.locator("img.picture")).to_be_visible()


VIEWS = {"Live": live, "Chats": chats, "Models": models, "Dead letters": letters, "Mood": mood, "Fit": fit}
