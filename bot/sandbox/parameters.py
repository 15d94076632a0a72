"""Which parameters each method takes, and how a value is read: the strict border of the Bot API side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from bot.sandbox.errors import bad_request

# kind `name` or `name!` (required), separated by blanks; kinds end with a colon and hold for what follows
TARGET = "chat: chat_id! int: message_thread_id direct_messages_topic_id text: business_connection_id"
ALBUM = (
    "bool: disable_notification protect_content allow_paid_broadcast allow_sending_without_reply "
    "text: message_effect_id json: reply_parameters int: reply_to_message_id"
)
SENDING = f"{ALBUM} json: suggested_post_parameters reply_markup"
CAPTION = "text: caption parse_mode json: caption_entities"
ABOVE = "bool: show_caption_above_media"
EDITED = "chat: chat_id int: message_id text: inline_message_id business_connection_id json: reply_markup"
COPIED = (
    "chat: chat_id! from_chat_id! int: message_id! message_thread_id direct_messages_topic_id "
    "video_start_timestamp bool: disable_notification protect_content text: message_effect_id "
    "json: suggested_post_parameters"
)

METHODS: dict[str, str] = {
    "getMe": "",
    "logOut": "",
    "close": "",
    "getUpdates": "int: offset limit timeout json: allowed_updates",
    "setWebhook": "text: url ip_address secret_token file: certificate int: max_connections "
    "json: allowed_updates bool: drop_pending_updates",
    "deleteWebhook": "bool: drop_pending_updates",
    "getWebhookInfo": "",
    "sendMessage": f"{TARGET} text: text! parse_mode json: entities link_preview_options "
    f"bool: disable_web_page_preview {SENDING}",
    "sendPhoto": f"{TARGET} file: photo! {CAPTION} {ABOVE} bool: has_spoiler {SENDING}",
    "sendDocument": f"{TARGET} file: document! thumbnail {CAPTION} bool: disable_content_type_detection "
    f"{SENDING}",
    "sendSticker": f"{TARGET} file: sticker! text: emoji {SENDING}",
    "sendMediaGroup": f"{TARGET} json: media! {ALBUM}",
    "sendChatAction": "chat: chat_id! text: action! business_connection_id int: message_thread_id",
    "forwardMessage": COPIED,
    "copyMessage": f"{COPIED} {CAPTION} {ABOVE} {SENDING}",
    "editMessageText": f"{EDITED} text: text! parse_mode json: entities link_preview_options "
    "bool: disable_web_page_preview",
    "editMessageCaption": f"{EDITED} {CAPTION} {ABOVE}",
    "editMessageMedia": f"{EDITED} json: media!",
    "editMessageReplyMarkup": EDITED,
    "deleteMessage": "chat: chat_id! int: message_id!",
    "deleteMessages": "chat: chat_id! json: message_ids!",
    "setMessageReaction": "chat: chat_id! int: message_id! json: reaction bool: is_big",
    "answerCallbackQuery": "text: callback_query_id! text url bool: show_alert int: cache_time",
    "answerInlineQuery": "text: inline_query_id! next_offset json: results! button "
    "int: cache_time bool: is_personal",
    "answerGuestQuery": "text: guest_query_id! json: result!",
    "getFile": "text: file_id!",
    "setMyCommands": "json: commands! scope text: language_code",
    "getMyCommands": "json: scope text: language_code",
    "deleteMyCommands": "json: scope text: language_code",
    "setMyName": "text: name language_code",
    "getMyName": "text: language_code",
    "setMyDescription": "text: description language_code",
    "getMyDescription": "text: language_code",
    "setMyShortDescription": "text: short_description language_code",
    "getMyShortDescription": "text: language_code",
    "setChatMenuButton": "int: chat_id json: menu_button",
    "getChatMenuButton": "int: chat_id",
    "getChat": "chat: chat_id!",
    "getChatMember": "chat: chat_id! int: user_id!",
    "getChatAdministrators": "chat: chat_id! bool: return_bots",
    "getChatMemberCount": "chat: chat_id!",
    "leaveChat": "chat: chat_id!",
    "createForumTopic": "chat: chat_id! text: name! icon_custom_emoji_id int: icon_color",
    "pinChatMessage": "chat: chat_id! int: message_id! bool: disable_notification "
    "text: business_connection_id",
    "unpinChatMessage": "chat: chat_id! int: message_id text: business_connection_id",
}

JSON_NAMES = {
    "reply_markup": "reply keyboard markup",
    "scope": "BotCommandScope",
    "reaction": "reaction types",
}
MISSING = {
    "chat_id": "chat_id is empty",
    "from_chat_id": "from_chat_id is empty",
    "text": "message text is empty",
    "message_id": "message identifier is not specified",
    "photo": "there is no photo in the request",
    "document": "there is no document in the request",
    "sticker": "there is no sticker in the request",
    "user_id": "invalid user_id specified",
    "message_ids": "message identifiers are not specified",
    "file_id": "file_id not specified",
    "action": "wrong parameter action in request",
    "callback_query_id": "query is too old and response timeout expired or query ID is invalid",
}


@dataclass(frozen=True, slots=True)
class Schema:
    """The parameters of one method: how each is read, and which must be there."""

    name: str
    readers: dict[str, Callable[[str, Any], Any]]
    required: tuple[str, ...]

    def read(self, values: dict[str, Any], files: dict[str, Any]) -> dict[str, Any]:
        """Return the call's parameters, each as its kind says.

        Raises:
            ApiError: 400 for a parameter that is unknown, missing or of another kind.
        """
        readers = self.readers
        params: dict[str, Any] = {}
        for name, value in values.items():
            reader = readers.get(name)
            if reader is None:
                raise bad_request(f'unknown parameter "{name[:64]}" in {self.name}')
            params[name] = reader(name, value)
        for name in files:
            if name in readers:
                params[name] = f"attach://{name}"
        for name in self.required:
            if name not in params or params[name] == "":
                raise bad_request(MISSING.get(name, f'parameter "{name}" is required'))
        return params


def read_text(name: str, value: Any) -> str:
    """Read a string; JSON bodies may hold a number or a boolean."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return orjson.dumps(value).decode()
    raise bad_request(f'field "{name}" must be of type String')


