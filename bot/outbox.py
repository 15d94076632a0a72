"""How a `Reply` becomes calls of the Bot API."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Any

import telegram
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, NetworkError, TelegramError, TimedOut

from bot.chat_ids import ChatIds
from bot.edits import Edit, Edits
from bot.left_out import LeftOut
from bot.limiter import Lane
from bot.reactions import Making, Reactions
from bot.request import NotSent, post
from bot.sender import Sender
from bot.turn import Free, Turn
from handlers.errors import Refusal
from handlers.messages import Button, Chat, Document, Found, Reply, Sent
from handlers.surroundings import Done
from handlers.texts import N_

log = logging.getLogger(__name__)

LARGEST_DOWNLOAD = 20 * 1024 * 1024  # bytes; Telegram gives a bot no more
LONGEST_TEXT = 4096  # characters, counted by Telegram in UTF-16 units
LONGEST_CAPTION = 1024
DOWNLOAD_TIMEOUT = 60.0  # seconds
NOTHING_TO_EDIT = ("message is not modified", "message to edit not found")  # the same, or deleted by somebody

PICTURE_BY_NOW = "no text in the message to edit"  # another press came before and put a picture there


class TelegramOutbox:
    """Sends, edits and fetches by the Bot API.

    Args:
        bot: The library's client.
        sender: The way out.
        chat_ids: Where a chat is that has moved.
        left_out: Where tags are counted that found no place.
    """

    def __init__(self, bot: telegram.Bot, sender: Sender, chat_ids: ChatIds, left_out: LeftOut) -> None:
        self._bot = bot
        self._sender = sender
        self._chat_ids = chat_ids
        self._edits, self._reactions = Edits(), Reactions(sender, left_out)
        self._left_out = left_out
        self._turn = Free()
        self._reply_lane, self._edit_lane = Lane.REPLY, Lane.EDIT
        self._answered: set[str] = set()  # presses

    def of(self, turn: Turn, *, press: bool = False) -> TelegramOutbox:
        """Return the outbox of one update; whoever pressed a button waits less than others."""
        outbox = self._copy()
        outbox._turn, outbox._answered = turn, set()
        if press:
            outbox._reply_lane = outbox._edit_lane = Lane.BUTTON
        return outbox

    def unasked(self, turn: Free | None = None) -> TelegramOutbox:
        """Return the outbox of what nobody waits for."""
        outbox = self._copy()
        outbox._turn, outbox._reply_lane = turn or Free(), Lane.DIGEST
        return outbox

    def _copy(self) -> TelegramOutbox:
        """Return the same parts again; `copy.copy` takes five times as long."""
        outbox = object.__new__(TelegramOutbox)
        outbox.__dict__.update(self.__dict__)
        return outbox

    async def tell(self, person: int, reply: Reply) -> bool:
        """Send something to a person in private that they did not ask for; False where that cannot be.

        What may have arrived counts as told: nobody shall hear it twice.
        """
        try:
            await self._call(
                partial(self._send_text, Chat(person, "private"), reply, None), Lane.DIGEST, person
            )
        except (BadRequest, Forbidden) as error:  # who never wrote to me, or blocked me
            log.info("person %s was not told (%s)", person, type(error).__name__)
            return False
        except NotSent:
            raise
        except NetworkError as error:
            log.warning("person %s may not have been told (%s)", person, type(error).__name__)
        return True

    async def reaches(self, person: int) -> bool:
        """Say whether a person can be written to in private: who never wrote, or blocked us, cannot."""
        call = partial(self._bot.send_chat_action, action="typing")
        try:
            await self._call(call, Lane.EDIT, person)
        except (BadRequest, Forbidden):
            return False
        return True

    async def send(self, chat: Chat, reply: Reply, reply_to: int | None = None) -> Sent:
        """Send an answer; a message that was deleted meanwhile is answered all the same."""
        sent = self._turn.earlier()
        if sent is None:
            sent = await self._call(
                partial(self._send, chat, reply, reply_to),
                self._reply_lane,
                chat.id,
                upload=reply.photo is not None or reply.document is not None,
            )
            self._turn.note(sent)
        return sent

    async def _send(self, chat: Chat, reply: Reply, reply_to: int | None, chat_id: int) -> Sent:
        if reply.photo is None and reply.document is None:
            return await self._send_text(chat, reply, reply_to, chat_id)
        common: dict[str, Any] = {"chat_id": chat_id, "reply_markup": keyboard(reply)}
        if chat.topic is not None:
            common["message_thread_id"] = chat.topic
        if reply_to is not None:
            common["reply_parameters"] = telegram.ReplyParameters(reply_to, allow_sending_without_reply=True)
        message: Any
        if reply.photo is not None:
            photo = telegram.InputFile(reply.photo, filename="tonefit.png")
            message = await self._bot.send_photo(photo=photo, **_caption(reply), **common)
        else:
            assert reply.document is not None
            document = telegram.InputFile(reply.document.content, filename=reply.document.name)
            message = await self._bot.send_document(document=document, **_caption(reply), **common)
        message_id = message.message_id if isinstance(message, telegram.Message) else 0
        return Sent(chat_id, message_id, has_media=True)

    async def _send_text(self, chat: Chat, reply: Reply, reply_to: int | None, chat_id: int) -> Sent:
        """Send words: most answers are, and of what Telegram says of them only the id is wanted."""
        quoting = {"message_id": reply_to, "allow_sending_without_reply": True}
        answer = await post(
            self._bot,
            "sendMessage",
            chat_id=chat_id,
            message_thread_id=chat.topic,
            reply_parameters=quoting if reply_to is not None else None,
            reply_markup=_plain_keyboard(reply),
            **_text(reply),
        )
        return Sent(chat_id, answer["message_id"] if isinstance(answer, dict) else 0)

    async def edit(self, sent: Sent, reply: Reply) -> None:
        """Put another answer in the place of one that was sent; of edits that wait the newest is made."""
        edit = await self._edits.enter(sent, reply)
        if edit is None:
            return
        with self._edits.made(sent, edit):
            await self._call(
                partial(self._edit, sent, edit),
                self._edit_lane,
                sent.chat_id,
                upload=reply.photo is not None,
            )

    async def _edit(self, sent: Sent, edit: Edit, chat_id: int) -> None:
        with edit.in_flight() as reply:
            if chat_id != sent.chat_id:
                await self._go_on_elsewhere(sent, reply, chat_id)
                return
            where: dict[str, Any] = {
                "chat_id": chat_id,
                "message_id": sent.message_id,
                "reply_markup": keyboard(reply),
            }
            try:
                await self._replace(reply, has_media=sent.has_media, **where)
            except BadRequest as error:
                if not any(reason in str(error).lower() for reason in NOTHING_TO_EDIT):
                    raise

    async def _replace(self, reply: Reply, *, has_media: bool, **where: Any) -> None:
        if reply.photo is not None:
            media = telegram.InputMediaPhoto(reply.photo, filename="tonefit.png", **_caption(reply))
            await self._bot.edit_message_media(media=media, **where)
        elif has_media:
            await self._bot.edit_message_caption(**_caption(reply), **where)
        else:
            try:
                await self._bot.edit_message_text(**_text(reply), **where)
            except BadRequest as error:
                if PICTURE_BY_NOW not in str(error).lower():
                    raise
                await self._replace(reply, has_media=True, **where)

    async def _go_on_elsewhere(self, sent: Sent, reply: Reply, chat_id: int) -> None:
        """Show in the supergroup what stood in a message of the group: that one cannot be edited any more."""
        after = await self._chat_ids.message_after(sent.chat_id, sent.message_id)
        if after is None:
            fresh = await self._send(Chat(chat_id, "supergroup"), reply, None, chat_id)
            await self._chat_ids.replace_message(sent.chat_id, sent.message_id, fresh.message_id)
            return
        there = Sent(chat_id, after, sent.has_media)
        await self._edit(there, Edit(reply), chat_id)

    async def react(self, chat: Chat, message_id: int, emoji: str | None, made: Done | None = None) -> None:
        """Set our reaction to a message, or take it away, now or within a moment; then call `made`."""
        reaction = [{"type": "emoji", "emoji": emoji}] if emoji else []
        call = partial(post, self._bot, "setMessageReaction", message_id=message_id, reaction=reaction)
        try:
            await self._reactions.make(chat, message_id, Making(call, made))
        except (BadRequest, Forbidden) as error:
            # Not allowed here any more, or the message is gone.
            log.info("no reaction in chat %s: %s", chat.id, type(error).__name__)

    async def show(self, chat: Chat, reply: Reply, reply_to: int, before: int | None) -> Sent | None:
        """Reply to a message, or put another answer in the place of `before`, if that may be done now."""
        if before is not None:
            await self.edit(Sent(chat.id, before), reply)
            return Sent(chat.id, before)
        sent = self._turn.earlier()
        if sent is None:
            call = partial(self._show, chat, reply, reply_to)
            sent = await self._sender.at_once(call, Lane.DIGEST, chat.id, self._turn)
            if sent is not None:
                self._turn.note(sent)
            else:
                await self._left_out.note(chat.key)
        return sent

    async def left_out(self, chat: int) -> int:
        """Return how many tags a chat did not get in the last 24 h, by the id of its records."""
        return await self._left_out.of(chat)

    async def _show(self, chat: Chat, reply: Reply, reply_to: int, chat_id: int) -> Sent:
        return await self._send_text(chat, reply, reply_to, chat_id)

    async def answer_press(self, press_id: str, notice: str = "") -> None:
        """Stop the button's spinner, once; a press that is too old for an answer needs none."""
        if press_id in self._answered:
            return
        self._answered.add(press_id)
        answer = partial(self._bot.answer_callback_query, callback_query_id=press_id, text=notice or None)
        try:
            await self._call(answer, Lane.BUTTON)
        except TelegramError as error:
            log.info("a press was not answered (%s)", type(error).__name__)

    async def answer_inline(self, query_id: str, found: tuple[Found, ...], hint: str) -> None:
        """Give the results of an inline query to who asked alone, or a hint above them."""
        await self._answer_query(
            "answerInlineQuery",
            inline_query_id=query_id,
            results=[_article(one) for one in found],
            is_personal=True,
            cache_time=0,  # Telegram keeps nothing of it either
            button={"text": hint, "start_parameter": "inline"} if hint else None,
        )

    async def answer_guest(self, query_id: str, found: Found) -> None:
        """Answer a mention in a chat that the bot is not in."""
        await self._answer_query("answerGuestQuery", guest_query_id=query_id, result=_article(found))

    async def _answer_query(self, method: str, **values: Any) -> None:
        try:
            await self._call(partial(post, self._bot, method, **values), Lane.BUTTON)
        except TelegramError as error:  # who goes on typing asks anew
            log.info("%s was not taken (%s)", method, type(error).__name__)

    async def chat_action(self, chat: Chat, action: str) -> None:
        """Show that an answer is on its way; it does not matter if that fails."""
        call = partial(self._bot.send_chat_action, action=action, message_thread_id=chat.topic)
        try:
            await self._sender.at_once(call, Lane.REACTION, chat.id)
        except TelegramError as error:
            log.debug("no chat action: %s", type(error).__name__)

    async def download(self, document: Document) -> bytes:
        """Fetch a file.

        Raises:
            Refusal: Telegram does not hand it to a bot.
        """
        too_big = Refusal(
            N_("This file is larger than {limit} MB; Telegram gives a bot no more. Send a smaller part."),
            limit=LARGEST_DOWNLOAD // 1024**2,
        )
        if document.size > LARGEST_DOWNLOAD:
            raise too_big
        try:
            async with asyncio.timeout(DOWNLOAD_TIMEOUT):
                file = await self._bot.get_file(document.file_id)
                return bytes(await file.download_as_bytearray(read_timeout=DOWNLOAD_TIMEOUT))
        except BadRequest as error:
            if "too big" in str(error):
                raise too_big from error
            raise Refusal(N_("Telegram does not give me this file. Please send it again.")) from error
        except (TimeoutError, TimedOut) as error:
            raise Refusal(N_("I could not fetch the file in time. Please send it again.")) from error

    async def _call(self, call: Any, lane: Lane, chat: int | None = None, *, upload: bool = False) -> Any:
        return await self._sender.call(call, turn=self._turn, lane=lane, chat=chat, upload=upload)


