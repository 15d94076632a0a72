"""What people do in their chats: say, send files, edit, delete, press buttons, react."""

from __future__ import annotations

import mimetypes
import time

from bot.sandbox.backend import Backend
from bot.sandbox.entities import MAX_UNITS, clean, detect, units
from bot.sandbox.errors import ApiError
from bot.sandbox.files import STICKER_ID, FileRefused
from bot.sandbox.form import Upload
from bot.sandbox.methods_media import sticker
from bot.sandbox.methods_queries import message_of
from bot.sandbox.privacy import mentioned
from bot.sandbox.queries import Query
from bot.sandbox.reactions import set_reaction
from bot.sandbox.refusals import Impossible
from bot.sandbox.sending import MAX_CAPTION, set_place, signed
from bot.sandbox.state import Chat, Json, Person, Post
from handlers.emoji import REACTIONS


class People:
    """The people's side of the sandbox: each deed changes the chats and may give the bot an update."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    def person(self, person_id: int) -> Person:
        """Return somebody.

        Raises:
            Impossible: There is no such person.
        """
        person = self.backend.world.people.get(person_id)
        if person is None:
            raise Impossible("no_person")
        return person

    def chat(self, person_id: int, chat_id: int) -> Chat:
        """Return a chat that somebody sees.

        Raises:
            Impossible: There is none, or they do not see it.
        """
        self.person(person_id)
        chat = self.backend.world.chats.get(chat_id)
        if chat is None or person_id not in chat.members:
            raise Impossible("no_chat")
        return chat

    def post(self, person_id: int, chat_id: int, message_id: int) -> tuple[Chat, Post]:
        """Return a message that somebody sees."""
        chat = self.chat(person_id, chat_id)
        post = chat.posts.get(message_id)
        if post is None:
            raise Impossible("message_gone")
        return chat, post

    def say(
        self,
        person: int,
        chat: int,
        text: str,
        *,
        reply_to: int | None = None,
        topic: int | None = None,
        name: int | None = None,
    ) -> Post:
        """Send a text; one that is too long goes as several messages, as Telegram's clients do it.

        Args:
            name: The chat in whose name: an admin may write as the group, or as the linked channel.

        Returns:
            The last of the messages.
        """
        parts = split(clean(text).strip())
        if not parts:
            raise Impossible("text_empty")
        for part in parts:
            body = self._begin(person, chat, reply_to, topic, name) | {"text": part}
            entities = detect(part)
            if entities:
                body["entities"] = entities
            post = self._send(person, chat, body)
        self._call_guest(person, self.backend.world.chats[chat], post)
        return post

    def _call_guest(self, person: int, chat: Chat, post: Post) -> None:
        """Let the bot answer a mention in a chat that it is not in."""
        world = self.backend.world
        absent = not chat.private and chat.type != "channel" and chat.role(world.bot_id) == "left"
        if absent and mentioned(post.body, str(world.bot["username"])):
            query = self.backend.queries.ask(person, chat.id, post.id)
            self.backend.updates.add("guest_message", {**post.body, "guest_query_id": query.id})

    async def upload(
        self,
        person: int,
        chat: int,
        upload: Upload,
        *,
        caption: str = "",
        as_photo: bool = False,
        reply_to: int | None = None,
        topic: int | None = None,
    ) -> Post:
        """Send a file, or a picture as a photo."""
        body = self._begin(person, chat, reply_to, topic)
        text = clean(caption).strip()
        if units(text) > MAX_CAPTION:
            raise Impossible("caption_too_long")
        upload.mime_type = mimetypes.guess_type(upload.name)[0] or upload.mime_type
        try:
            stored = await self.backend.files.keep(upload, photo=as_photo)
        except FileRefused as error:
            raise Impossible(error.reason, error.description) from error
        body |= {"photo": stored.photo()} if as_photo else {"document": stored.document()}
        if text:
            body["caption"] = text
            body |= {"caption_entities": entities} if (entities := detect(text)) else {}
        return self._send(person, chat, body)

    def sticker(self, person: int, chat: int, *, topic: int | None = None) -> Post:
        """Send the one sticker there is."""
        made = sticker(self.backend.files.by_id[STICKER_ID], "🐳")
        return self._send(person, chat, self._begin(person, chat, None, topic) | {"sticker": made})

    def edit(self, person: int, chat: int, message_id: int, text: str) -> Post:
        """Change the text or caption of one's own message."""
        where, post = self._own(person, chat, message_id)
        field = "text" if "text" in post.body else "caption"
        text = clean(text).strip()
        if field == "text" and not text:
            raise Impossible("text_empty")
        if units(text) > (MAX_UNITS if field == "text" else MAX_CAPTION):
            raise Impossible("text_too_long")
        entities = "entities" if field == "text" else "caption_entities"
        post.body = {name: value for name, value in post.body.items() if name not in (field, entities)}
        post.body |= {field: text} if text else {}
        post.body |= {entities: found} if (found := detect(text)) else {}
        return self.backend.revise(where, post)

    def delete(self, person: int, chat: int, message_id: int) -> None:
        """Take a message away: one's own, any in private, any as an administrator."""
        where, post = self.post(person, chat, message_id)
        if post.author != person and not where.private and not where.ruled_by(person):
            raise Impossible("may_not_delete")
        self.backend.remove(where, [message_id])

    def press(self, person: int, chat: int, message_id: int, data: str) -> Query:
        """Press an inline button; the query's `answer` holds what the bot says to it."""
        where, post = self.post(person, chat, message_id)
        rows = post.body.get("reply_markup", {}).get("inline_keyboard", [])
        if not any(button.get("callback_data") == data for row in rows for button in row):
            raise Impossible("button_gone")
        query = self.backend.queries.ask(person, where.id)
        update = {
            "id": query.id,
            "from": self.backend.world.full_user(person),
            "message": post.body,
            "chat_instance": str(abs(where.id)),
            "data": data,
        }
        self.backend.updates.add("callback_query", update)
        return query

    def react(self, person: int, chat: int, message_id: int, emoji: str | None) -> None:
        """React to a message, or take the reaction back."""
        where, post = self.post(person, chat, message_id)
        plain = emoji.replace("\ufe0f", "") if emoji else None
        if plain and plain not in REACTIONS:
            raise Impossible("no_reaction")
        set_reaction(self.backend, where, post, person, plain)

    def ask_inline(self, person: int, text: str) -> Query:
        """Type `@bot text` into any chat."""
        query = self.backend.queries.ask(person)
        user = self.backend.world.full_user(person)
        self.backend.updates.add(
            "inline_query", {"id": query.id, "from": user, "query": text[:256], "offset": ""}
        )
        return query

    def choose_inline(self, person: int, chat: int, result: Json) -> Post:
        """Send a result of an inline query into a chat, as its own words by way of the bot."""
        body = self._begin(person, chat, None, None) | message_of(result)
        post = self._send(person, chat, body | {"via_bot": self.backend.world.bot})
        user = self.backend.world.full_user(person)
        told = {"result_id": str(result.get("id", "")), "from": user, "query": ""}
        self.backend.updates.add("chosen_inline_result", told)
        return post

    def speak(self, person: int, language_code: str) -> None:
        """Set the language of somebody's Telegram."""
        who = self.person(person)
        who.language_code = language_code
        self.backend.world.keep_person(who)
        self.backend.events.tell("commands", {"chat_id": None}, [person])

    def block(self, person: int, blocked: bool = True) -> None:
        """Stop the bot in private, or start it again; it hears of both."""
        chat = self.chat(person, person)
        if chat.bot_blocked == blocked:
            return
        chat.bot_blocked = blocked
        self.backend.world.keep_chat(chat)
        bot = self.backend.world.bot
        kicked, member = {"user": bot, "status": "kicked", "until_date": 0}, {"user": bot, "status": "member"}
        change = {
            "chat": chat.brief,
            "from": self.backend.world.full_user(person),
            "date": int(time.time()),
            "old_chat_member": member if blocked else kicked,
            "new_chat_member": kicked if blocked else member,
        }
        self.backend.updates.add("my_chat_member", change)

    def _begin(
        self, person: int, chat_id: int, reply_to: int | None, topic: int | None, name: int | None = None
    ) -> Json:
        """Return the beginning of somebody's message, where they may write."""
        chat = self.chat(person, chat_id)
        if not chat.holds(person) or (chat.type == "channel" and not chat.ruled_by(person)):
            raise Impossible("cannot_write")
        if chat.private and chat.bot_blocked:
            self.block(person, False)
        replied = chat.posts.get(reply_to) if reply_to else None
        if reply_to and replied is None:
            raise Impossible("reply_gone")
        body = signed(self.backend, chat, person, self._name(person, name))
        try:
            set_place(chat, body, None if topic == 1 else topic, replied)
        except ApiError:
            raise Impossible("no_topic") from None
        return body

    def _name(self, person: int, name: int | None) -> Chat | None:
        """Return the chat in whose name somebody writes, where they rule it."""
        if name is None:
            return None
        chat = self.chat(person, name)
        if not chat.ruled_by(person):
            raise Impossible("cannot_write")
        return chat

    def forward(self, person: int, chat: int, source: int, message_id: int) -> Post:
        """Send a message of another chat on."""
        original = self.post(person, source, message_id)[1].body
        origin: Json = {"type": "user", "date": original["date"], "sender_user": original.get("from")}
        if "sender_chat" in original:
            origin = {"type": "channel", "date": original["date"], "chat": original["sender_chat"]}
            origin["message_id"] = message_id
        content = {
            part: original[part] for part in ("text", "entities", "caption", "photo") if part in original
        }
        body = self._begin(person, chat, None, None) | content
        return self._send(person, chat, body | {"forward_origin": original.get("forward_origin", origin)})

    def _send(self, person: int, chat_id: int, body: Json) -> Post:
        return self.backend.publish(self.backend.world.chats[chat_id], body, person)

    def _own(self, person: int, chat_id: int, message_id: int) -> tuple[Chat, Post]:
        chat, post = self.post(person, chat_id, message_id)
        in_channel = chat.type == "channel" and chat.ruled_by(person)
        if post.author != person and not in_channel:
            raise Impossible("not_author")
        return chat, post


def split(text: str) -> list[str]:
    """Cut a text into pieces that Telegram takes, at line ends where there are any."""
    parts = []
    while units(text) > MAX_UNITS:
        head = text[:MAX_UNITS]
        while units(head) > MAX_UNITS:
            head = head[: -max(1, (units(head) - MAX_UNITS) // 2)]
        cut = head.rfind("\n") + 1 or len(head)
        parts.append(text[:cut].strip())
        text = text[cut:]
    parts.append(text.strip())
    return [part for part in parts if part]
