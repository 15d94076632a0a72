"""`/fit` and `/predict`: a curve through points, and what the buttons below it do."""

from __future__ import annotations

from dataclasses import replace

from handlers.context import Context
from handlers.errors import Refusal
from handlers.fit_answer import answer, in_thread, send_table, show_residuals
from handlers.fit_card import invitation, predict_question, prediction_card, unfitted_card
from handlers.fit_options import Options, read_options
from handlers.grammar import read_command
from handlers.kept_fit import KeptFit, Source, find_kept, find_source, fit_points, unfitted
from handlers.messages import Document, Message
from handlers.mood_points import mood_points, read_fit_mood
from handlers.number_cells import Commas
from handlers.point_files import MOST_BYTES, read_file, too_large
from handlers.points import LONGEST_TYPED, Points, parse_fit, too_many_typed
from handlers.predictions import predictions
from handlers.rights import check_admin
from handlers.texts import N_
from ml.regression.spec import MAX_DEGREE

DEGREES = frozenset(map(str, range(1, MAX_DEGREE + 1)))
CURVE_EXAMPLE = "poly2 0,1.1 1,2.2 2,5.1 3,9.8 4,17.3 5,25.9"
NO_POINTS = N_("That message holds no points. Reply to a table of numbers or a CSV file.")


async def fit(context: Context) -> None:
    """Fit a curve to the points of a message, of the one it replies to, of a file, or to the group's mood."""
    asked = read_fit_mood(context.args)
    if asked is not None:
        await _fit_mood(context, *asked)
        return
    source = find_points(context.message, context.args)
    if source is not None:
        await _fit(context, source)
    elif context.session.fit is not None and context.args.strip():
        # "/fit poly2" after a fit: the same points in another way
        kept, options = find_kept(context.session.fit), read_options(context.args)[0]
        await answer(context, await in_thread(context, lambda: kept.refitted(options.spec)))
    else:
        await context.reply(invitation(context.t))


async def press(context: Context) -> None:
    """Do what a button below a fit says."""
    verb, _, rest = context.args.partition(":")
    fit_id, _, argument = rest.partition(":")
    if verb == "try":
        await fit(replace(context, args=CURVE_EXAMPLE))
    elif verb == "commas":
        source = find_source(context.session.fit, fit_id)
        await _fit(context, source, "thousands" if argument == "thousands" else "decimal", fit_id)
    else:
        await _use(context, find_kept(context.session.fit, fit_id), verb, argument)


async def predict(context: Context) -> None:
    """Say what the last fit foretells; without a value, ask for one."""
    context.session.close("predict")
    kept = find_kept(context.session.fit)
    if context.args.strip():
        await context.reply(prediction_card(kept, predictions(context.args, kept), context.t))
    else:
        await _ask(context, kept)


def find_points(message: Message, args: str) -> Source | None:
    """Return where the points of a `/fit` are: behind the command, in its file, in the message it replies to.

    Raises:
        Refusal: The file is too large, or that message holds no points.
    """
    if len(args) > LONGEST_TYPED:
        raise too_many_typed()
    if args.strip() and read_options(args)[1].strip():
        return Source(args)
    quoted = message.quoted
    document = message.document or (quoted.document if quoted is not None else None)
    if document is not None:
        if document.size > MOST_BYTES:
            raise too_large()
        return Source(args, document.file_id)
    if quoted is None or quoted.from_bot:
        return None
    command = read_command(quoted.text)
    text = command.rest if command is not None else quoted.text
    if args.strip():
        text = f"{args.strip()}\n{read_options(text)[1]}"
    if not text.strip():
        raise Refusal(NO_POINTS)
    return Source(text)


async def _use(context: Context, kept: KeptFit, verb: str, argument: str) -> None:
    if verb == "predict":
        await _ask(context, kept)
    elif verb == "residuals":
        await show_residuals(context, kept)
    elif verb == "csv":
        await send_table(context, kept)
    else:
        changed = await in_thread(context, lambda: _changed(kept, verb, argument))
        await answer(context, changed, edit=True)


def _changed(kept: KeptFit, verb: str, argument: str) -> KeptFit:
    """Return the fit that a button asks for."""
    if verb == "degree" and argument in DEGREES:
        return kept.refitted(replace(kept.fit.spec, degree=int(argument)))
    if verb == "without":
        return kept.without_outliers()
    if verb == "all":
        return kept.refitted(excluded=())
    return kept


async def _ask(context: Context, kept: KeptFit) -> None:
    await context.ask({"ask": "predict"}, predict_question(kept, context.t), anew=True)


async def _fit(context: Context, source: Source, commas: Commas | None = None, fit_id: str = "") -> None:
    """Read points and fit them; with an id, in the place of the answer whose button was pressed."""
    options, points = await _read(context, source, commas)
    try:
        kept = await in_thread(context, lambda: fit_points(points, options, source, fit_id))
    except Refusal as refusal:
        record = unfitted(points, source)
        if record is None:
            raise
        context.session.fit = record
        await context.reply(unfitted_card(refusal, points, record["id"], context.t))
        return
    asked = predictions(" ".join(options.predict), kept) if options.predict else None
    await answer(context, kept, points.data, asked, edit=bool(fit_id))


async def _fit_mood(context: Context, days: int, rest: str) -> None:
    """Fit the mood of this group or topic, a point for each stretch of time that may be shown."""
    await check_admin(context)
    options, points = read_options(rest)[0], await mood_points(context, days)
    kept = await in_thread(context, lambda: fit_points(points, options, Source(), ""))
    asked = predictions(" ".join(options.predict), kept) if options.predict else None
    await answer(context, kept, points.data, asked)


async def _read(context: Context, source: Source, commas: Commas | None) -> tuple[Options, Points]:
    if source.file_id:
        content = await context.outbox.download(Document(source.file_id))
        options = read_options(source.text)[0]
        return options, await in_thread(context, lambda: read_file(content, options, commas))
    options, points = await in_thread(context, lambda: parse_fit(source.text, commas))
    if points is None:
        raise Refusal(NO_POINTS)
    return options, points
