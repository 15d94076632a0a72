"""A newcomer in the browser and the real bot behind it: a tone, a fit with its picture, a classifier."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, FilePayload, Locator, Page, expect

from tests.bot.running_demo import TRAINING, start

PICTURES = os.environ.get("TONEFIT_PICTURES")  # a folder: keep what README.md shows
TRAINED = 120_000  # ms, TensorFlow's start included


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_a_newcomer_reaches_a_tone_a_fit_and_a_classifier_from_an_uploaded_csv(
    context: BrowserContext, tmp_path: Path
) -> None:
    demo = start(tmp_path)
    try:
        page = await context.new_page()
        await page.goto(demo.url)
        await page.locator("#app[data-connection=online]").wait_for()
        await page.get_by_role("button", name="Start", exact=True).click()
        await expect(answer(page)).to_contain_text("I read the tone")

        await write(page, "What a lovely surprise, thank you!")
        await expect(answer(page)).to_contain_text("positive")

        await write(page, "1,2 2,4.1 3,5.9 4,8.2 5,9.8 6,12.1")
        await expect(answer(page)).to_contain_text("R²")
        await expect(answer(page).locator(".photo img")).to_be_visible()
        await page.wait_for_timeout(500)
        await keep(page, "chat.png")
        if PICTURES:
            photo = page.locator("article .photo img").last
            picture = await page.request.get(demo.url + str(await photo.get_attribute("src")))
            (Path(PICTURES) / "fit.png").write_bytes(await picture.body())

        await write(page, "/new spam junk fine")
        await expect(answer(page)).to_contain_text("spam")
        file = FilePayload(name="spam.csv", mimeType="text/csv", buffer=TRAINING.encode())
        await page.locator("#file-input").set_input_files(file)
        await write(page, "/teach spam")
        await expect(answer(page)).to_contain_text("40")
        await answer(page).get_by_role("button", name="Train", exact=True).click()
        await expect(answer(page)).to_contain_text("F1", timeout=TRAINED)
        await keep(page, "training.png")

        await write(page, "/classify spam win a free prize now")
        await expect(answer(page)).to_contain_text("junk")
    finally:
        demo.end()


def answer(page: Page) -> Locator:
    """The last message, which is the bot's once it has answered."""
    return page.locator("article").last


async def write(page: Page, text: str) -> None:
    await page.locator("textarea").first.fill(text)
    await page.locator("textarea").first.press("Enter")


async def keep(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / name)
