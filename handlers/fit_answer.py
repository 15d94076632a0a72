"""How a fit is answered: with a picture where one can be drawn, kept in the session for what comes next."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

from handlers.context import Context
from handlers.errors import Refusal
from handlers.fit_card import fit_card, residual_card
from handlers.fit_pictures import Picture, fit_picture, residual_picture, table_of
from handlers.fit_words import refuse_fit
from handlers.kept_fit import OTHER_FIT, KeptFit
from handlers.messages import File, Reply
from handlers.predictions import Predictions
from ml.plots import PlotError
from ml.regression import FitError, Observations

log = logging.getLogger(__name__)

T = TypeVar("T")


async def answer(
    context: Context,
    kept: KeptFit,
    data: Observations | None = None,
    asked: Predictions | None = None,
    *,
    edit: bool = False,
) -> None:
    """Send a fit, or put it in the place of the one whose button was pressed.

    Args:
        data: The observations, where there are more than the session keeps.
    """
    context.session.fit = kept.to_dict()
    shown = data if data is not None else kept.used
    photo = None
    if shown is not None:
        photo = await draw(
            context, await in_thread(context, lambda: fit_picture(kept, shown, context.t, asked))
        )
    card = fit_card(kept, photo, context.t, asked)
    if edit:
        await context.edit(card)
    else:
        await context.reply(card)


async def show_residuals(context: Context, kept: KeptFit) -> None:
    """Put the residuals in the place of the curve."""
    data = _points_of(kept)
    photo = await draw(context, await in_thread(context, lambda: residual_picture(kept, data, context.t)))
    await context.edit(residual_card(kept, photo, context.t))


async def send_table(context: Context, kept: KeptFit) -> None:
    """Send the points with fitted values and intervals as a file."""
    data = _points_of(kept)
    content = await in_thread(context, lambda: table_of(kept, data))
    words = context.t("Fitted values, residuals and {ci} % intervals.", ci=f"{kept.fit.spec.ci:g}")
    await context.reply(Reply(words, document=File("fit.csv", content)))


async def draw(context: Context, picture: Picture) -> bytes | None:
    """Draw a picture; where that fails the words go without it."""
    name, payload = picture
    try:
        return await context.services.plotter.draw(name, payload)
    except PlotError as error:
        log.warning("no picture: %s", error)
        return None


async def in_thread(context: Context, work: Callable[[], T]) -> T:
    """Do work on numbers where it keeps nobody waiting: in a thread, and not in many at a time.

    Raises:
        Refusal: The points cannot be fitted.
    """
    try:
        async with context.services.calculations:
            return await asyncio.to_thread(work)
    except FitError as error:
        raise refuse_fit(error) from error


def _points_of(kept: KeptFit) -> Observations:
    data = kept.used
    if data is None:
        raise Refusal(OTHER_FIT)
    return data
