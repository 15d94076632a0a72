"""Pictures as PNG, drawn in a process of their own: matplotlib costs 30 MB, and drawing blocks."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import struct
import sys
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

DRAW_TIMEOUT = 20.0  # seconds for a picture
START_TIMEOUT = 60.0  # seconds for the first start on a machine, when matplotlib looks at every font
CLOSE_TIMEOUT = 2.0  # seconds
HEADER = struct.Struct(">?I")  # whether it went well, and the length of what follows
LARGEST = 32 * 1024 * 1024  # bytes of a frame


class PlotError(RuntimeError):
    """A picture could not be drawn; the text answer can go without it."""


class Plotter:
    """Draws with `ml.drawings` in one side process: begun on first use, ended with us, replaced."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """The process that draws, if one runs."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        """Do nothing: the process starts with the first picture."""

    async def close(self) -> None:
        """End the side process."""
        async with self._turn:
            await self._stop()

    async def draw(self, name: str, payload: dict[str, Any]) -> bytes:
        """Draw a picture by the name of its function in `ml.drawings` and return the PNG.

        Args:
            payload: Plain JSON with all words already in the reader's language.

        Raises:
            PlotError: The drawing failed, took longer than 20 s, or its process died twice.
        """
        request = json.dumps({"name": name, "payload": payload}).encode()
        async with self._turn:
            try:
                return await self._ask(request)
            except (ConnectionError, asyncio.IncompleteReadError):
                log.warning("the drawing process died; starting another")
                await self._stop()
            try:
                return await self._ask(request)
            except (ConnectionError, asyncio.IncompleteReadError) as error:
                await self._stop()
                raise PlotError("the drawing process died twice") from error

    async def _ask(self, request: bytes) -> bytes:
        process = await self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            async with asyncio.timeout(DRAW_TIMEOUT):
                process.stdin.write(HEADER.pack(True, len(request)) + request)
                await process.stdin.drain()
                fine, answer = await _read_frame(process.stdout)
        except TimeoutError as error:
            await self._stop()
            raise PlotError(f"no picture within {DRAW_TIMEOUT:.0f} s") from error
        except asyncio.CancelledError:
            await self._stop()  # its answer to nobody would be taken for the next one
            raise
        if not fine:
            raise PlotError(answer.decode())
        return answer

    async def _running(self) -> asyncio.subprocess.Process:
        """Return the side process, and start it where there is none."""
        if self._process is not None and self._process.returncode is None:
            return self._process
        root = Path(__file__).parent.parent
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "ml.drawing_process",
            str(os.getpid()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LARGEST,
            cwd=root,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg"},
            start_new_session=True,  # Ctrl-C in a terminal is for us, who then end it
        )
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(START_TIMEOUT):
                await _read_frame(self._process.stdout)  # it says when it is ready
        except TimeoutError as error:
            await self._stop()
            raise PlotError("the drawing process does not start") from error
        except asyncio.CancelledError:
            await self._stop()
            raise
        return self._process

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def width(text: str) -> int:
    """Return how wide a text is, in narrow letters.

    >>> width("y = 2x"), width("体重")
    (6, 4)
    """
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)


async def _read_frame(stream: asyncio.StreamReader) -> tuple[bool, bytes]:
    fine, length = HEADER.unpack(await stream.readexactly(HEADER.size))
    return fine, await stream.readexactly(length)
