"""The local Bot API alone: `python -m bot.sandbox --port 8081 --data DIR`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from bot.sandbox.server import Sandbox


def main() -> None:
    """Serve until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--data", type=Path, default=None, help="where chats are kept; without it, in memory")
    parser.add_argument("--bot", default="tonefit_bot", help="the bot's username")
    parser.add_argument("--bot-role", default="administrator", choices=["administrator", "member"])
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(serve(options))


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Return uvloop's event loop where there is one: the sandbox is what benchmarks measure against."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop

    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


async def serve(options: argparse.Namespace) -> None:
    """Run one sandbox and print where it is."""
    sandbox = Sandbox(options.data, bot_username=options.bot, bot_role=options.bot_role)
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, done.set)
    url = await sandbox.start(options.host, options.port)
    print(f"web chat {url}/  Bot API {url}/bot<token>/  (any token)", flush=True)  # noqa: T201
    try:
        await done.wait()
    finally:
        await sandbox.stop()


if __name__ == "__main__":
    main()
