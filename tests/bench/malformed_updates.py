"""10,000 malformed updates through the real intake and dispatcher: how long, and that nothing breaks."""

from __future__ import annotations

import asyncio

from bot.sandbox.server import Sandbox
from tests.bench.server import server
from tests.faults.conftest import Field
from tests.faults.test_malformed import survive

COUNT = 10_000
SEED = 2  # another than the tests have


def main() -> None:
    """Print the time, or fail where an update broke something."""
    seconds = asyncio.run(_run())
    print(f"{COUNT:,} malformed updates: {seconds:.1f} s, none became a dead letter or an error in the log")


async def _run() -> float:
    with server() as (valkey, folder):
        async with Sandbox() as sandbox:
            field = Field(sandbox, valkey, folder)
            try:
                return await survive(field, COUNT, SEED)
            finally:
                for bot in field.bots:
                    bot.end()


if __name__ == "__main__":
    main()