def read_int(name: str, value: Any) -> int:
    """Read a whole number."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise bad_request(f'field "{name}" must be of type Number')
    try:
        return int(value)
    except ValueError:
        raise bad_request(f'can\'t parse "{name}": expected an Integer') from None


def read_bool(name: str, value: Any) -> bool:
    """Read a truth value as Telegram does: true, yes and 1, anything else is false."""
    if isinstance(value, dict | list):
        raise bad_request(f'field "{name}" must be of type Boolean')
    return str(value).strip().lower() in {"true", "yes", "1"}


def read_json(name: str, value: Any) -> Any:
    """Read an object or an array, given as JSON or as a string of it."""
    if not isinstance(value, str):
        return value
    if not value:
        return None
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        what = JSON_NAMES.get(name, name.replace("_", " "))
        raise bad_request(f"can't parse {what} JSON object") from None


def read_chat(name: str, value: Any) -> int | str:
    """Read a chat's id or @username."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = read_text(name, value).strip()
    if text.removeprefix("-").isascii() and text.removeprefix("-").isdigit():
        return int(text)
    return text


READERS: dict[str, Callable[[str, Any], Any]] = {
    "text": read_text,
    "file": read_text,
    "int": read_int,
    "bool": read_bool,
    "json": read_json,
    "chat": read_chat,
}


def schema(name: str, line: str) -> Schema:
    """Read one line of the table.

    >>> schema("getFile", "text: file_id!").required
    ('file_id',)
    """
    readers: dict[str, Callable[[str, Any], Any]] = {}
    required = []
    reader = READERS["text"]
    for word in line.split():
        if word.endswith(":"):
            reader = READERS[word[:-1]]
            continue
        field = word.rstrip("!")
        readers[field] = reader
        if word.endswith("!"):
            required.append(field)
    return Schema(name, readers, tuple(required))


SCHEMAS: dict[str, Schema] = {name.lower(): schema(name, line) for name, line in METHODS.items()}
