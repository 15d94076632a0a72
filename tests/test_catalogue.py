"""Every sentence that the bot says stands in every catalogue, with the same places to fill in."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from handlers.texts import FILES, Texts

ROOT = Path(__file__).parent.parent
KEYWORDS = {"t": None, "N_": None, "plural": (1, 2)}
PLACE = re.compile(r"\{(\w+)[^}]*\}")


def said_in_code() -> set[str | tuple[str, ...]]:
    files = [*(ROOT / "handlers").glob("*.py"), *(ROOT / "bot").glob("*.py")]
    found = [entry for file in files for entry in extract_from_file("python", file, keywords=KEYWORDS)]
    return {message for _, message, _, _ in found if message}


def catalogue(language: str) -> Catalog:
    with (ROOT / "bot" / "locales" / f"{FILES[language]}.po").open("rb") as source:
        return read_po(source, locale=FILES[language])


@pytest.mark.parametrize("language", FILES)
def test_every_sentence_is_translated(language: str) -> None:
    said = [message for message in catalogue(language) if not message.fuzzy]  # gettext leaves those out
    known = {message.id for message in said if message.id and all(_strings(message.string))}
    keys = {message[0] if isinstance(message, tuple) else message for message in said_in_code()}
    translated = {identity[0] if isinstance(identity, tuple) else identity for identity in known}
    assert sorted(keys - translated) == []


@pytest.mark.parametrize("language", FILES)
def test_no_translation_is_left_of_a_sentence_that_nobody_says(language: str) -> None:
    keys = {message[0] if isinstance(message, tuple) else message for message in said_in_code()}
    known = {m.id[0] if isinstance(m.id, tuple) else m.id for m in catalogue(language) if m.id}
    assert sorted(known - keys) == []


@pytest.mark.parametrize("language", FILES)
def test_a_translation_fills_in_the_same_values(language: str) -> None:
    wrong = []
    for message in catalogue(language):
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        places = set(PLACE.findall(originals[-1]))
        if message.id and any(set(PLACE.findall(said)) != places for said in _strings(message.string)):
            wrong.append(originals[0])
    assert wrong == []


def test_a_sentence_is_said_in_the_language_asked_for() -> None:
    assert Texts("zh")("positive") == "积极"
    assert Texts("en")("positive") == "positive"


def _strings(said: str | tuple[str, ...]) -> tuple[str, ...]:
    return said if isinstance(said, tuple) else (said,)
