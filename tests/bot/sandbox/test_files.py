"""How files travel, both ways, and where their sizes end."""

from __future__ import annotations

import aiohttp
import pytest
from telegram import Bot, InputMediaDocument, InputMediaPhoto
from telegram.error import BadRequest

from bot.sandbox import Sandbox
from bot.sandbox.api import UPLOADS_KEPT
from bot.sandbox.files import STICKER_ID
from bot.sandbox.images import image_size
from bot.sandbox.refusals import Impossible
from bot.sandbox.scene import ADA, GROUP
from tests.bot.sandbox.conftest import png

TABLE = "标签,文本\nspam,买\n".encode("gb18030")
MIB = 1024 * 1024


async def test_what_a_person_uploads_the_bot_downloads(sandbox: Sandbox, bot: Bot) -> None:
    await sandbox.upload(ADA, ADA, "data/训练.csv", TABLE, caption="/train spam")
    (update,) = await bot.get_updates()
    assert update.message is not None and update.message.document is not None
    document = update.message.document
    assert (document.file_name, document.file_size, document.mime_type) == (
        "训练.csv",
        len(TABLE),
        "text/csv",
    )
    assert update.message.caption_entities[0].type == "bot_command"
    file = await bot.get_file(document)
    assert bytes(await file.download_as_bytearray()) == TABLE


async def test_what_the_bot_sends_can_be_sent_again_by_its_id(sandbox: Sandbox, bot: Bot) -> None:
    sent = await bot.send_document(ADA, b"x,y\n1,2\n", filename="fit.csv", caption="rows")
    assert sent.document is not None and sent.document.file_name == "fit.csv"
    again = await bot.send_document(GROUP, sent.document.file_id)
    assert again.document == sent.document
    photo = await bot.send_photo(ADA, png(640, 480))
    assert [(size.width, size.height) for size in photo.photo] == [(640, 480)]
    with pytest.raises(BadRequest, match=r"(?i)can't use file of type Document as Photo"):
        await bot.send_photo(ADA, sent.document.file_id)


async def test_an_album_is_one_group(bot: Bot) -> None:
    album = await bot.send_media_group(
        ADA, [InputMediaPhoto(png(), caption="a"), InputMediaPhoto(png()), InputMediaPhoto(png())]
    )
    assert len({message.media_group_id for message in album}) == 1
    assert [message.caption for message in album] == ["a", None, None]


async def test_media_are_replaced_in_place(sandbox: Sandbox, bot: Bot) -> None:
    sent = await bot.send_photo(ADA, png(), caption="old")
    await bot.edit_message_media(InputMediaPhoto(png(32, 32), caption="new"), ADA, sent.message_id)
    body = sandbox.messages(ADA)[-1]
    assert (body["caption"], body["photo"][0]["width"], body["message_id"]) == ("new", 32, sent.message_id)
    await bot.edit_message_media(InputMediaDocument(b"a", filename="a.txt"), ADA, sent.message_id)
    assert "photo" not in sandbox.messages(ADA)[-1]


async def test_the_bot_gets_no_file_above_20_mib(sandbox: Sandbox, bot: Bot) -> None:
    await sandbox.upload(ADA, ADA, "just.bin", bytes(20 * MIB))
    await sandbox.upload(ADA, ADA, "big.bin", bytes(20 * MIB + 1))
    just, big = [update.message for update in await bot.get_updates()]
    assert just is not None and big is not None and just.document is not None and big.document is not None
    assert (await bot.get_file(just.document)).file_size == 20 * MIB
    with pytest.raises(BadRequest, match="File is too big"):
        await bot.get_file(big.document)


async def test_the_files_of_calls_long_past_are_let_go(sandbox: Sandbox, bot: Bot) -> None:
    for _ in range(UPLOADS_KEPT + 1):
        await bot.send_document(ADA, b"x")
    calls = sandbox.calls_of("sendDocument")
    assert [len(call.files) for call in calls] == [0] + [1] * UPLOADS_KEPT
    assert sandbox.api.counts["sendDocument"] == UPLOADS_KEPT + 1


async def test_nobody_sends_more_than_50_mib(sandbox: Sandbox, client: aiohttp.ClientSession) -> None:
    with pytest.raises(Impossible, match="file is too big"):
        await sandbox.upload(ADA, ADA, "huge.bin", bytes(50 * MIB + 1))
    form = aiohttp.FormData({"chat_id": str(ADA)})
    form.add_field("document", bytes(52 * MIB), filename="huge.bin")
    async with client.post("/bot1:t/sendDocument", data=form) as response:
        assert response.status == 413
        assert (await response.json())["description"] == "Request Entity Too Large"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "File must be non-empty"),
        (b"no picture", "Image_process_failed"),
        (png(300, 10), "Photo_invalid_dimensions"),
    ],
)
async def test_what_is_no_picture_is_no_photo(bot: Bot, content: bytes, reason: str) -> None:
    with pytest.raises(BadRequest, match=reason):
        await bot.send_photo(ADA, content)


async def test_a_caption_that_is_too_long_sends_nothing(sandbox: Sandbox) -> None:
    with pytest.raises(Impossible, match="1,024 characters"):
        await sandbox.upload(ADA, ADA, "a.csv", b"1,2", caption="x" * 1025)
    assert sandbox.messages(ADA) == []
    assert set(sandbox.backend.files.by_id) == {STICKER_ID}


async def test_an_attachment_that_is_not_there_is_named(client: aiohttp.ClientSession) -> None:
    params = {"chat_id": ADA, "document": "attach://nothing"}
    async with client.post("/bot1:t/sendDocument", json=params) as response:
        assert "the attached file is missing" in (await response.json())["description"]


async def test_a_path_of_no_file_is_not_found(client: aiohttp.ClientSession) -> None:
    for path in ("documents/file_9", "../sandbox.sqlite", "%2e%2e/x"):
        async with client.get(f"/file/bot1:t/{path}") as response:
            assert response.status == 404


def test_sizes_of_pictures_are_read_from_their_first_bytes() -> None:
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x00\x20\x00\x40\x03" + bytes(20)
    webp = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + bytes([99, 0, 0, 49, 0, 0])
    assert image_size(png(3, 4)) == (3, 4)
    assert image_size(b"GIF89a\x05\x00\x06\x00") == (5, 6)
    assert image_size(jpeg) == (64, 32)
    assert image_size(webp) == (100, 50)
    assert image_size(b"\x89PNG\r\n\x1a\n") is None
    assert image_size(b"") is None
