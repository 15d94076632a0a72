"""A Valkey of a benchmark's own, in a folder that goes with it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import Valkey


@contextlib.contextmanager
def server() -> Iterator[tuple[Valkey, Path]]:
    """Run a server and give it with its folder."""
    with tempfile.TemporaryDirectory() as folder:
        valkey = Valkey(Path(folder))
        valkey.start()
        try:
            yield valkey, Path(folder)
        finally:
            valkey.kill()
