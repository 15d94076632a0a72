"""What is asked where the bot is not: by inline mode, and by a mention as a guest. Nothing is kept."""

from __future__ import annotations

import asyncio

from handlers.context import Hearing
from handlers.errors import Refusal
from handlers.fit_card import caption
from handlers.fit_words import refuse_fit
from handlers.grammar import normalise, read_command
from handlers.kept_fit import Source, fit_points
from handlers.messages import Asked, Found, Reply
from handlers.points import parse_fit
from handlers.routing import FIRST_WORD, strip_mention
from handlers.sentiment import sentiment_card
from handlers.texts import N_, Texts, language_of
from ml.regression import FitError

LONGEST = 256  # characters of an inline query
FIT_WORDS = frozenset({"fit", "拟合"})
USAGE = N_("Write a text for its tone, or for example: fit 1,2 2,4 3,6")
TOO_MUCH = N_("That was a lot at once. I answer you again in a minute.")
NO_POINTS = N_("Write points behind it, for example: fit 1,2 2,4 3,6")


async def asked(hearing: Hearing, asked: Asked) -> None:
    """Answer what is asked in somebody else's chat."""
    await (answer_guest if asked.guest else answer_inline)(hearing, asked)


async def answer_inline(hearing: Hearing, asked: Asked) -> None:
    """Answer `@bot text` with its tone, `@bot fit ...` with the equation; only the asker sees the results."""
    t = _language(hearing, asked)
    text = normalise(asked.text).strip()[:LONGEST]
    if not text:
        await hearing.outbox.answer_inline(asked.id, (), t(USAGE))
        return
    found = await _find(hearing, text, t)
    await hearing.outbox.answer_inline(asked.id, (found,), "")


async def answer_guest(hearing: Hearing, asked: Asked) -> None:
    """Answer a mention in a chat that the bot is not in: about its own text, else the message replied to."""
    t = _language(hearing, asked)
    text = normalise(strip_mention(asked.text, hearing.services.bot_username)[0]).strip()
    command = read_command(text)
    if command is not None:
        text = f"{command.name} {command.rest}".strip()
    word, rest = _split(text)
    if word in {"s", "sentiment", "情感"}:
        text = rest
    if not text:
        text = asked.quoted
    elif word in FIT_WORDS and not rest:
        text = f"{text} {asked.quoted}"
    found = await _find(hearing, text, t) if text.strip() else Found("", Reply(t(USAGE)), kind="refusal")
    await hearing.outbox.answer_guest(asked.id, found)


async def refuse(hearing: Hearing, asked: Asked) -> None:
    """Tell somebody who asks too much, once."""
    words = _language(hearing, asked)(TOO_MUCH)
    if asked.guest:
        await hearing.outbox.answer_guest(asked.id, Found("", Reply(words), kind="refusal"))
    else:
        await hearing.outbox.answer_inline(asked.id, (), words)


def _language(hearing: Hearing, asked: Asked) -> Texts:
    """Return the words of the asker's own choice, else of their Telegram."""
    code = asked.by.language_code
    return Texts(language_of(code)) if hearing.settings.language is None and code else hearing.t


def _split(text: str) -> tuple[str, str]:
    found = FIRST_WORD.match(text)
    return (found["word"].lower(), text[found.end() :]) if found else ("", text)


async def _find(hearing: Hearing, text: str, t: Texts) -> Found:
    word, rest = _split(text)
    try:
        return await _fit(hearing, rest, t) if word in FIT_WORDS else await _tone(hearing, text, t)
    except Refusal as refusal:
        words = refusal.words(t)
        return Found(t("That is no fit yet"), Reply(words), words, "refusal")


async def _tone(hearing: Hearing, text: str, t: Texts) -> Found:
    said = sentiment_card(await hearing.services.predictor.predict(text[:2000]), "", t).text
    return Found(said, Reply(f"“{text}”\n{said}"), text)


async def _fit(hearing: Hearing, table: str, t: Texts) -> Found:
    """Fit points by the same parser as `/fit`."""

    def work() -> tuple[str, str]:
        options, points = parse_fit(table, None)
        if points is None:
            raise Refusal(NO_POINTS)
        try:
            kept = fit_points(points, options, Source(table))
        except FitError as error:
            raise refuse_fit(error) from error
        return kept.fit.equation(), caption(kept, t)

    async with hearing.services.calculations:
        equation, whole = await asyncio.to_thread(work)
    return Found(equation, Reply(whole), whole.partition("\n")[0], "fit")
