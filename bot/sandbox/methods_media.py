"""The methods that send files, and the one that fetches them."""

from __future__ import annotations

import secrets
from typing import Any

from bot.sandbox.backend import Backend, Call, Method
from bot.sandbox.errors import bad_request
from bot.sandbox.files import DOWNLOAD_LIMIT, StoredFile
from bot.sandbox.sending import find_open_chat, outgoing, set_caption
from bot.sandbox.state import Json

WRONG_FILE = "wrong file identifier/HTTP URL specified"
MEDIA = {"photo": True, "document": False}  # InputMedia type -> whether it must be a picture


async def resolve(backend: Backend, call: Call, given: Any, *, photo: bool = False) -> StoredFile:
    """Return the file that a parameter names: one that came with the call, or one that is known.

    Raises:
        ApiError: There is no such file; the sandbox fetches no URL.
    """
    name = given if isinstance(given, str) else ""
    if name.startswith("attach://"):
        upload = call.files.get(name.removeprefix("attach://"))
        if upload is None:
            raise bad_request("wrong file identifier/HTTP URL specified: the attached file is missing")
        return await backend.files.keep(upload, photo=photo)
    if name.startswith(("http://", "https://")):
        raise bad_request("failed to get HTTP URL content")
    stored = backend.files.by_id.get(name)
    if stored is None:
        raise bad_request(WRONG_FILE)
    if photo and not stored.width:
        raise bad_request("can't use file of type Document as Photo")
    return stored


def media_fields(kind: str, stored: StoredFile) -> Json:
    """Return the fields of a message that holds a photo or a document."""
    return {"photo": stored.photo()} if kind == "photo" else {"document": stored.document()}


async def send_photo(backend: Backend, call: Call) -> Json:
    """Send a picture."""
    return await _send(backend, call, "photo")


async def send_document(backend: Backend, call: Call) -> Json:
    """Send a file."""
    return await _send(backend, call, "document")


async def _send(backend: Backend, call: Call, kind: str) -> Json:
    chat = find_open_chat(backend, call.params)
    body = outgoing(backend, chat, call.params)
    set_caption(backend, body, call.params)
    body |= media_fields(kind, await resolve(backend, call, call.params[kind], photo=MEDIA[kind]))
    if call.params.get("has_spoiler"):
        body["has_media_spoiler"] = True
    return backend.publish(chat, body, backend.world.bot_id).body


async def send_sticker(backend: Backend, call: Call) -> Json:
    """Send a sticker that is known, or a picture as one."""
    chat = find_open_chat(backend, call.params)
    stored = await resolve(backend, call, call.params["sticker"])
    body = outgoing(backend, chat, call.params) | {"sticker": sticker(stored, call.params.get("emoji", ""))}
    return backend.publish(chat, body, backend.world.bot_id).body


def sticker(stored: StoredFile, emoji: str) -> Json:
    """Return a file as a Bot API Sticker."""
    made: Json = {
        **stored.reference(),
        "type": "regular",
        "width": stored.width or 512,
        "height": stored.height or 512,
        "is_animated": False,
        "is_video": False,
    }
    return made | {"emoji": emoji} if emoji else made


async def send_media_group(backend: Backend, call: Call) -> list[Json]:
    """Send two to ten photos or documents as an album."""
    chat = find_open_chat(backend, call.params)
    media = call.params["media"]
    if not isinstance(media, list):
        raise bad_request("can't parse media: expected an Array of InputMedia")
    if not 2 <= len(media) <= 10:
        raise bad_request("wrong number of items in album specified: there must be 2-10 items")
    bodies = []
    for one in media:
        body = outgoing(backend, chat, {**call.params, "reply_markup": None})
        bodies.append(body | await input_media(backend, call, one))
    album = str(secrets.randbits(53))
    return [
        backend.publish(chat, body | {"media_group_id": album}, backend.world.bot_id).body for body in bodies
    ]


async def input_media(backend: Backend, call: Call, given: Any) -> Json:
    """Return the fields of a message that shows an InputMedia.

    Raises:
        ApiError: It is none, or of a kind that the sandbox does not show.
    """
    if not isinstance(given, dict):
        raise bad_request("can't parse InputMedia: expected an Object")
    kind = given.get("type")
    if kind not in MEDIA:
        raise bad_request(f'can\'t parse InputMedia: type "{str(kind)[:32]}" is unsupported')
    body: Json = {}
    set_caption(backend, body, given)
    stored = await resolve(backend, call, given.get("media"), photo=MEDIA[kind])
    return body | media_fields(kind, stored)


async def get_file(backend: Backend, call: Call) -> Json:
    """Return where a file can be fetched."""
    stored = backend.files.by_id.get(call.params["file_id"])
    if stored is None:
        raise bad_request("invalid file_id")
    if stored.size > DOWNLOAD_LIMIT:
        raise bad_request("file is too big")
    return {**stored.reference(), "file_path": stored.path}


METHODS: dict[str, Method] = {
    "sendPhoto": send_photo,
    "sendDocument": send_document,
    "sendSticker": send_sticker,
    "sendMediaGroup": send_media_group,
    "getFile": get_file,
}
