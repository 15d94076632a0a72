"""The catalogue of everything the bot says: English in the code, other languages in `bot/locales`."""

from __future__ import annotations

import gettext
from collections.abc import Iterable
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = {"en": "English", "zh": "简体中文"}
CATALOGUES = Path(__file__).parent.parent / "bot" / "locales"
FILES = {"zh": "zh_Hans"}
JOINTS = {"en": (", ", ", ", " "), "zh": ("、", "，", "")}  # between words, clauses and sentences


def N_(sentence: str) -> str:  # noqa: N802 - gettext's name for it
    """Mark a sentence for the catalogue where it is written and not yet said."""
    return sentence


def language_of(code: str | None) -> str:
    """Return the language of the catalogue for an IETF code: any `zh*` is Simplified Chinese.

    >>> language_of("zh-TW"), language_of("de"), language_of(None)
    ('zh', 'en', 'en')
    """
    return "zh" if (code or "").lower().startswith("zh") else "en"


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    """Read a catalogue from its source, so that there is no compiled copy to forget."""
    if language not in FILES:
        return gettext.NullTranslations()
    compiled = BytesIO()
    with (CATALOGUES / f"{FILES[language]}.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale=FILES[language]))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


class Texts:
    """Says a sentence of the catalogue in one language.

    >>> Texts("en")("{count} examples", count=3)
    '3 examples'
    """

    def __init__(self, language: str = "en") -> None:
        self.language = language
        self._catalogue = _catalogue(language)

    def __call__(self, sentence: str, /, **values: object) -> str:
        """Say a sentence with its values filled in."""
        said = self._catalogue.gettext(sentence)
        return said.format(**values) if values else said

    def plural(self, one: str, many: str, count: int, /, **values: object) -> str:
        """Say a sentence that depends on a number, which fills `{count}`."""
        return self._catalogue.ngettext(one, many, count).format(count=f"{count:,}", **values)

    def listed(self, words: Iterable[str]) -> str:
        """Write words as a list.

        >>> Texts("en").listed(["junk", "fine"]), Texts("zh").listed(["广告", "正常"])
        ('junk, fine', '广告、正常')
        """
        return JOINTS[self.language][0].join(words)

    def clauses(self, clauses: Iterable[str]) -> str:
        """Write clauses as one sentence."""
        return JOINTS[self.language][1].join(clauses)

    def sentences(self, sentences: Iterable[str]) -> str:
        """Write sentences one after the other, which Chinese does without a blank."""
        return JOINTS[self.language][2].join(sentences)
