"""The side process of `ml.plots`: takes requests on its input and answers each with a picture."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from typing import Any, BinaryIO

from ml.plots import HEADER

PR_SET_PDEATHSIG = 1  # of <sys/prctl.h>
POLITENESS = 5  # a picture must not slow the answers of the bot


def die_with(parent: int) -> None:
    """Ask Linux to end this process with its parent; elsewhere the end of the input does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it was gone before we asked
            raise SystemExit(1)


def main() -> None:
    """Draw until the input ends."""
    die_with(int(sys.argv[1]))
    os.nice(POLITENESS)
    # what a library prints must not get between the frames
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    from ml import drawings  # after the death signal: matplotlib takes a second

    _answer(answers, True, b"")
    while (request := _read(sys.stdin.buffer)) is not None:
        try:
            picture = drawings.draw(request["name"], request["payload"])
        except Exception as error:  # the process outlives any one picture
            _answer(answers, False, f"{type(error).__name__} in {request['name']}".encode())
        else:
            _answer(answers, True, picture)


def _read(requests: BinaryIO) -> dict[str, Any] | None:
    header = requests.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    request: dict[str, Any] = json.loads(requests.read(HEADER.unpack(header)[1]))
    return request


def _answer(answers: BinaryIO, fine: bool, content: bytes) -> None:
    answers.write(HEADER.pack(fine, len(content)) + content)
    answers.flush()


if __name__ == "__main__":
    main()
