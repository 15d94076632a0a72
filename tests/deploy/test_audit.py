"""`make audit`: what it says of holes, and that it never passes where it could not ask."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.conftest import free_port

ROOT = Path(__file__).parents[2]
LOCK = """\
aiohttp==3.14.5 \\
    --hash=sha256:0133c3c3b54a0bf1e71fa5c1ad95c93f07fd54e24ef1fe182f5122e1573d2bf1
redis==8.1.0 \\
    --hash=sha256:0133c3c3b54a0bf1e71fa5c1ad95c93f07fd54e24ef1fe182f5122e1573d2bf1
"""

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pip_audit") is None, reason="pip-audit is not installed: make setup"
)


class Database(ThreadingHTTPServer):
    """A stand-in for the advisory database: it knows holes by package, and may fail for some."""

    def __init__(self, holes: dict[str, str], fails_for: str = "") -> None:
        self.holes, self.fails_for = holes, fails_for
        super().__init__(("127.0.0.1", 0), Answer)


class Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = asked["package"]["name"]
        assert isinstance(self.server, Database)
        hole = self.server.holes.get(name)
        known = {"vulns": [self.hole(name, hole)]} if hole else {}
        self.send_response(500 if name == self.server.fails_for else 200)
        self.end_headers()
        self.wfile.write(json.dumps(known).encode())

    def hole(self, name: str, hole: str) -> dict[str, object]:
        package = {"name": name, "ecosystem": "PyPI"}
        events = [{"introduced": "0"}, {"fixed": "99"}]
        affected = [{"package": package, "ranges": [{"type": "ECOSYSTEM", "events": events}]}]
        return {"id": hole, "modified": "2026-01-01T00:00:00Z", "summary": "a hole", "affected": affected}

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "some.lock"
    path.write_text(LOCK)
    return path


@pytest.fixture
def serve() -> Iterator[dict[str, Database]]:
    served: dict[str, Database] = {}
    yield served
    for database in served.values():
        database.shutdown()
        database.server_close()


def audited(lock: Path, url: str) -> tuple[int, str]:
    environment = {**os.environ, "TONEFIT_AUDIT_URL": url}
    command = [sys.executable, "deploy/audit.py", str(lock)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    return done.returncode, done.stdout + done.stderr


def answered_by(database: Database, served: dict[str, Database]) -> str:
    served["one"] = database
    threading.Thread(target=database.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{database.server_address[1]}/v1/query"


def test_without_known_holes_it_passes_and_says_how_many_it_asked_about(
    lock: Path, serve: dict[str, Database]
) -> None:
    code, said = audited(lock, answered_by(Database({}), serve))
    assert (code, "no hole is known in 2 packages" in said) == (0, True), said


def test_a_known_hole_is_named_and_fails(lock: Path, serve: dict[str, Database]) -> None:
    code, said = audited(lock, answered_by(Database({"redis": "PYSEC-2026-1"}), serve))
    assert code == 1
    assert "redis 8.1.0: PYSEC-2026-1" in said


def test_a_database_that_cannot_be_reached_is_said_and_is_no_pass(lock: Path) -> None:
    code, said = audited(lock, f"http://127.0.0.1:{free_port()}/v1/query")
    assert code == 3
    assert "The advisory database cannot be reached: nothing was checked" in said


def test_a_database_that_fails_for_one_package_is_no_pass(lock: Path, serve: dict[str, Database]) -> None:
    code, said = audited(lock, answered_by(Database({}, fails_for="redis"), serve))
    assert code == 3, said


def test_make_audit_asks_about_every_lock() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    assert "deploy/audit.py" in text.partition("\naudit: setup\n")[2].splitlines()[0]
    for name in ("requirements.lock", "deploy/s3.lock"):
        assert f'"{name}"' in (ROOT / "deploy" / "audit.py").read_text("utf-8")
