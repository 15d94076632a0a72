"""The bare echo of python-telegram-bot that the spine is measured beside: `TONEFIT_API_URL`, and how it asks.

`python -m tests.bench.echo_bot aiohttp|httpx`: over the request that Tonefit uses, or as the library comes.
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


if __name__ == "__main__":
    main(sys.argv[1])
