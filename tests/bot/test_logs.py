"""What the log holds, and what it must not."""

import subprocess
import sys

from bot.logs import traceback_without_values

PROGRAM = """
import logging
from bot import logs
logs.set_up()
log = logging.getLogger("x")
log.warning("asked https://api.example/bot123456:AAsecretsecret/getMe")
try:
    float("somebody's private words")
except ValueError:
    log.exception("no number")
"""


def test_neither_a_token_nor_a_persons_words_reach_the_log() -> None:
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30, check=True
    )
    assert "secret" not in said.stderr
    assert "private words" not in said.stderr
    assert "ValueError" in said.stderr


def test_a_traceback_names_every_place_and_cause() -> None:
    def inner() -> None:
        raise KeyError("words")

    try:
        try:
            inner()
        except KeyError as error:
            raise RuntimeError("words") from error
    except RuntimeError as error:
        told = traceback_without_values(error)
    assert "inner" in told
    assert "KeyError" in told
    assert "words" not in told
