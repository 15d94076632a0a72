"""How late the bot's other answers are while it draws: `python -m tests.bench.pictures`.

The real process on the local Bot API and a real Valkey; twenty people ask for a picture at the same moment.
"""

from __future__ import annotations

import asyncio
import statistics
import time

from rich.console import Console
from rich.table import Table

from bot.sandbox import scene
from bot.sandbox.server import Sandbox
from bot.sandbox.state import Person
from tests.bench.machine import described
from tests.bench.server import server
from tests.bot.conftest import World

PICTURES = 20
QUIET = 100  # answers that are timed before anything is drawn
FIRST_PERSON = 2001
FIT = "/fit poly2 1,2.1 2,3.9 3,6.2 4,7.8 5,10.1 6,12.3 7,13.8 8,16.4"
OTHERS = {"/help": "a text", "/s What a lovely surprise!": "a tone"}
AIM = 50  # ms more than before


def main() -> None:
    """Print the time of an answer before and while pictures are drawn."""
    asyncio.run(_main())


async def _main() -> None:
    with server() as (valkey, folder):
        async with Sandbox() as sandbox:
            world = World(sandbox, valkey.url, folder, {"TONEFIT_LIMITS": "off"})
            await world.start()
            try:
                await measure(world)
            finally:
                world.end()


async def measure(world: World) -> None:
    """Time answers without pictures, then while they are drawn."""
    console = Console(width=120)
    console.print(f"The whole bot on {described()}")
    people = range(FIRST_PERSON, FIRST_PERSON + PICTURES)
    for number in people:
        world.sandbox.add_person(Person(number, f"Person {number}", "en"))
    await world.ask(FIT)  # the drawing process starts with the first picture
    table = Table("answer", "", "answers", "median", "95th percentile", "worst, ms")
    for text, name in OTHERS.items():
        await world.ask(text)
        quiet = [await _timed(world, text) for _ in range(QUIET)]
        begun = time.perf_counter()
        drawn = asyncio.gather(*(world.ask(FIT, person=number) for number in people))
        busy = []
        while not drawn.done():
            busy.append(await _timed(world, text))
        pictures = [answer for answer in await drawn if answer.get("photo")]
        seconds = time.perf_counter() - begun
        assert len(pictures) == PICTURES
        table.add_row(name, "before", *_figures(quiet))
        table.add_row("", f"while {PICTURES} are drawn in {seconds:.1f} s", *_figures(busy))
        more = statistics.median(busy) - statistics.median(quiet)
        table.add_row(
            "", f"more (the aim is below {AIM})", "", f"{more:.1f}", f"{_high(busy) - _high(quiet):.1f}"
        )
    console.print(table)


async def _timed(world: World, text: str) -> float:
    """Return the milliseconds until somebody else's message is answered."""
    begun = time.perf_counter()
    await world.ask(text, person=scene.GRACE)
    return 1000 * (time.perf_counter() - begun)


def _figures(times: list[float]) -> list[str]:
    return [str(len(times)), f"{statistics.median(times):.1f}", f"{_high(times):.1f}", f"{max(times):.1f}"]


def _high(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


if __name__ == "__main__":
    main()
