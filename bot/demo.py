"""The demo: one process tree with server, local Bot API, bot and worker, and nothing from outside."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from rich.console import Console

from bot import embedded
from bot.connection import connect
from bot.ops.signin import Signins, link_at
from bot.processes import spawn
from bot.sandbox.scene import ADA
from bot.sandbox.server import Sandbox

TOKEN = "1:demo"  # the local Bot API takes any
# A process that does not hear, and a page that does not read, keep nobody at the terminal for over 3 s.
CHILDREN_END = 2.0  # seconds for bot and worker
REST_ENDS = 1.0  # seconds for web chat and server side by side; what was answered is written by then
RESTART_PAUSE = 1.0
LOOK_EVERY = 0.05
OPS_PORT = 9090
OPS_FILE = "ops_listen"  # in the data directory while the demo runs, for `tonefit ops-link --demo`
SETTLE_TIME = 1.0  # seconds before TensorFlow takes a core, so that the first answers do not share it


class AlreadyRuns(RuntimeError):
    """Another demo has the data; the message says where it is."""


@dataclass
class Child:
    """A process of the tree that is started again when it dies."""

    name: str
    process: subprocess.Popen[bytes]


@dataclass
class Demo:
    """Starts the tree, says what runs where, and ends all of it."""

    data_dir: Path
    port: int = 8080
    open_browser: bool = True
    console: Console = field(default_factory=Console)
    children: list[Child] = field(default_factory=list)

    async def run(self) -> None:
        """Run until Ctrl-C."""
        started = time.monotonic()
        stopped = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _owned(self.data_dir / "demo.lock") as lock:
            await self._run_tree(lock, stopped, started)

    async def _run_tree(self, lock: IO[str], stopped: asyncio.Event, started: float) -> None:
        server = await asyncio.to_thread(embedded.start, self.data_dir)
        ops_listen = f"127.0.0.1:{_free_port(OPS_PORT)}"
        sandbox = Sandbox(self.data_dir / "chats")
        try:
            port = _free_port(self.port)
            address = f"http://127.0.0.1:{port}"
            lock.write(address)
            lock.flush()
            (self.data_dir / OPS_FILE).write_text(ops_listen, "utf-8")
            # Nothing that is set for a bot of one's own may reach the demo.
            environment = {key: value for key, value in os.environ.items() if not key.startswith("TONEFIT_")}
            environment |= {
                "TONEFIT_REDIS_URL": server.url,
                "TONEFIT_API_URL": address,
                "TONEFIT_TOKEN": TOKEN,
                "TONEFIT_LIMITS": "off",  # our own Bot API has none of Telegram's
                "TONEFIT_DATA_DIR": str(self.data_dir),
                "TONEFIT_OPS_LISTEN": ops_listen,
                "TONEFIT_OPERATORS": str(ADA),
            }
            # The bot loads while the local Bot API starts; the worker comes last, since TensorFlow
            # takes a core for some seconds.
            self.children = [self._start("bot", environment)]
            self._say("server", f"{server.name}, data in {self.data_dir}")
            await sandbox.start(port=port)
            sandbox.introduce_bot()
            moved = f" (port {self.port} is taken)" if self.port not in {0, port} else ""
            self._say("chat", f"local Bot API and web chat on {address}{moved}")
            watching = asyncio.create_task(self._keep_alive(environment))
            await self._until_ready(sandbox, stopped)
            if not stopped.is_set():
                self._say("bot", f"answers after {time.monotonic() - started:.1f} s")
                self._say("worker", "loads TensorFlow for some seconds; trainings wait for it")
                self._say("logs", str(self.data_dir / "logs"))
                self._say("page", f"for operators, opens once: {await _ops_link(environment)}")
                self.console.print(f"\nOpen [bold]{address}[/bold] in a browser · Ctrl-C ends everything\n")
                self._browse(address)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stopped.wait(), SETTLE_TIME)
            if not stopped.is_set():
                self.children.append(self._start("worker", environment))
                await self._until_ended(server, stopped)
            self.console.print("Ending …")
            watching.cancel()
        finally:
            (self.data_dir / OPS_FILE).unlink(missing_ok=True)
            await asyncio.to_thread(self._end_children)
            await asyncio.gather(sandbox.stop(), asyncio.to_thread(server.stop, REST_ENDS))

    def _start(self, name: str, environment: dict[str, str]) -> Child:
        log = self.data_dir / "logs" / f"{name}.log"
        command = [sys.executable, "-m", "bot", "run" if name == "bot" else name]
        # Started in its own folder, where no `.env` lies.
        return Child(name, spawn(command, environment=environment, folder=self.data_dir, log=log))

    async def _until_ended(self, server: embedded.EmbeddedServer, stopped: asyncio.Event) -> None:
        """Wait for Ctrl-C, or for the end of the server without which nothing works."""
        while not stopped.is_set():
            if server.process is not None and server.process.poll() is not None:
                self.console.print("[red]The embedded server ended; see its log. Start again.[/red]")
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), RESTART_PAUSE)

    async def _until_ready(self, sandbox: Sandbox, stopped: asyncio.Event) -> None:
        """Wait until the bot asks for updates, which is when it answers."""
        while not stopped.is_set() and not sandbox.calls_of("getUpdates"):  # noqa: ASYNC110 - of another process
            await asyncio.sleep(LOOK_EVERY)

    async def _keep_alive(self, environment: dict[str, str]) -> None:
        """Start a child again that died, and say so."""
        while True:
            await asyncio.sleep(RESTART_PAUSE)
            for index, child in enumerate(self.children):
                if child.process.poll() is not None:
                    self.console.print(
                        f"[yellow]The {child.name} ended; starting it again (see {child.name}.log)[/yellow]"
                    )
                    self.children[index] = self._start(child.name, environment)

    def _end_children(self) -> None:
        """End all children at once, and by force those that take too long."""
        for child in self.children:
            with suppress(ProcessLookupError):
                child.process.terminate()
        deadline = time.monotonic() + CHILDREN_END
        for child in self.children:
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                with suppress(subprocess.TimeoutExpired):
                    child.process.wait(0.2)

    def _say(self, what: str, words: str) -> None:
        self.console.print(f"  [green]✓[/green] {what:8} {words}", highlight=False, soft_wrap=True)

    def _browse(self, address: str) -> None:
        """Open the browser where there is a screen: a text browser would take the terminal."""
        if self.open_browser and (sys.platform == "darwin" or os.environ.get("DISPLAY")):
            webbrowser.open(address)


async def _ops_link(environment: dict[str, str]) -> str:
    """Return a link to the operators' page."""
    redis = connect(environment["TONEFIT_REDIS_URL"])
    try:
        return link_at(f"http://{environment['TONEFIT_OPS_LISTEN']}", await Signins(redis).new_link())
    finally:
        await redis.aclose()


@contextmanager
def _owned(path: Path) -> Iterator[IO[str]]:
    """Hold a lock file while the demo runs: two on the same data would take each other's messages.

    Raises:
        AlreadyRuns: Another demo holds it.
    """
    with path.open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            where = lock.read() or "soon; look at its terminal"
            raise AlreadyRuns(
                f"A demo already runs on this data: {where}\n"
                "One more needs a folder of its own: TONEFIT_DATA_DIR=/another/folder make run"
            ) from None
        lock.truncate(0)
        yield lock
        lock.truncate(0)


def _free_port(wanted: int) -> int:
    """Return the wanted port, or any that is free where something else has it."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise OSError("no port is free on this machine")
