"""The local Bot API: Telegram's chats, people and HTTP interface on this machine, with a web chat."""

from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox

__all__ = ["Fault", "Sandbox"]
