"""A connection that breaks is seen, comes back by itself, and loses nothing."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Page, Route, expect

from bot.sandbox.scene import ADA, CHANNEL
from bot.sandbox.server import Sandbox
from tests.browser.scripted_bot import ScriptedBot

# pages of messages 1-50, then 22-70 without 30; 1-50, then 101-150; 1-9, then 2-8
JOIN = """async () => {
    const {Thread} = await import("/web/thread.js");
    const page = (from, to) =>
        Array.from({length: to - from + 1}, (_, index) => ({message_id: from + index}));
    const joined = new Thread(), torn = new Thread(), short = new Thread();
    joined.takeNewest(page(1, 50), 50);
    joined.takeNewest(page(22, 70).filter(({message_id}) => message_id !== 30), 48);
    torn.takeNewest(page(1, 50), 50);
    torn.takeNewest(page(101, 150), 50);
    short.takeNewest(page(1, 9), 50);
    short.takeNewest(page(2, 8), 50);
    const threads = [joined, torn, short];
    const ids = threads.map(({messages}) => messages.map(({message_id}) => message_id));
    return [...ids, threads.map(({complete}) => complete)];
}"""


async def test_what_happens_while_the_server_is_away_is_there_afterwards(
    context_page: Page, tmp_path: Path
) -> None:
    page = context_page
    first = Sandbox(tmp_path)
    url = await first.start()
    await page.goto(url)
    await page.locator("#field").fill("before")
    await page.locator("#field").press("Enter")
    await expect(page.locator("article.is-pending")).to_have_count(0)
    await first.stop()
    await expect(page.locator("#connection")).to_have_text("Connection lost. Trying again…")
    await page.locator("#field").fill("written meanwhile")
    await page.locator("#field").press("Enter")
    await expect(page.locator("article.is-pending")).to_contain_text("written meanwhile")

    async with Sandbox(tmp_path) as elsewhere:
        await elsewhere.say(ADA, ADA, "said from elsewhere")
    second = Sandbox(tmp_path)
    await second.start(port=urlsplit(url).port or 0)
    await expect(page.locator("#connection")).to_be_hidden()
    texts = ["before", "said from elsewhere", "written meanwhile"]
    await expect(page.locator("article .words")).to_contain_text(texts)
    await expect(page.locator("article.is-pending")).to_have_count(0)
    assert [message["text"] for message in second.messages(ADA)] == texts
    await page.close()
    await second.stop()


async def test_a_page_joins_what_it_knows_only_where_no_message_is_missing_between(page: Page) -> None:
    joined, torn, short, complete = await page.evaluate(JOIN)
    assert joined == [*range(1, 30), *range(31, 71)]  # 30 was deleted meanwhile
    assert torn == list(range(101, 151))  # 51 to 100 come on scrolling up
    assert short == list(range(2, 9))
    assert complete == [False, False, True]


async def test_an_event_that_comes_while_a_page_loads_is_not_lost(page: Page, bot: ScriptedBot) -> None:
    async def answer_late(route: Route) -> None:
        response = await route.fetch()
        await bot.call("sendMessage", chat_id=CHANNEL, text="came in between")
        await page.wait_for_timeout(300)
        await route.fulfill(response=response)

    await page.route("**/chat/messages?*", answer_late, times=1)
    async with page.expect_response("**/chat/messages?*"):
        await page.locator(".chat-item", has_text="Tonefit demo channel").click()
    await page.wait_for_timeout(200)  # what the page makes of the answer
    await expect(page.locator("article")).to_contain_text(["came in between"])
