"""How an answer about a group or channel is shown in private, from where it is set."""

from __future__ import annotations

import html
from dataclasses import replace

from handlers.messages import Button, Chat, Reply

ACTION = "chats"  # the verb of buttons that do something in another chat: `chats:CHAT:verb:argument`
VERBS = frozenset(
    {"tagging", "mood", "digest", "alert", "learn", "default", "quiet", "lang", "doctor", "leave"}
)  # that may be pressed from afar


def carried(reply: Reply, chat: Chat, hint: str = "") -> Reply:
    """Name the chat above an answer about it, and let its buttons do there what they say.

    Those that cannot be pressed from afar are left out. `hint` stands below, unless its example, which is its
    last line, is told already.

    >>> answer = Reply("Be quiet?", ((Button("on", data="quiet:on"), Button("Share", data="share:spam")),))
    >>> shown = carried(answer, Chat(-5, "group", "Tea"))
    >>> shown.text, [[button.data for button in row] for row in shown.buttons]
    ('Tea\\nBe quiet?', [['chats:-5:quiet:on'], ['chats:-5']])
    """
    rows = (tuple(filter(None, (_carried(button, chat) for button in row))) for row in reply.buttons)
    back = Button("↩ " + title_of(chat), data=f"{ACTION}:{chat.key}")
    buttons = (*filter(None, rows), (back,))
    told = not hint or " " + hint.rpartition("\n")[2] in reply.text  # behind its command
    around = [title_of(chat), *([] if told else [hint])]
    title, *below = map(html.escape, around) if reply.html else around
    lines = [title, reply.text, *below]
    return replace(reply, text="\n".join(lines), buttons=buttons)


def title_of(chat: Chat) -> str:
    """Return what a chat is called, or its id where nobody knows."""
    return chat.title or str(chat.key)


def _carried(button: Button, chat: Chat) -> Button | None:
    if button.data is None:
        return button
    verb = button.data.partition(":")[0]
    return replace(button, data=f"{ACTION}:{chat.key}:{button.data}") if verb in VERBS else None
