"""Which lines of requirements.lock an image needs: the bot's holds no TensorFlow, neither holds a test tool.

    python deploy/image_lock.py bot|worker|build < requirements.lock > bot.lock

The lock says below each package which others asked for it; pyproject.toml says what the program asks for.
Versions and hashes stay as they are. It runs before anything is installed, so it needs nothing but Python.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

# What trains and judges; the bot's process never imports it.
WORKERS_ALONE = frozenset({"tensorflow", "tensorflow-cpu", "keras", "onnx", "optuna", "scikit-learn"})
BUILD = frozenset({"hatchling"})
NAME = re.compile(r"[A-Za-z0-9._-]+")
VIA = re.compile(r"# via((?: .*)?(?:\n    #   .*)*)")


def subset(lock: str, project: str, target: str) -> str:
    """Return the part of a lock that a target needs.

    Args:
        lock: The text of requirements.lock.
        project: The text of pyproject.toml.
        target: `bot`, `worker` or `build`.

    Raises:
        ValueError: There is no such target, or the lock lacks what the project asks for.
    """
    entries = re.split(r"(?m)^(?=[A-Za-z0-9])", lock)[1:]
    asked = {_name(entry): frozenset[str]() for entry in entries}
    for entry in entries:  # a package stands there once for each platform
        asked[_name(entry)] |= _asked_by(entry)
    dropped = WORKERS_ALONE if target == "bot" else frozenset[str]()
    wanted = _roots(project, target) - dropped
    if missing := wanted - asked.keys():
        raise ValueError(f"requirements.lock lacks {', '.join(sorted(missing))}: lock again")
    while more := {name for name, by in asked.items() if by & wanted} - wanted - dropped:
        wanted |= more
    return "".join(entry for entry in entries if _name(entry) in wanted)


def _roots(project: str, target: str) -> frozenset[str]:
    if target == "build":
        return BUILD
    if target not in {"bot", "worker"}:
        raise ValueError("a target is bot, worker or build")
    return frozenset(map(_name, tomllib.loads(project)["project"]["dependencies"]))


def _name(requirement: str) -> str:
    """Return a package's name as everybody writes it.

    >>> _name("Typing_Extensions==4.16.0")
    'typing-extensions'
    """
    found = NAME.match(requirement.strip())
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def _asked_by(entry: str) -> frozenset[str]:
    found = VIA.search(entry)
    return frozenset(_name(line) for line in found[1].replace("#", "").splitlines()) if found else frozenset()


if __name__ == "__main__":
    sys.stdout.write(subset(sys.stdin.read(), Path("pyproject.toml").read_text("utf-8"), sys.argv[1]))
