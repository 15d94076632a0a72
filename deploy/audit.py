"""Asks an advisory database about everything that is locked; `make audit`.

    python deploy/audit.py [LOCK...]

Exit status: 0 nothing is known, 1 a hole is known, 3 the database cannot be reached or did not answer for
all: nothing can be said then, and that is no pass.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

LOCKS = ("requirements.lock", "deploy/s3.lock")
DATABASE = "TONEFIT_AUDIT_URL"  # another one than pip-audit's own, in the form of OSV
PATIENCE = 15  # seconds for one answer
UNREACHED = "The advisory database cannot be reached: nothing was checked, and nothing is known of {lock}."


def main(locks: list[str]) -> int:
    """Return the exit status for all locks: the worst."""
    return max(audit(Path(lock)) for lock in locks)


def audit(lock: Path) -> int:
    """Ask about one lock and say what is known."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        done = subprocess.run(
            command(lock, report, Path(folder)), capture_output=True, text=True, check=False
        )
        try:
            found = json.loads(report.read_text("utf-8"))["dependencies"]
        except (OSError, ValueError, KeyError):
            print(UNREACHED.format(lock=lock), file=sys.stderr)
            print(done.stderr.strip()[-400:], file=sys.stderr)
            return 3
    return judged(lock, found)


def command(lock: Path, report: Path, cache: Path) -> list[str]:
    """Return the call of pip-audit; its own cache may hold answers of another day."""
    asked = [
        sys.executable,
        "-m",
        "pip_audit",
        "--requirement",
        str(lock),
        "--require-hashes",
        "--disable-pip",
    ]
    asked += ["--vulnerability-service", "osv", "--timeout", str(PATIENCE), "--progress-spinner", "off"]
    asked += ["--cache-dir", str(cache), "--format", "json", "--output", str(report)]
    database = os.environ.get(DATABASE)
    return [*asked, "--osv-url", database] if database else asked


def judged(lock: Path, found: list[dict[str, object]]) -> int:
    """Say which packages have holes, and which of those that hold for this Python nothing was said about."""
    answered = {str(each["name"]).lower().replace("_", "-") for each in found if "vulns" in each}
    holes = [each for each in found if each.get("vulns")]
    for each in holes:
        ids = ", ".join(str(hole["id"]) for hole in each["vulns"])  # type: ignore[attr-defined,index]
        print(f"{lock}: {each['name']} {each.get('version')}: {ids}")
    skipped = [f"{each['name']} ({each['skip_reason']})" for each in found if "skip_reason" in each]
    missing = sorted(always(lock) - answered)
    if skipped or missing:
        print(f"{lock}: nothing is known of {', '.join(skipped or missing)}", file=sys.stderr)
        return 3
    if not holes:
        print(f"{lock}: no hole is known in {len(answered)} packages")
    return 1 if holes else 0


def always(lock: Path) -> set[str]:
    """Return the packages of a lock that every platform gets."""
    return set(re.findall(r"(?m)^([a-z0-9.-]+)==[^;\s]+ \\$", lock.read_text("utf-8")))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(LOCKS)))
