"""Child processes that never outlive their parent."""

from __future__ import annotations

import contextlib
import ctypes
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask Linux to end this process when its parent is gone; other systems know no such thing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def spawn(
    arguments: Sequence[str | Path],
    *,
    environment: dict[str, str] | None = None,
    folder: Path | None = None,
    log: Path | None = None,
    inherit_output: bool = False,
    stdin: int | IO[bytes] | None = subprocess.DEVNULL,
    pass_fds: tuple[int, ...] = (),
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that a Ctrl-C in the terminal reaches the parent alone.

    The parent ends its children in the right order; `die_with_parent` is for a parent that was killed, and
    takes the end of the thread that calls this for the end of the parent.

    Args:
        environment: The whole environment of the child; none: ours.
    """
    with contextlib.ExitStack() as stack:
        output: int | IO[bytes] | None = None if inherit_output else subprocess.DEVNULL
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
            output = stack.enter_context(log.open("ab"))
        return subprocess.Popen(
            [str(argument) for argument in arguments],
            env=environment,
            cwd=folder,
            stdin=stdin,
            stdout=output,
            stderr=output,
            pass_fds=pass_fds,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - set before any thread of ours runs
        )


def end(process: subprocess.Popen[bytes], patience: float = 3.0) -> None:
    """End a child politely, and by force after `patience` seconds."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(2)
