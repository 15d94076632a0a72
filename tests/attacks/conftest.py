"""What attacks are tried on: bots as processes, and chats with the handlers."""

from tests.faults.conftest import field
from tests.handlers.conftest import group, services, talk
from tests.ml.conftest import workers

__all__ = ["field", "group", "services", "talk", "workers"]
