"""`/op maintenance`: what is read and said."""

from __future__ import annotations

import pytest

from handlers import forget, op
from handlers.errors import Refusal
from handlers.op_maintenance import read_sentence
from tests.handlers.conftest import Talk, data_of


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ('"Back soon."', "Back soon."),
        ("“Back soon.”", "Back soon."),
        ("«Back\nsoon.»", "Back\nsoon."),
        ("Back soon.", "Back soon."),
        ('He said "soon"', 'He said "soon"'),
    ],
)
def test_the_sentence_is_read(rest: str, expected: str) -> None:
    assert read_sentence(rest) == expected


@pytest.mark.parametrize("rest", ["", '""', "x" * 1001])
def test_no_sentence_and_one_that_is_too_long_are_refused(rest: str) -> None:
    with pytest.raises(Refusal):
        read_sentence(rest)


async def test_it_is_begun_shown_and_ended(talk: Talk) -> None:
    assert "everybody is answered" in (await talk.say(op.op, "maintenance")).text
    begun = await talk.say(op.op, 'maintenance on "Back soon."')
    assert begun.text.endswith("Back soon.")
    standing = await talk.services.operating.orders.now()
    assert standing.maintenance is not None
    assert standing.maintenance.text == "Back soon."
    assert "Maintenance since" in (await talk.say(op.op)).text
    assert (await talk.say(op.op, "maintenance off")).text == "The maintenance is over."
    assert (await talk.services.operating.orders.now()).maintenance is None
    assert "maintenance on" in (await talk.say(op.op, "maintenance perhaps")).text


async def test_who_is_forgotten_is_known_no_more(talk: Talk) -> None:
    from bot.known import Known

    known = talk.services.operating.known
    assert isinstance(known, Known)
    known.note(7)
    await known.write()
    card = await talk.say(forget.forget, "me")
    await talk.press(forget.press, data_of(card, "Delete it"))
    assert await known.all() == []
