"""How long `/privacy` and `/optout` take beside many counted chats: `python -m tests.bench.privacy [CHATS]`.

2,000 chats by default, each with messages of 5 people on 3 days; the person who asks wrote in 3 of them.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

from rich.console import Console
from rich.table import Table

from bot.connection import connect
from bot.ruled import Ruled
from handlers.context import Services
from handlers.pseudonyms import take_out
from handlers.stored import stored_of
from ml.examples import Examples
from ml.kept_texts import KeptTexts
from ml.mood import DAY, Mood, Tagged
from ml.optouts import OptOuts
from ml.posts import Posts
from ml.reaction_labels import ReactionLabels
from tests.bench.machine import described
from tests.bench.server import server

CHATS, PEOPLE, DAYS = 2000, 5, 3
ASKER, IN = 7, 3  # who asks, and in how many chats they wrote


class NoSettings:
    """What no chat chose."""

    async def of(self, chat: int) -> Any:
        return SimpleNamespace(learn_model=None)


def main(chats: int = CHATS) -> None:
    """Measure and print."""
    asyncio.run(_run(chats))


async def _run(chats: int) -> None:
    with server() as (valkey, _):
        client = connect(valkey.url)
        services = cast(
            "Services",
            SimpleNamespace(
                mood=Mood(client),
                posts=Posts(client),
                optouts=OptOuts(client),
                examples=Examples(client),
                texts=KeptTexts(client),
                reaction_labels=ReactionLabels(client),
                ruled=Ruled(client),
                chat_settings=NoSettings(),
            ),
        )
        try:
            await _fill(services.mood, chats)
            rows = {
                "/privacy": await _timed(lambda: stored_of(services, ASKER)),
                "/optout": await _timed(lambda: take_out(services, ASKER)),
            }
        finally:
            await client.aclose()
    table = Table("", "seconds", "found", title=f"{chats:,} counted chats")
    for name, (seconds, found) in rows.items():
        table.add_row(name, f"{seconds:.3f}", str(found))
    console = Console()
    console.print(described())
    console.print(table)


async def _fill(mood: Mood, chats: int) -> None:
    now = int(time.time())
    for chat in range(chats):
        people = [*range(100, 100 + PEOPLE), *([ASKER] if chat < IN else [])]
        await asyncio.gather(
            *(
                mood.count(Tagged(-1 - chat, 0, 100 * day + who, who, now - day * DAY, "x", "positive"))
                for who in people
                for day in range(DAYS)
            )
        )


async def _timed(work: Callable[[], Awaitable[Any]]) -> tuple[float, Any]:
    begun = time.perf_counter()
    found = await work()
    return time.perf_counter() - begun, getattr(found, "days", found)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
