"""What is answered where the bot is not, by inline mode and to a mention as a guest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handlers import COMMANDS
from handlers.context import Hearing
from handlers.elsewhere import USAGE, asked
from handlers.messages import Asked, Chat
from handlers.texts import Texts
from tests.handlers.conftest import ANNA, Talk

BAD = "this is terrible, I hate it so much"


async def answered(talk: Talk, text: str, quoted: str = "", *, guest: bool = True) -> str:
    """Ask elsewhere and return what is told, or the hint where nothing is."""
    services = replace(talk.services, commands=COMMANDS)
    hearing = Hearing(talk.settings, services, talk.outbox, Texts("en"))
    text = f"@tonefit_bot {text}" if guest else text
    await asked(hearing, Asked(1, Chat(ANNA.id, "private"), "q", ANNA, text, quoted, guest))
    _, found, hint = talk.outbox.found[-1]
    return found[0].reply.text if found else hint


@pytest.mark.parametrize("guest", [True, False])
@pytest.mark.parametrize("text", ["/op", "/op log 7F3K", "/mood 30d", "/nonsense at all", "/心情", ""])
async def test_a_command_of_other_places_is_told_what_can_be_asked_here(
    talk: Talk, text: str, guest: bool
) -> None:
    assert await answered(talk, text, guest=guest) == USAGE
    if guest:
        assert (await answered(talk, text, BAD) == USAGE) is bool(text)


@pytest.mark.parametrize("guest", [True, False])
@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"/s {BAD}", f"“{BAD}”\n🙁 negative"),
        (f"/sentiment@tonefit_bot {BAD}", f"“{BAD}”\n🙁 negative"),
        (f"情感 {BAD}", f"“{BAD}”\n🙁 negative"),
        (f"/x/y {BAD}", f"“/x/y {BAD}”\n🙁 negative"),
        (f"s {BAD}", f"“s {BAD}”\n🙁 negative"),
        ("/fit 1,2 2,4 3,6.3", "y = "),
        ("/拟合 1,2 2,4 3,6.3", "y = "),
        ("fit", "Write points behind it"),
    ],
)
async def test_a_tone_and_a_fit_are_asked_for_with_and_without_a_slash(
    talk: Talk, text: str, told: str, guest: bool
) -> None:
    assert (await answered(talk, text, guest=guest)).startswith(told)


@pytest.mark.parametrize(
    ("text", "quoted", "told"),
    [
        ("", BAD, f"“{BAD}”\n🙁 negative"),
        ("/s", BAD, f"“{BAD}”\n🙁 negative"),
        ("fit", "1,2 2,4 3,6.3", "y = "),
        ("", "fit 1,2 2,4 3,6.3", "y = "),
        ("", "/op", USAGE),
    ],
)
async def test_a_guest_without_words_of_its_own_reads_the_message_replied_to(
    talk: Talk, text: str, quoted: str, told: str
) -> None:
    assert (await answered(talk, text, quoted)).startswith(told)
