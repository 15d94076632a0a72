"""What the log holds, and what it must not."""

import asyncio
import json
import subprocess
import sys

from bot import logs
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


LEVELS = """
import json, logging, sys
from bot import logs
logs.set_up(readable={readable})
logs.set_levels({{5: "debug", 6: "error"}})
log, other = logging.getLogger("bot.x"), logging.getLogger("limits")
log.debug("of nobody")
for chat in (4, 5, 6):
    logs.about(update=chat * 10)
    logs.about(chat=chat, result="ABC" + str(chat))
    log.debug("detail of %s", chat)
    log.warning("warning of %s", chat)
    other.debug("a library's detail of %s", chat)
logs.set_levels({{}})
log.debug("later detail of 5")
"""


def said(program: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    return ran.stderr


def test_every_line_names_what_it_is_about_and_a_chat_has_a_level_of_its_own() -> None:
    lines = [json.loads(line) for line in said(LEVELS.format(readable=False)).splitlines()]
    assert [line["event"] for line in lines] == ["warning of 4", "detail of 5", "warning of 5"]
    assert [(line["update"], line["chat"], line["result"]) for line in lines] == [
        (40, 4, "ABC4"),
        (50, 5, "ABC5"),
        (50, 5, "ABC5"),
    ]


def test_a_person_at_a_terminal_reads_words() -> None:
    lines = said(LEVELS.format(readable=True)).splitlines()
    assert len(lines) == 3
    assert not lines[0].startswith("{")
    for part in ("warning of 4", "chat=4", "result=ABC4", "update=40", "bot.x"):
        assert part in lines[0]


def test_what_a_person_at_a_terminal_reads_holds_no_secret_either() -> None:
    program = PROGRAM.replace("logs.set_up()", "logs.set_up(readable=True)")
    text = said(program)
    assert "secret" not in text
    assert "private words" not in text
    assert "ValueError" in text


async def test_two_updates_at_once_are_not_mixed_up() -> None:
    async def answer(number: int) -> str:
        logs.about(update=number)
        await asyncio.sleep(0)
        logs.about(result=f"R{number}")
        await asyncio.sleep(0)
        return logs.result_told()

    assert await asyncio.gather(*(answer(number) for number in range(5))) == [f"R{n}" for n in range(5)]
    logs.about(update=9)
    assert logs.result_told() == ""
