"""What operators and programs see of the bot over HTTP: probes, figures, a page, an API."""

from __future__ import annotations

from bot.ops.server import Ops

__all__ = ["Ops"]
