"""The methods about the bot itself: who it is, its command menus, name and descriptions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bot.sandbox.backend import Backend, Call, Method
from bot.sandbox.errors import bad_request
from bot.sandbox.state import ADMINS, Chat, Json, Person

COMMAND = re.compile(r"[a-z0-9_]{1,32}")
MAX_COMMANDS = 100
MAX_DESCRIPTION = 256  # characters of a command's description
SCOPES = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}
TEXTS = {
    "name": ("names", 64),
    "description": ("descriptions", 512),
    "short_description": ("short_descriptions", 120),
}
MENU_BUTTONS = frozenset({"commands", "web_app", "default"})


async def get_me(backend: Backend, call: Call) -> Json:
    """Return the bot."""
    can = ("can_join_groups", "supports_inline_queries", "supports_guest_queries")
    cannot = ("can_read_all_group_messages", "can_connect_to_business", "has_main_web_app")
    return {**dict.fromkeys(can, True), **dict.fromkeys(cannot, False), **backend.world.bot}


async def set_my_commands(backend: Backend, call: Call) -> bool:
    """Set the menu of a scope and language."""
    commands = call.params["commands"]
    if not isinstance(commands, list):
        raise bad_request("expected an Array of BotCommand")
    if len(commands) > MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    menus = backend.world.profile["commands"]
    menus[_menu_key(backend, call.params)] = [_command(one) for one in commands]
    return _menus_changed(backend)


async def delete_my_commands(backend: Backend, call: Call) -> bool:
    """Take the menu of a scope and language away."""
    backend.world.profile["commands"].pop(_menu_key(backend, call.params), None)
    return _menus_changed(backend)


async def get_my_commands(backend: Backend, call: Call) -> list[Json]:
    """Return the menu of exactly one scope and language."""
    found: list[Json] = backend.world.profile["commands"].get(_menu_key(backend, call.params), [])
    return found


def _menus_changed(backend: Backend) -> bool:
    backend.world.keep_profile()
    backend.events.tell("commands", {"chat_id": None})
    return True


def _command(given: Any) -> Json:
    if not isinstance(given, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    for name in ("command", "description"):
        if not isinstance(given.get(name), str):
            raise bad_request(f"can't parse BotCommand: Can't find field \"{name}\"")
    command = given["command"].removeprefix("/")
    description = given["description"].strip()
    if not command:
        raise bad_request("command must be non-empty")
    if not COMMAND.fullmatch(command):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= MAX_DESCRIPTION:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": command, "description": description}


def _menu_key(backend: Backend, params: Json) -> str:
    scope = params.get("scope") or {"type": "default"}
    if not isinstance(scope, dict) or scope.get("type") not in SCOPES:
        raise bad_request("can't parse BotCommandScope: unsupported type specified")
    parts = [str(scope["type"])]
    for name in SCOPES[scope["type"]]:
        if not scope.get(name):
            raise bad_request(f"can't parse BotCommandScope: Can't find field \"{name}\"")
        if name == "chat_id" and scope[name] not in backend.world.chats:
            raise bad_request("chat not found")
        parts.append(str(scope[name]))
    return menu_key(parts, _language(params))


def menu_key(parts: list[str], language: str) -> str:
    """Return the key of one menu: scope, its ids, and the language."""
    return ":".join([*parts, language])


def _language(params: Json) -> str:
    language = params.get("language_code", "")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise bad_request("invalid language code specified")
    return str(language)


def menu_for(backend: Backend, person: Person, chat: Chat) -> list[Json]:
    """Return the commands that somebody sees in a chat: the narrowest scope first, their language first."""
    menus = backend.world.profile["commands"]
    language = person.language_code[:2].lower()
    for parts in _scopes(chat, person):
        for code in (language, ""):
            found: list[Json] | None = menus.get(menu_key(parts, code))
            if found:
                return found
    return []


def _scopes(chat: Chat, person: Person) -> Iterator[list[str]]:
    if chat.private:
        yield ["chat", str(chat.id)]
        yield ["all_private_chats"]
    else:
        yield ["chat_member", str(chat.id), str(person.id)]
        if chat.role(person.id) in ADMINS:
            yield ["chat_administrators", str(chat.id)]
        yield ["chat", str(chat.id)]
        if chat.role(person.id) in ADMINS:
            yield ["all_chat_administrators"]
        yield ["all_group_chats"]
    yield ["default"]


def setter(field: str) -> Method:
    """Return the method that sets the bot's name or one of its descriptions."""

    async def set_text(backend: Backend, call: Call) -> bool:
        kept, limit = TEXTS[field]
        text = call.params.get(field, "")
        if len(text) > limit:
            raise bad_request(f"bot {field.replace('_', ' ')} is too long")
        backend.world.profile[kept][_language(call.params)] = text
        backend.world.keep_profile()
        return True

    return set_text


def getter(field: str) -> Method:
    """Return the method that tells the bot's name or one of its descriptions."""

    async def get_text(backend: Backend, call: Call) -> Json:
        texts = backend.world.profile[TEXTS[field][0]]
        default = str(backend.world.bot["first_name"]) if field == "name" else ""
        return {field: texts.get(_language(call.params)) or texts.get("") or default}

    return get_text


async def set_chat_menu_button(backend: Backend, call: Call) -> bool:
    """Set the button beside the input field, of one private chat or of all."""
    button = call.params.get("menu_button") or {"type": "default"}
    if not isinstance(button, dict) or button.get("type") not in MENU_BUTTONS:
        raise bad_request("can't parse menu button: unsupported type specified")
    chat_id = call.params.get("chat_id")
    if chat_id is None:
        backend.world.profile["menu_button"] = button
        backend.world.keep_profile()
        return True
    chat = _private_chat(backend, chat_id)
    chat.menu_button = button
    backend.world.keep_chat(chat)
    return True


async def get_chat_menu_button(backend: Backend, call: Call) -> Json:
    """Return the button beside the input field."""
    default: Json = backend.world.profile.get("menu_button", {"type": "commands"})
    chat_id = call.params.get("chat_id")
    return default if chat_id is None else _private_chat(backend, chat_id).menu_button or default


def _private_chat(backend: Backend, chat_id: int) -> Chat:
    chat = backend.world.chats.get(chat_id)
    if chat is None or not chat.private:
        raise bad_request("chat not found")
    return chat


METHODS: dict[str, Method] = {
    "getMe": get_me,
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "setMyName": setter("name"),
    "getMyName": getter("name"),
    "setMyDescription": setter("description"),
    "getMyDescription": getter("description"),
    "setMyShortDescription": setter("short_description"),
    "getMyShortDescription": getter("short_description"),
    "setChatMenuButton": set_chat_menu_button,
    "getChatMenuButton": get_chat_menu_button,
}
