"""The bot with two poisoned commands: `/jobs` always raises, `/models` kills the process."""

import os
import signal
import sys
from dataclasses import replace

from bot import app
from bot.__main__ import main
from handlers import TABLE
from handlers.context import Context


async def raise_always(context: Context) -> None:
    raise RuntimeError("somebody's words")


async def kill_always(context: Context) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


POISON = {"jobs": raise_always, "models": kill_always}

if __name__ == "__main__":
    commands = [
        replace(command, handler=POISON.get(command.name, command.handler)) for command in TABLE.commands
    ]
    app.TABLE = replace(TABLE, commands=tuple(commands))  # type: ignore[attr-defined]
    sys.argv[1:] = ["run"]
    main()
