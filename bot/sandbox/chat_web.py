"""The web chat's side over HTTP: `/chat/*`, in which every call names the person it plays.

Answers hold Bot API objects. `/chat/events` is one stream of server-sent events for all pages of a browser,
whoever they play: `people` in each event holds the ids of those whom it concerns, null where all are meant.

| event | data |
|---|---|
| message, edited | `{"chat_id", "message"}`: a Message with `reactions` and `mine_only` |
| deleted | `{"chat_id", "message_ids"}` |
| reaction | `{"chat_id", "message_id", "reactions": {emoji: [user ids]}}` |
| action | `{"chat_id", "message_thread_id", "action"}`: what the bot is doing, for 5 s |
| answer | `{"chat_id", "callback_query_id", "text", "show_alert", "url"}`: to this person's press |
| commands, chats | `{"chat_id"}`: read the menus, or the state, anew |

A browser that lags too far behind is cut off; it connects again and its pages read their messages anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import orjson
from aiohttp import web

from bot.sandbox.backend import Backend, seen
from bot.sandbox.errors import ApiError
from bot.sandbox.events import Listener
from bot.sandbox.files import StoredFile
from bot.sandbox.form import Form, read_form
from bot.sandbox.methods_profile import menu_for
from bot.sandbox.people import People
from bot.sandbox.refusals import Impossible
from bot.sandbox.state import GENERAL_TOPIC, Chat, Json, Post
from bot.streaming import send

HEARTBEAT = 15.0  # seconds between signs of life on a quiet stream
PAGE = 50  # messages
MAX_PAGE = 200  # messages
INLINE_PATIENCE = 10.0  # seconds
TOO_LARGE = 413  # HTTP status
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ChatWeb:
    """The routes under `/chat/`."""

    def __init__(self, backend: Backend, people: People) -> None:
        self.backend = backend
        self.people = people

    def routes(self) -> list[web.RouteDef]:
        """Return every route, with refusals turned into `{"error": sentence, "code": code}`."""
        get = {"state": self.state, "messages": self.messages, "commands": self.commands}
        post = {
            "send": self.send,
            "edit": self.edit,
            "delete": self.delete,
            "sticker": self.sticker,
            "press": self.press,
            "react": self.react,
            "inline": self.inline,
            "choose": self.choose,
            "language": self.language,
        }
        return [
            *(web.get(f"/chat/{name}", refusing(handler)) for name, handler in get.items()),
            *(web.post(f"/chat/{name}", refusing(handler)) for name, handler in post.items()),
            web.get("/chat/events", refusing(self.events)),
            web.get("/chat/file/{file_id}", refusing(self.file)),
        ]

    async def state(self, request: web.Request) -> web.Response:
        """Everything that a page needs at its start; without `person` as the first of the people."""
        world = self.backend.world
        person = self.people.person(integer(request.query, "person", next(iter(world.people))))
        return answer(
            {
                "me": person.user(),
                "people": [one.user() for one in world.people.values()],
                "bot": world.bot,
                "chats": [self._chat(chat, person.id) for chat in world.chats_of(person.id)],
            }
        )

    def _chat(self, chat: Chat, person: int) -> Json:
        last = chat.latest()
        return {
            "chat": {**chat.brief, **self.backend.world.bot_name()} if chat.private else chat.brief,
            "topics": [{"message_thread_id": topic, "name": name} for topic, name in chat.topics.items()],
            "role": chat.role(person),
            "last": seen(chat, last) if last else None,
            "private_with_bot": chat.private,
        }

    async def messages(self, request: web.Request) -> web.Response:
        """A page of a chat, oldest first; `before` is a message id."""
        query = request.query
        chat = self.people.chat(integer(query, "person"), integer(query, "chat"))
        topic, before = integer(query, "topic", 0), integer(query, "before", 0)
        limit = min(max(1, integer(query, "limit", PAGE)), MAX_PAGE)
        found: list[Post] = []
        for post in reversed(chat.posts.values()):
            if before and post.id >= before:
                continue
            if not topic or post.body.get("message_thread_id", GENERAL_TOPIC) == topic:
                found.append(post)
                if len(found) == limit:
                    break
        return answer({"messages": [seen(chat, post) for post in reversed(found)]})

    async def commands(self, request: web.Request) -> web.Response:
        """The menu of a chat in the person's language."""
        person = self.people.person(integer(request.query, "person"))
        chat = self.people.chat(person.id, integer(request.query, "chat"))
        return answer({"commands": menu_for(self.backend, person, chat)})

    async def send(self, request: web.Request) -> web.Response:
        """Send a text, or a file with the text as its caption."""
        form = await read_form(request)
        values = form.values
        person, chat, text = integer(values, "person"), integer(values, "chat"), str(values.get("text", ""))
        place = {
            "reply_to": integer(values, "reply_to", 0) or None,
            "topic": integer(values, "topic", 0) or None,
        }
        if "file" in form.files:
            post = await self.people.upload(
                person,
                chat,
                form.files["file"],
                caption=text,
                as_photo=truth(values.get("as_photo")),
                **place,
            )
        else:
            post = self.people.say(person, chat, text, **place)
        return self._shown(chat, post)

    async def edit(self, request: web.Request) -> web.Response:
        """Change a message of one's own."""
        values = (await read_form(request)).values
        text = str(values.get("text", ""))
        return self._shown(integer(values, "chat"), self.people.edit(*place_of(values), text))

    async def delete(self, request: web.Request) -> web.Response:
        """Take a message away."""
        self.people.delete(*place_of((await read_form(request)).values))
        return answer({"ok": True})

    async def sticker(self, request: web.Request) -> web.Response:
        """Send a sticker."""
        values = (await read_form(request)).values
        person, chat = integer(values, "person"), integer(values, "chat")
        return self._shown(chat, self.people.sticker(person, chat, topic=integer(values, "topic", 0) or None))

    async def press(self, request: web.Request) -> web.Response:
        """Press a button; the bot's notice comes as an event."""
        values = (await read_form(request)).values
        query = self.people.press(*place_of(values), str(values.get("data", "")))
        return answer({"callback_query_id": query.id})

    async def react(self, request: web.Request) -> web.Response:
        """React to a message, or take it back."""
        values = (await read_form(request)).values
        self.people.react(*place_of(values), values.get("emoji") or None)
        return answer({"ok": True})

    async def inline(self, request: web.Request) -> web.Response:
        """Type `@bot text`, and wait for the bot's results."""
        values = (await read_form(request)).values
        query = self.people.ask_inline(integer(values, "person"), str(values.get("text", "")))
        try:
            return answer(await asyncio.wait_for(query.answer, INLINE_PATIENCE))
        except TimeoutError:
            return answer({"results": []})

    async def choose(self, request: web.Request) -> web.Response:
        """Send a result of an inline query."""
        values = (await read_form(request)).values
        chat, result = integer(values, "chat"), values.get("result")
        if not isinstance(result, dict):
            raise Impossible("malformed", "result must be an InlineQueryResult.")
        return self._shown(chat, self.people.choose_inline(integer(values, "person"), chat, result))

    async def language(self, request: web.Request) -> web.Response:
        """Set the language of somebody's Telegram."""
        values = (await read_form(request)).values
        self.people.speak(integer(values, "person"), str(values.get("language_code", "en"))[:16])
        return answer({"ok": True})

    async def file(self, request: web.Request) -> web.Response:
        """A file's bytes; only pictures are shown in place, everything else is saved."""
        stored = self.backend.files.by_id.get(request.match_info["file_id"])
        content = await self.backend.files.content(stored) if stored else None
        if stored is None or content is None:
            return answer({"error": "That file is gone."}, 404)
        return web.Response(body=content, headers=file_headers(stored))

    async def events(self, request: web.Request) -> web.StreamResponse:
        """What happens in the chats, as it happens."""
        listener = Listener()
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        self.backend.events.listeners.add(listener)
        try:
            await response.prepare(request)
            await send(request, response, b": open\n\n")
            while not listener.overrun or not listener.queue.empty():
                event = await next_event(listener)
                if event is None:
                    break
                await send(request, response, event)
        except ConnectionResetError:
            pass
        finally:
            self.backend.events.listeners.discard(listener)
        return response

    def _shown(self, chat_id: int, post: Post) -> web.Response:
        return answer(seen(self.backend.world.chats[chat_id], post))


