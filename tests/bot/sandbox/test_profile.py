"""The bot's menus, name and descriptions, and who sees which."""

from __future__ import annotations

from telegram import (
    Bot,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeChatMember,
    MenuButtonCommands,
    MenuButtonWebApp,
    WebAppInfo,
)

from bot.sandbox import Sandbox
from bot.sandbox.methods_profile import menu_for
from bot.sandbox.scene import ADA, GRACE, GROUP, XIAOMING


def menu(sandbox: Sandbox, person: int, chat: int) -> list[str]:
    world = sandbox.world
    found = menu_for(sandbox.backend, world.people[person], world.chats[chat])
    return [one["description"] for one in found]


async def test_the_narrowest_menu_in_the_persons_language_is_shown(sandbox: Sandbox, bot: Bot) -> None:
    assert menu(sandbox, ADA, ADA) == []
    await bot.set_my_commands([("help", "default")])
    await bot.set_my_commands([("help", "默认")], language_code="zh")
    assert (menu(sandbox, ADA, ADA), menu(sandbox, XIAOMING, XIAOMING)) == (["default"], ["默认"])
    await bot.set_my_commands([("help", "private")], scope=BotCommandScopeAllPrivateChats())
    assert (menu(sandbox, ADA, ADA), menu(sandbox, XIAOMING, XIAOMING)) == (["private"], ["private"])
    await bot.set_my_commands([("help", "groups")], scope=BotCommandScopeAllGroupChats())
    await bot.set_my_commands([("help", "admins")], scope=BotCommandScopeAllChatAdministrators())
    assert (menu(sandbox, GRACE, GROUP), menu(sandbox, XIAOMING, GROUP)) == (["admins"], ["groups"])
    await bot.set_my_commands([("help", "here")], scope=BotCommandScopeChat(GROUP))
    await bot.set_my_commands([("help", "you")], scope=BotCommandScopeChatMember(GROUP, XIAOMING))
    assert (menu(sandbox, GRACE, GROUP), menu(sandbox, XIAOMING, GROUP)) == (["here"], ["you"])
    await bot.delete_my_commands(scope=BotCommandScopeChatMember(GROUP, XIAOMING))
    assert menu(sandbox, XIAOMING, GROUP) == ["here"]


async def test_commands_are_told_by_exact_scope_and_language(bot: Bot) -> None:
    await bot.set_my_commands([("fit", "draw a line")], language_code="en")
    assert [(one.command, one.description) for one in await bot.get_my_commands(language_code="en")] == [
        ("fit", "draw a line")
    ]
    assert await bot.get_my_commands() == ()


async def test_name_and_descriptions_are_kept_by_language(bot: Bot) -> None:
    await bot.set_my_description("reads the tone")
    await bot.set_my_description("读语气", language_code="zh")
    await bot.set_my_short_description("tone")
    assert (await bot.get_my_description("zh")).description == "读语气"
    assert (await bot.get_my_description("de")).description == "reads the tone"
    assert (await bot.get_my_short_description()).short_description == "tone"
    assert (await bot.get_my_name()).name == "Tonefit"
    await bot.set_my_name("Tonefit 2")
    assert (await bot.get_my_name("en")).name == "Tonefit 2"


async def test_the_menu_button_is_per_chat(bot: Bot) -> None:
    app = MenuButtonWebApp("Open", WebAppInfo("https://example.org"))
    await bot.set_chat_menu_button(ADA, app)
    assert await bot.get_chat_menu_button(ADA) == app
    assert await bot.get_chat_menu_button(GRACE) == MenuButtonCommands()


async def test_members_are_told_with_their_rights(bot: Bot) -> None:
    statuses = [(await bot.get_chat_member(GROUP, who)).status for who in (ADA, GRACE, XIAOMING, bot.id)]
    assert statuses == ["creator", "administrator", "member", "administrator"]
    assert {one.user.id for one in await bot.get_chat_administrators(GROUP)} == {ADA, GRACE, bot.id}
    assert await bot.get_chat_member_count(GROUP) == 4
    assert (await bot.get_chat("@tonefit_demo")).title == "Tonefit demo channel"
