"""What a long benchmark has measured so far, in a file, so that it can be made in pieces and go on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Kept:
    """Figures by what they are of, one JSON a line in a file; without a path only in memory.

    Two processes may append to one file: each line is one short write. What the other has measured since
    this one began is measured again, and the last line counts.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path is not None and path.exists() else []
        self._found = {tuple(of): figure for of, figure in map(json.loads, lines)}

    def measured(self, of: tuple[str | int, ...], measure: Callable[[], Any]) -> Any:
        """Return a figure, measured now unless it is there."""
        if of not in self._found:
            self._found[of] = measure()
            if self._path is not None:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([of, self._found[of]]) + "\n")
        return self._found[of]

    def get(self, of: tuple[str | int, ...]) -> Any:
        """Return a figure, None where it was not measured."""
        return self._found.get(of)
