"""The bare echoes that the spine is measured beside, of the Bot API at `TONEFIT_API_URL`.

`python -m tests.bench.echo_bot aiohttp|httpx|aiogram`: python-telegram-bot over the request that Tonefit
uses, as it comes, or aiogram as that comes, which is measured where it is installed.
"""

import asyncio
import os
import sys
from typing import Any

import uvloop
from telegram import Update
from telegram.ext import ApplicationBuilder, MessageHandler, filters
from telegram.request import HTTPXRequest

from bot.request import AiohttpRequest

AT_ONCE = 256


async def echo(update: Update, context: Any) -> None:
    assert update.message is not None
    await update.message.reply_text(update.message.text or "", do_quote=True)


def main(how: str) -> None:
    if how == "aiogram":
        uvloop.run(aiogram_echo())
        return
    asyncio.set_event_loop(uvloop.new_event_loop())
    builder = ApplicationBuilder().token("1:bench").base_url(f"{os.environ['TONEFIT_API_URL']}/bot")
    if how == "aiohttp":
        builder = builder.request(AiohttpRequest(64)).get_updates_request(AiohttpRequest(2))
    else:
        pool = HTTPXRequest(connection_pool_size=AT_ONCE, pool_timeout=60, read_timeout=60)
        builder = builder.request(pool)
    application = builder.concurrent_updates(AT_ONCE).build()
    application.add_handler(MessageHandler(filters.TEXT, echo))
    application.run_polling(poll_interval=0, timeout=1, stop_signals=None)


async def aiogram_echo() -> None:
    from aiogram import Bot, Dispatcher  # type: ignore[import-not-found,unused-ignore]
    from aiogram.client.session.aiohttp import AiohttpSession  # type: ignore[import-not-found,unused-ignore]
    from aiogram.client.telegram import TelegramAPIServer  # type: ignore[import-not-found,unused-ignore]

    server = TelegramAPIServer.from_base(os.environ["TONEFIT_API_URL"])
    dispatcher = Dispatcher()

    @dispatcher.message()  # type: ignore[untyped-decorator,unused-ignore]
    async def echo(message: Any) -> None:
        await message.reply(message.text)

    await dispatcher.start_polling(Bot("1:bench", session=AiohttpSession(api=server)), polling_timeout=1)


if __name__ == "__main__":
    main(sys.argv[1])
