"""10,000 malformed updates through the real intake and dispatcher: how long, and that nothing breaks."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from bot.sandbox.server import Sandbox
from tests.conftest import Valkey
from tests.faults.conftest import Field
from tests.faults.test_malformed import survive

COUNT = 10_000
SEED = 2  # another than the tests have


def main() -> None:
    """Print the time, or fail where an update broke something."""
    seconds = asyncio.run(_run())
    print(f"{COUNT:,} malformed updates: {seconds:.1f} s, none became a dead letter or an error in the log")


async def _run() -> float:
    with tempfile.TemporaryDirectory() as folder:
        valkey = Valkey(Path(folder))
        valkey.start()
        try:
            async with Sandbox() as sandbox:
                field = Field(sandbox, valkey, Path(folder))
                try:
                    return await survive(field, COUNT, SEED)
                finally:
                    for bot in field.bots:
                        bot.end()
        finally:
            valkey.kill()


if __name__ == "__main__":
    main()
