"""Starts the command line of `bot.cli.commands`."""

from __future__ import annotations

import signal


def main() -> None:
    """Run the command line; a Ctrl-C while its parts are imported ends it without a traceback."""
    usual = signal.signal(signal.SIGINT, signal.SIG_DFL)
    from bot.cli.commands import app

    signal.signal(signal.SIGINT, usual)
    app()


if __name__ == "__main__":
    main()
