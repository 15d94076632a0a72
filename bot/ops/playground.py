"""Points typed into the page: read by the parser of `/fit`, fitted, told and drawn as in a chat."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass, replace
from typing import Any

from handlers.context import Services
from handlers.fit_card import caption
from handlers.fit_options import Theme
from handlers.fit_pictures import Picture, fit_picture
from handlers.fit_record import as_record
from handlers.texts import Texts
from handlers.typed_fit import fit_typed
from ml.plots import PlotError


@dataclass(frozen=True)
class Played:
    """A fit: the bot's words, the figures of the HTTP API, and a PNG in base64, empty where there is none."""

    words: str
    fit: dict[str, Any]
    picture: str


async def play(services: Services, text: str, theme: Theme, t: Texts) -> Played:
    """Fit what was typed.

    Raises:
        Refusal: It cannot be read or fitted.
    """
    async with services.calculations:
        words, record, picture = await asyncio.to_thread(_fit, text, theme, t)
    return Played(words, record, await _draw(services, picture) if picture is not None else "")


def _fit(text: str, theme: Theme, t: Texts) -> tuple[str, dict[str, Any], Picture | None]:
    found = fit_typed(text)
    kept, asked = replace(found.kept, theme=theme), found.asked
    return caption(kept, t, asked), as_record(kept.fit, asked), fit_picture(kept, found.points.data, t, asked)


async def _draw(services: Services, picture: Picture) -> str:
    try:
        return base64.b64encode(await services.plotter.draw(*picture)).decode()
    except PlotError:
        return ""