def _article(found: Found) -> dict[str, Any]:
    """Return a result as Telegram's InlineQueryResultArticle."""
    words = {name: value for name, value in _text(found.reply).items() if value is not None}
    content = {"message_text": words.pop("text"), **words}
    article = {
        "type": "article",
        "id": found.kind,
        "title": found.title or "…",
        "input_message_content": content,
    }
    return {**article, "description": found.description} if found.description else article


def keyboard(reply: Reply) -> telegram.InlineKeyboardMarkup | None:
    """Return the buttons as Telegram has them."""
    rows = [[_button(button) for button in row] for row in reply.buttons if row]
    return telegram.InlineKeyboardMarkup(rows) if rows else None


def _plain_keyboard(reply: Reply) -> dict[str, Any] | None:
    """Return the buttons as JSON has them."""
    rows = [[_plain_button(button) for button in row] for row in reply.buttons if row]
    return {"inline_keyboard": rows} if rows else None


def _plain_button(button: Button) -> dict[str, Any]:
    if button.copy is not None:
        return {"text": button.text, "copy_text": {"text": button.copy}}
    if button.url is not None:
        return {"text": button.text, "url": button.url}
    return {"text": button.text, "callback_data": button.data}


def _button(button: Button) -> telegram.InlineKeyboardButton:
    if button.copy is not None:
        return telegram.InlineKeyboardButton(button.text, copy_text=telegram.CopyTextButton(button.copy))
    return telegram.InlineKeyboardButton(button.text, callback_data=button.data, url=button.url)


def _text(reply: Reply) -> dict[str, Any]:
    return {
        "text": clip(reply.text, LONGEST_TEXT, html=reply.html),
        "parse_mode": ParseMode.HTML if reply.html else None,
    }


def _caption(reply: Reply) -> dict[str, Any]:
    return {
        "caption": clip(reply.text, LONGEST_CAPTION, html=reply.html),
        "parse_mode": ParseMode.HTML if reply.html else None,
    }


def clip(text: str, limit: int, *, html: bool = False) -> str:
    """Shorten a text to what Telegram takes; HTML is left alone, since a cut could split a tag."""
    encoded = text.encode("utf-16-le", "surrogatepass")
    if html or len(encoded) <= 2 * limit:
        return text
    return encoded[: 2 * (limit - 1)].decode("utf-16-le", "ignore") + "…"
