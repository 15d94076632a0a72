"""Where the files of the chats lie: records by id, contents beside the records or in memory."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from bot.sandbox.errors import ApiError
from bot.sandbox.form import Upload
from bot.sandbox.images import extension, image_size
from bot.sandbox.state import new_id
from bot.sandbox.storage import Storage

DOWNLOAD_LIMIT = 20 * 1024 * 1024  # bytes that a bot can fetch
UPLOAD_LIMIT = 50 * 1024 * 1024  # bytes that anybody can send
PHOTO_LIMIT = 10 * 1024 * 1024  # bytes


STICKER = Path(__file__).with_name("sticker.webp")
STICKER_ID = "the-sticker-of-the-sandbox"

REFUSALS = {
    "file_empty": "file must be non-empty",
    "file_too_big": "file is too big",
    "photo_too_big": "file is too big for a photo",
    "photo_unreadable": "IMAGE_PROCESS_FAILED",
    "photo_dimensions": "PHOTO_INVALID_DIMENSIONS",
}  # reason -> Telegram's description


class FileRefused(ApiError):
    """A file that Telegram would not take; `reason` is one of `REFUSALS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(400, REFUSALS[reason])
        self.reason = reason


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in the chats; `path` is where `/file/bot<token>/` serves it."""

    file_id: str
    unique_id: str
    name: str
    mime_type: str
    size: int
    path: str
    width: int = 0
    height: int = 0

    def reference(self) -> dict[str, Any]:
        """Return the fields that every file object of the Bot API has."""
        return {"file_id": self.file_id, "file_unique_id": self.unique_id, "file_size": self.size}

    def document(self) -> dict[str, Any]:
        """Return it as a Bot API Document."""
        return {"file_name": self.name, "mime_type": self.mime_type, **self.reference()}

    def photo(self) -> list[dict[str, Any]]:
        """Return it as an array of Bot API PhotoSize: the one size there is."""
        return [{**self.reference(), "width": self.width, "height": self.height}]


class Files:
    """The files, by id and by path."""

    def __init__(self, storage: Storage, folder: Path | None) -> None:
        self.storage = storage
        self.folder = folder
        self.by_id: dict[str, StoredFile] = {}
        self.by_path: dict[str, StoredFile] = {}
        self._contents: dict[str, bytes] = {}  # by unique id: the sticker, and all where there is no folder

    def load(self) -> None:
        """Read the records back, and the sticker that comes with the sandbox."""
        self._enter_sticker(STICKER.read_bytes())
        for body in self.storage.read("file").values():
            self._enter(StoredFile(**body))

    def _enter_sticker(self, content: bytes) -> None:
        width, height = image_size(content) or (0, 0)
        described = ("image/webp", len(content), f"stickers/{STICKER.name}", width, height)
        self._contents[STICKER_ID] = content
        self._enter(StoredFile(STICKER_ID, STICKER_ID, STICKER.name, *described))

    def _enter(self, stored: StoredFile) -> None:
        self.by_id[stored.file_id] = stored
        self.by_path[stored.path] = stored

    async def keep(self, upload: Upload, *, photo: bool = False) -> StoredFile:
        """Store a file that was sent.

        Raises:
            FileRefused: It is empty, too large, or no picture where a photo is meant.
        """
        check_size(upload, photo)
        size = image_size(upload.content)
        if photo:
            check_photo(size)
        unique = new_id(12)
        name = safe_name(upload.name) or (f"photo.{extension(upload.content)}" if photo else "file")
        ending = PurePosixPath(name).suffix
        kind = "photos" if photo else "documents"
        width, height = size or (0, 0)
        stored = StoredFile(
            new_id(),
            unique,
            name,
            upload.mime_type,
            len(upload.content),
            f"{kind}/file_{len(self.by_id)}{ending}",
            width,
            height,
        )
        await self._write(unique, upload.content)
        self._enter(stored)
        self.storage.put("file", stored.file_id, asdict(stored))
        return stored

    async def _write(self, unique: str, content: bytes) -> None:
        if self.folder is None:
            self._contents[unique] = content
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        await asyncio.to_thread((self.folder / unique).write_bytes, content)

    async def content(self, stored: StoredFile) -> bytes | None:
        """Return a file's bytes; None where they are gone."""
        if self.folder is None or stored.unique_id in self._contents:
            return self._contents.get(stored.unique_id)
        try:
            return await asyncio.to_thread((self.folder / stored.unique_id).read_bytes)
        except FileNotFoundError:
            return None


def check_size(upload: Upload, photo: bool) -> None:
    """Refuse a file that Telegram would not take."""
    if not upload.content:
        raise FileRefused("file_empty")
    if len(upload.content) > UPLOAD_LIMIT:
        raise FileRefused("file_too_big")
    if photo and len(upload.content) > PHOTO_LIMIT:
        raise FileRefused("photo_too_big")


def check_photo(size: tuple[int, int] | None) -> None:
    """Refuse what cannot be a photo."""
    if size is None:
        raise FileRefused("photo_unreadable")
    width, height = size
    if min(size) < 1 or width + height > 10_000 or max(size) > 20 * min(size):
        raise FileRefused("photo_dimensions")


def safe_name(name: str) -> str:
    """Return a file name without folders and control characters, as Telegram passes it on."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(sign for sign in last if sign.isprintable()).strip()[:128]