async def next_event(listener: Listener) -> bytes | None:
    """Return the next event, or a comment when it is quiet for long; None ends the stream."""
    try:
        return await asyncio.wait_for(listener.queue.get(), HEARTBEAT)
    except TimeoutError:
        return b": still here\n\n"


def refusing(handler: Handler) -> Handler:
    """Return a handler that answers refusals as `{"error": sentence, "code": code}`."""

    async def refuse(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Impossible as problem:
            return answer({"error": str(problem), "code": problem.code}, 400)
        except ApiError as error:  # of a body that cannot be read
            code = "file_too_big" if error.code == TOO_LARGE else "malformed"
            return answer({"error": error.description, "code": code}, error.code)

    return refuse


def answer(body: Any, status: int = 200) -> web.Response:
    """Return JSON."""
    headers = {"Cache-Control": "no-store"}
    return web.Response(
        body=orjson.dumps(body), status=status, content_type="application/json", headers=headers
    )


def integer(values: Any, name: str, default: int | None = None) -> int:
    """Return a whole number of a form or query."""
    given = values.get(name)
    if given in (None, ""):
        if default is None:
            raise Impossible("malformed", f"{name} is missing.")
        return default
    try:
        return int(given)
    except (TypeError, ValueError):
        raise Impossible("malformed", f"{name} must be a whole number.") from None


def truth(given: Any) -> bool:
    """Whether a form's value says yes."""
    return str(given).lower() in {"1", "true", "yes", "on"}


def place_of(values: Form | Json) -> tuple[int, int, int]:
    """Return person, chat and message of a form."""
    return integer(values, "person"), integer(values, "chat"), integer(values, "message_id")


def file_headers(stored: StoredFile) -> dict[str, str]:
    """Return the headers of a file, none of which lets a browser run it."""
    shown = stored.mime_type in PICTURES
    place = "inline" if shown else "attachment"
    return {
        "Content-Type": stored.mime_type if shown else "application/octet-stream",
        "Content-Disposition": f"{place}; filename*=UTF-8''{quote(stored.name)}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=86400",
    }
