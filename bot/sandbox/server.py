"""The local Bot API as one object: start it, stop it, play people in it, look at what the bot did."""

from __future__ import annotations

import asyncio
import ipaddress
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.sandbox import scene
from bot.sandbox.api import Api
from bot.sandbox.backend import Backend, Call
from bot.sandbox.chat_web import ChatWeb
from bot.sandbox.errors import ApiError
from bot.sandbox.faults import Fault
from bot.sandbox.files import UPLOAD_LIMIT
from bot.sandbox.form import Upload
from bot.sandbox.groups import add_topic, introduce, migrate, set_role
from bot.sandbox.limits import Limits
from bot.sandbox.pages import guard, healthz, page, static
from bot.sandbox.people import People
from bot.sandbox.queries import Query
from bot.sandbox.state import Chat, Json, Person

ENDING = 0.5  # seconds that open answers have in the end
BODY_LIMIT = UPLOAD_LIMIT + 1024 * 1024  # bytes: a file and the form around it


class Sandbox:
    """A local Telegram: `async with Sandbox() as sandbox` serves it at `sandbox.url`.

    Args:
        data_dir: Where chats and files are kept; None keeps them in memory.
        bot_username: The bot's name without "@".
        bot_role: The bot's status in the demo group; as "member" it reads in privacy mode.
        limits: Whether the bot is refused what is beyond Telegram's limits.
    """

    def __init__(
        self,
        data_dir: Path | None = None,
        *,
        bot_username: str = "tonefit_bot",
        bot_role: str = "administrator",
        limits: bool = False,
    ) -> None:
        self.backend = Backend(data_dir, bot_username)
        self.world = self.backend.world
        self.people = People(self.backend)
        self.api = Api(self.backend, Limits() if limits else None)
        self.url = ""
        self._bot_role = bot_role
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Sandbox:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Serve on a loopback address and return the base URL."""
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise ValueError("the sandbox knows no passwords: give it a loopback address")
        await asyncio.to_thread(self._wake)
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=ENDING)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        name = f"[{host}]" if ":" in host else host
        self.url = f"http://{name}:{self._runner.addresses[0][1]}"
        self.backend.storage.start()
        await self.backend.webhook.load()
        return self.url

    def _wake(self) -> None:
        self.backend.updates.load()
        self.backend.files.load()
        if not self.world.load():
            scene.set_up(self.world, self._bot_role)

    async def stop(self) -> None:
        """End every connection and write the rest down."""
        self.backend.events.close()
        await self.backend.webhook.stop()
        self.backend.updates.end_poll(ApiError(500, "Internal Server Error: restart"))
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        for chat in self.world.chats.values():
            self.world.keep_chat(chat)
        await self.backend.storage.close()

    def _application(self) -> web.Application:
        app = web.Application(client_max_size=BODY_LIMIT, middlewares=[guard])
        app.add_routes(
            [
                web.route("*", "/bot{token:[^/]+}/{method}", self.api.handle),
                web.get("/file/bot{token:[^/]+}/{path:.+}", self.api.serve_file),
                *ChatWeb(self.backend, self.people).routes(),
                web.get("/healthz", healthz),
                web.get("/", page),
                web.get("/web/{name:.+}", static),
            ]
        )
        return app

    @property
    def calls(self) -> list[Call]:
        """The bot's latest calls, the newest last; `api.counts` has how many there were of each method."""
        return list(self.api.calls)

    def calls_of(self, method: str) -> list[Call]:
        """Return the bot's calls of one method."""
        return [call for call in self.api.calls if call.method == method]

    def messages(self, chat: int) -> list[Json]:
        """Return a chat's messages as Bot API objects, oldest first."""
        return [post.body for post in self.world.chats[chat].posts.values()]

    async def say(self, person: int, chat: int, text: str, **options: Any) -> Json:
        """Write as somebody (`reply_to`, `topic`, `name`: in whose name); returns the Message."""
        return self.people.say(person, chat, text, **options).body

    async def edit(self, person: int, chat: int, message_id: int, text: str) -> Json:
        """Change somebody's message; returns it."""
        return self.people.edit(person, chat, message_id, text).body

    async def forward(self, person: int, chat: int, source: int, message_id: int) -> Json:
        """Send a message on as somebody; returns the Message."""
        return self.people.forward(person, chat, source, message_id).body

    def link(self, channel: int, group: int) -> None:
        """Make a group the place where a channel is discussed."""
        for one, other in ((channel, group), (group, channel)):
            self.world.chats[one].linked = other
            self.world.keep_chat(self.world.chats[one])

    def allow_reactions(self, chat: int, emoji: list[str] | None) -> None:
        """Set which reactions a chat allows; None allows all."""
        self.world.chats[chat].reactions = emoji
        self.world.keep_chat(self.world.chats[chat])

    async def upload(self, person: int, chat: int, name: str, content: bytes, **options: Any) -> Json:
        """Send a file as somebody (`caption`, `as_photo`, `reply_to`, `topic`); returns the Message."""
        upload = Upload(name, "application/octet-stream", content)
        return (await self.people.upload(person, chat, upload, **options)).body

    async def press(self, person: int, chat: int, message_id: int, data: str) -> Query:
        """Press a button as somebody; `await query.answer` gives the bot's notice."""
        return self.people.press(person, chat, message_id, data)

    async def ask_inline(self, person: int, text: str) -> Query:
        """Type `@bot text` as somebody; `await query.answer` gives the results."""
        return self.people.ask_inline(person, text)

    async def react(self, person: int, chat: int, message_id: int, emoji: str | None) -> None:
        """React as somebody."""
        self.people.react(person, chat, message_id, emoji)

    async def reply_to(self, message: Json, seconds: float = 10.0) -> Json:
        """Wait for the bot's reply to a message and return it.

        Raises:
            TimeoutError: None came.
        """
        chat = self.world.chats[message["chat"]["id"]]
        async with asyncio.timeout(seconds):
            while True:
                for post in reversed(chat.posts.values()):
                    replied = post.body.get("reply_to_message", {}).get("message_id")
                    if post.author == self.world.bot_id and replied == message["message_id"]:
                        return post.body
                await asyncio.sleep(0.01)

    def fault(self, kind: str, method: str | None = None, chat: int | None = None, **options: Any) -> Fault:
        """Let the next call of a method, or in a chat, meet a fault; see `Fault` for kinds and options."""
        fault = Fault(kind, method, chat, **options)  # type: ignore[arg-type]
        self.api.faults.add(fault)
        return fault

    def add_person(self, person: Person) -> Person:
        """Add somebody with a private chat."""
        added = self.world.add_person(person)
        self.backend.events.tell("chats", {"chat_id": person.id})
        return added

    def add_chat(self, chat: Chat) -> Chat:
        """Add a group or channel; its members include the bot only if they name it."""
        added = self.world.add_chat(chat)
        self.backend.events.tell("chats", {"chat_id": chat.id}, chat.members)
        return added

    def add_topic(self, chat: int, name: str, by: int = scene.ADA) -> int:
        """Open a topic and return its `message_thread_id`."""
        return add_topic(self.world, self.world.chats[chat], name, by)

    def migrate(self, chat: int, by: int = scene.ADA) -> int:
        """Make a basic group a supergroup and return its new id."""
        return migrate(self.backend, self.world.chats[chat], by).id

    def introduce_bot(self) -> None:
        """Let the bot hear, once, that it was added to the chats that were there before it."""
        introduce(self.backend)

    def set_role(self, chat: int, user: int, status: str, by: int = scene.ADA) -> None:
        """Change what somebody, or the bot, is in a chat."""
        set_role(self.backend, self.world.chats[chat], user, status, by)
