"""The methods that change a message in place: its text, caption, media, keyboard and reactions."""

from __future__ import annotations

from bot.sandbox.backend import Backend, Call, Method
from bot.sandbox.errors import bad_request
from bot.sandbox.keyboards import inline_keyboard
from bot.sandbox.methods_media import input_media
from bot.sandbox.reactions import bot_reaction, set_reaction
from bot.sandbox.sending import find_chat, set_caption, text_of
from bot.sandbox.state import Chat, Json, Post

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content and reply markup of the message"
)
MEDIA = ("photo", "document", "sticker")
SHOWN = ("caption", "caption_entities", "show_caption_above_media", *MEDIA)


async def edit_message_text(backend: Backend, call: Call) -> Json:
    """Put another text in the place of one."""
    chat, post = editable(backend, call.params)
    if "text" not in post.body:
        raise bad_request("there is no text in the message to edit")
    text, entities = text_of(backend, call.params)
    changed = {name: value for name, value in post.body.items() if name != "entities"} | {"text": text}
    if entities:
        changed["entities"] = entities
    return replace(backend, call, chat, post, changed)


async def edit_message_caption(backend: Backend, call: Call) -> Json:
    """Put another caption below a file."""
    chat, post = editable(backend, call.params)
    if not any(name in post.body for name in MEDIA):
        raise bad_request("there is no caption in the message to edit")
    changed = dict(post.body)
    set_caption(backend, changed, call.params)
    return replace(backend, call, chat, post, changed)


async def edit_message_media(backend: Backend, call: Call) -> Json:
    """Put another file, with its caption, in the place of one."""
    chat, post = editable(backend, call.params)
    shown = await input_media(backend, call, call.params["media"])
    gone = (*SHOWN, "text", "entities")
    changed = {name: value for name, value in post.body.items() if name not in gone}
    return replace(backend, call, chat, post, changed | shown)


async def edit_message_reply_markup(backend: Backend, call: Call) -> Json:
    """Put another keyboard below a message, or take it away."""
    chat, post = editable(backend, call.params)
    return replace(backend, call, chat, post, dict(post.body))


def editable(backend: Backend, params: Json) -> tuple[Chat, Post]:
    """Return the message of the bot that a call edits.

    Raises:
        ApiError: It is not there, or somebody else's.
    """
    if params.get("inline_message_id"):
        raise bad_request("MESSAGE_ID_INVALID")
    if "chat_id" not in params:
        raise bad_request("chat_id is empty")
    chat = find_chat(backend, params)
    if not params.get("message_id"):
        raise bad_request("message identifier is not specified")
    post = chat.posts.get(params["message_id"])
    if post is None:
        raise bad_request("message to edit not found")
    if post.author != backend.world.bot_id or "forward_origin" in post.body:
        raise bad_request("message can't be edited")
    return chat, post


def replace(backend: Backend, call: Call, chat: Chat, post: Post, changed: Json) -> Json:
    """Put a changed body in the place of a message's own; a keyboard that is not given again goes.

    Raises:
        ApiError: Nothing is different.
    """
    changed.pop("reply_markup", None)
    given = call.params.get("reply_markup")
    markup = inline_keyboard(given)
    if given and "inline_keyboard" not in given:
        raise bad_request("inline keyboard expected")
    if markup:
        changed["reply_markup"] = markup
    if changed == post.body:
        raise bad_request(NOT_MODIFIED)
    dated = {**changed, "reply_markup": None} != {**post.body, "reply_markup": None}
    post.body = changed
    return backend.revise(chat, post, dated=dated).body


async def set_message_reaction(backend: Backend, call: Call) -> bool:
    """React to a message with one emoji, or take the reaction back."""
    chat = find_chat(backend, call.params)
    post = chat.posts.get(call.params["message_id"])
    if post is None:
        raise bad_request("message to react not found")
    emoji = bot_reaction(call.params.get("reaction"))
    if emoji is not None and chat.reactions is not None and emoji not in chat.reactions:
        raise bad_request("REACTION_INVALID")
    set_reaction(backend, chat, post, backend.world.bot_id, emoji)
    return True


METHODS: dict[str, Method] = {
    "editMessageText": edit_message_text,
    "editMessageCaption": edit_message_caption,
    "editMessageMedia": edit_message_media,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "setMessageReaction": set_message_reaction,
}
