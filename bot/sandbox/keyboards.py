"""Whether a `reply_markup` is one that Telegram takes, and what it keeps of it."""

from __future__ import annotations

from typing import Any

from bot.sandbox.errors import bad_request

MAX_DATA = 64  # bytes
MAX_COPY = 256  # characters
MAX_BUTTONS = 100
ACTIONS = (
    "callback_data",
    "url",
    "copy_text",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "web_app",
    "login_url",
    "callback_game",
    "pay",
)
QUERIES = {"switch_inline_query", "switch_inline_query_current_chat"}  # may be empty
DECORATION = {"text", "style", "icon_custom_emoji_id"}
OTHER_MARKUPS = ("keyboard", "remove_keyboard", "force_reply")


def inline_keyboard(markup: Any) -> dict[str, Any] | None:
    """Return the inline keyboard to keep with the message; None where there is none.

    Reply keyboards and forced replies are taken and not shown: they belong to the client, not to the message.

    Raises:
        ApiError: The markup is no markup, or a button of it is not one that Telegram takes.
    """
    if markup is None or markup == {}:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" not in markup:
        if not any(name in markup for name in OTHER_MARKUPS):
            raise bad_request("reply markup has no known type")
        return None
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    kept = [[button(one) for one in row] for row in map(checked_row, rows) if row]
    if sum(map(len, kept)) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    return {"inline_keyboard": kept} if kept else None


def checked_row(row: Any) -> list[Any]:
    """Return a row of buttons."""
    if not isinstance(row, list):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    return row


def button(given: Any) -> dict[str, Any]:
    """Return one button as it is kept: its text and exactly one action."""
    if not isinstance(given, dict):
        raise wrong_button("expected an Object")
    if not isinstance(given.get("text"), str):
        raise wrong_button('Can\'t find field "text"')
    if not given["text"].strip():
        raise wrong_button("button text is empty")
    unknown = given.keys() - DECORATION - set(ACTIONS)
    if unknown:
        raise wrong_button(f'unknown field "{min(unknown)[:64]}"')
    # an empty link or callback counts as none
    actions = [
        name for name in ACTIONS if given.get(name) not in (None, "") or name in QUERIES & given.keys()
    ]
    if not actions:
        raise wrong_button("Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise wrong_button("a button has exactly one action")
    check_action(actions[0], given[actions[0]])
    return {name: value for name, value in given.items() if value is not None}


def check_action(action: str, value: Any) -> None:
    """Refuse an action that Telegram would refuse."""
    match action:
        case "callback_data":
            if not isinstance(value, str) or not 1 <= len(value.encode()) <= MAX_DATA:
                raise bad_request("BUTTON_DATA_INVALID")
        case "url":
            if not isinstance(value, str) or not valid_url(value):
                shown = str(value)[:256]
                raise bad_request(f"inline keyboard button URL '{shown}' is invalid: Wrong HTTP URL")
        case "copy_text":
            text = value.get("text") if isinstance(value, dict) else None
            if not isinstance(text, str) or not 1 <= len(text) <= MAX_COPY:
                raise bad_request("BUTTON_COPY_TEXT_INVALID")


def valid_url(url: str) -> bool:
    """Whether a button may open an address."""
    scheme, _, rest = url.rpartition("://")
    if any(sign.isspace() for sign in url) or scheme not in ("", "http", "https", "tg", "ton", "tonsite"):
        return False
    host = rest.partition("/")[0]
    return bool(host) if scheme in ("tg", "ton") else "." in host.strip(".")  # so no localhost


def wrong_button(reason: str) -> Exception:
    """Return the refusal of a button."""
    return bad_request(f"can't parse inline keyboard button: {reason}")
