"""What is asked where the bot is not: by inline mode, and by a mention as a guest. Nothing is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from handlers.context import Command, Hearing
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
TONE_WORDS = frozenset({"s", "sentiment", "情感"})
BARE_WORDS = FIT_WORDS | TONE_WORDS - {"s"}  # that need no slash, which nobody writes behind a mention
USAGE = N_("Write a text for its tone, or for example: fit 1,2 2,4 3,6")
TOO_MUCH = N_("That was a lot at once. I answer you again in a minute.")
NO_POINTS = N_("Write points behind it, for example: fit 1,2 2,4 3,6")


async def asked(hearing: Hearing, asked: Asked) -> None:
    """Answer what is asked in somebody else's chat."""
    await (answer_guest if asked.guest else answer_inline)(hearing, asked)


async def answer_inline(hearing: Hearing, asked: Asked) -> None:
    """Answer `@bot text` with its tone, `@bot fit ...` with the equation; only the asker sees the results."""
    t = _language(hearing, asked)
    found = await _find(hearing, normalise(asked.text).strip()[:LONGEST], "", t)
    await hearing.outbox.answer_inline(asked.id, (found,) if found else (), "" if found else t(USAGE))


async def answer_guest(hearing: Hearing, asked: Asked) -> None:
    """Answer a mention in a chat that the bot is not in: about its own text, else the message replied to."""
    t = _language(hearing, asked)
    text = normalise(strip_mention(asked.text, hearing.services.bot_username)[0]).strip()
    found = await _find(hearing, text or asked.quoted.strip(), asked.quoted.strip(), t)
    await hearing.outbox.answer_guest(asked.id, found or Found("", Reply(t(USAGE)), kind="refusal"))


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


def _command(text: str, commands: Sequence[Command]) -> tuple[str, str]:
    """Return the command that a text begins with, and what follows; "" where it begins with none."""
    found, written = FIRST_WORD.match(text), read_command(text)
    if written is not None:
        return written.name, written.rest
    if found is None:
        return "", text
    word, rest = found["word"].lower(), text[found.end() :]
    slash = text.startswith("/") and any(command.called(word) for command in commands)
    return (word, rest) if slash or word in BARE_WORDS else ("", text)


async def _find(hearing: Hearing, text: str, quoted: str, t: Texts) -> Found | None:
    """Return what is told of a text or of the one replied to, None where it asks for something else."""
    word, rest = _command(text, hearing.services.commands)
    try:
        if word in FIT_WORDS:
            return await _fit(hearing, rest or quoted, t)
        if word and word not in TONE_WORDS:
            return None
        return await _tone(hearing, rest or quoted, t) if rest or quoted else None
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
