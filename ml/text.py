"""What a text looks like before it is cut into pieces: one form for what people mean alike."""

from __future__ import annotations

import re
import unicodedata

LONGEST = (
    4096  # characters that are read: the halves at both ends, where reviews and posts say what they think
)
RUN = 3  # repeats that are kept: "soooooo" and "sooooooooo" say the same, "so" says less

SURROGATES = re.compile("[\ud800-\udfff]")
# Controls, joiners, direction marks, variation selectors and skin tones: the emoji below them stays.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ufff0-\uffff\U0001f3fb-\U0001f3ff\U000e0000-\U000e01ef]"
)
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
URL = re.compile(r"(?:https?://|www\.)[^\s\u3000-\u9fff\uff00-\uffef]+", re.IGNORECASE)
MENTION = re.compile(r"(?<![\w.])@\w{1,64}")
ELONGATED = re.compile(r"(.)\1{3,}", re.DOTALL)
# U+02BC is a letter, so "can't" stays one word where punctuation is split off.
QUOTES = str.maketrans({"’": "ʼ", "‘": "ʼ", "'": "ʼ", "`": "ʼ", "“": '"', "”": '"', "…": "..."})


def normalise(text: str) -> str:
    """Return the form of a text that the model reads: NFKC, lower case, URLs and mentions folded.

    Any string has one, an empty one and one with NUL or lone surrogates too. Emoji stay.

    >>> normalise("Ｓooooooo GOOD 😍\\x00 @maria https://t.co/x1")
    'sooo good 😍 @user http'
    """
    if len(text) > LONGEST:
        text = text[: LONGEST // 2] + " " + text[-LONGEST // 2 :]
    if text.isascii():
        text = CONTROLS.sub("", text).lower().replace("'", "ʼ").replace("`", "ʼ")
    else:
        text = unicodedata.normalize("NFKC", SURROGATES.sub("", text))
        text = INVISIBLE.sub("", text).lower().translate(QUOTES)
    if "http" in text or "www." in text:
        text = URL.sub("http", text)
    if "@" in text:
        text = MENTION.sub("@user", text)
    return " ".join(ELONGATED.sub(r"\1\1\1", text).split())
