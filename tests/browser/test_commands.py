"""The list of commands over the field: what it shows, and what the keys make of it."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.scripted_bot import Json, ScriptedBot

COMMANDS = [
    {"command": "start", "description": "What this bot does"},
    {"command": "fitness", "description": "How well it fits"},
    {"command": "fit", "description": "Fit a curve to points"},
    {"command": "forget", "description": "Delete what is stored"},
]


async def offer(page: Page, bot: ScriptedBot, commands: list[Json]) -> None:
    """Give the bot a menu, and wait until the page has it."""
    await bot.call("setMyCommands", commands=commands)
    while await page.get_by_role("option").count() != len(commands):
        await page.get_by_role("button", name="Commands").click()
    await page.locator("#field").press("Escape")


async def test_a_command_is_chosen_from_the_menu_with_the_arrow_keys(page: Page, bot: ScriptedBot) -> None:
    await offer(page, bot, [COMMANDS[0], *COMMANDS[2:]])
    field = page.locator("#field")
    await field.press_sequentially("/f")
    options = page.get_by_role("option")
    await expect(options).to_have_text(["/fitFit a curve to points", "/forgetDelete what is stored"])
    await expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    await field.press("ArrowDown")
    await expect(options.nth(0)).to_have_attribute("aria-selected", "false")
    await expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    await field.press("Enter")
    assert (await bot.heard("message"))["text"] == "/forget"


@pytest.mark.parametrize(
    ("typed", "keys", "sent"),
    [
        ("/for", ["Enter"], "/forget"),  # the one suggestion
        ("/f", ["Enter"], "/fitness"),  # the first of three
        ("/f", ["ArrowUp", "Enter"], "/forget"),  # from the first to the last
        ("/fo", ["Tab", "x", "Enter"], "/forget x"),
        ("/for", ["Escape", "Enter"], "/for"),
        ("/fit", ["Enter"], "/fit"),  # the whole name, though a longer one comes first
        ("/fit 1,2", ["Enter"], "/fit 1,2"),
        ("/unknown", ["Enter"], "/unknown"),
    ],
)
async def test_enter_takes_the_chosen_suggestion_tab_completes_it_escape_closes_the_list(
    page: Page, bot: ScriptedBot, typed: str, keys: list[str], sent: str
) -> None:
    await offer(page, bot, COMMANDS)
    field = page.locator("#field")
    await field.press_sequentially(typed)
    for key in keys:
        await field.press(key)
    assert (await bot.heard("message"))["text"] == sent


@pytest.mark.parametrize("height", [800, 420, 300])
async def test_the_command_list_uses_the_room_there_is_and_cuts_no_line_but_to_show_that_more_follow(
    page: Page, bot: ScriptedBot, height: int
) -> None:
    commands = [{"command": f"command{number}", "description": "what it does"} for number in range(12)]
    await offer(page, bot, commands)
    await page.get_by_role("button", name="Commands").click()
    await page.set_viewport_size({"width": 1280, "height": height})
    await expect(page.locator("#timeline")).to_be_in_viewport(ratio=1)
    list_, first = page.locator("#command-list"), page.get_by_role("option").first
    boxes = [await node.bounding_box() for node in (list_, first, page.locator("#timeline"))]
    shown, row, room = (box for box in boxes if box is not None)
    assert shown["y"] >= room["y"]
    rows = (shown["height"] - 6) / row["height"]
    if height == 800:
        await expect(page.get_by_role("option").last).to_be_in_viewport(ratio=1)
        assert rows > 12
    else:
        assert rows % 1 == pytest.approx(0.5, abs=0.05)
        assert room["height"] - shown["height"] < 2 * row["height"]
    await page.locator("#field").press("ArrowUp")
    await expect(page.get_by_role("option").last).to_be_in_viewport(ratio=1)


async def test_the_command_button_lists_every_command_with_its_description(
    page: Page, bot: ScriptedBot
) -> None:
    await offer(page, bot, COMMANDS)
    await page.get_by_role("button", name="Commands").click()
    await expect(page.get_by_role("option")).to_have_count(4)
    await page.get_by_role("option", name="/start").click()
    assert (await bot.heard("message"))["text"] == "/start"
