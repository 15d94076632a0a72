"""What somebody cannot do in the web chat: a code, which the page says in its language, and a sentence."""

from __future__ import annotations

SENTENCES = {
    "button_gone": "That button is gone.",
    "cannot_write": "This person cannot write here.",
    "caption_too_long": "The text with a file holds up to 1,024 characters.",
    "file_empty": "Telegram takes no empty file.",
    "file_too_big": "Telegram takes files of up to 50 MB.",
    "malformed": "The request cannot be read.",
    "may_not_delete": "Only its author or an administrator can delete this message.",
    "message_gone": "That message is gone.",
    "no_chat": "There is no such chat for this person.",
    "no_person": "There is no such person.",
    "no_reaction": "Telegram has no such reaction.",
    "no_topic": "There is no such topic.",
    "not_author": "Only its author can have this message edited.",
    "photo_dimensions": "Telegram takes no photo of such a width and height.",
    "photo_too_big": "Telegram takes photos of up to 10 MB.",
    "photo_unreadable": "Telegram takes no such file as a photo.",
    "reply_gone": "The message to reply to is gone.",
    "text_empty": "A message needs a text.",
    "text_too_long": "This text is too long.",
}


class Impossible(ValueError):
    """Something that this person cannot do here.

    Args:
        code: One of `SENTENCES`.
        detail: What else an HTTP client should know, such as Telegram's own description.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{SENTENCES[code]} {detail}".rstrip())
        self.code = code
