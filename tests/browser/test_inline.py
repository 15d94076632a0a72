"""`@bot text` in the field of the web chat: the results of the bot are shown, and one of them is sent."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.browser.scripted_bot import ScriptedBot


async def test_results_of_the_bot_are_shown_while_its_name_is_typed_and_sent_by_a_click(
    page: Page, bot: ScriptedBot
) -> None:
    bot.silent = True
    await page.locator("#field").press_sequentially("@tonefit_bot a nice day")
    query = await bot.heard("inline_query")
    assert query["query"] == "a nice day"
    content = {"message_text": "a nice day: positive"}
    article = {"type": "article", "id": "1", "title": "positive", "input_message_content": content}
    await bot.call("answerInlineQuery", inline_query_id=query["id"], results=[article], is_personal=True)
    results = page.locator("#inline-results").get_by_role("option")
    await expect(results).to_have_text(["positive"])
    await results.click()
    await expect(page.locator("#field")).to_have_value("")
    assert (await bot.heard("message"))["via_bot"]["username"] == "tonefit_bot"
    await page.locator("#field").press_sequentially("@somebody_else hello")
    await expect(page.locator("#inline-results")).to_be_hidden()
