"""The units: systemd takes them, and finds them well confined."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "deploy" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
MOST_EXPOSED = 2.0  # of 10, as `systemd-analyze security` counts
MULTILINE = re.compile(r"exposure level for \S+: ([\d.]+)")

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze on this machine"
)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units with a program in the place of the one that is installed elsewhere."""
    for path in UNITS.iterdir():
        text = path.read_text("utf-8").replace("/opt/tonefit/bin/tonefit", "/bin/true")
        (tmp_path / path.name).write_text(text)
    return tmp_path


def analyzed(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *words], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("name", [path.name for path in sorted(UNITS.iterdir())])
def test_systemd_understands_every_line(units: Path, name: str) -> None:
    done = analyzed("verify", "--man=no", str(units / name))
    assert (done.returncode, done.stderr) == (0, "")
    unit = units / name
    unit.write_text(unit.read_text() + "\n[Unit]\nNoSuchWord=1\n")
    assert "NoSuchWord" in analyzed("verify", "--man=no", str(unit)).stderr


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_every_service_is_confined(path: Path) -> None:
    done = analyzed("security", "--offline=true", str(path))
    found = MULTILINE.search(done.stdout)
    assert found is not None, done.stderr
    assert float(found[1]) <= MOST_EXPOSED


def test_the_bot_sees_its_token_in_no_environment() -> None:
    text = (UNITS / "tonefit-bot.service").read_text("utf-8")
    assert "LoadCredential=token:" in text and "TONEFIT_TOKEN_FILE=%d/token" in text
    assert "TONEFIT_TOKEN=" not in text
