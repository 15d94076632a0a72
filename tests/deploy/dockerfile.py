"""Carries out a Dockerfile without an engine, as far as a mount namespace can.

Each stage is a copy-on-write layer over this machine, which stands in for the base image; what it shows is
that the instructions do what they say, not that the real base image has what they need. It needs root and a
namespace of its own: `unshare --mount`. Nothing outside of the layers is written.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

TIMEOUT = 900  # seconds an instruction may take
STAND_IN = "/stand-in"  # a Python with pip, as the base image has


@dataclass
class Stage:
    """One stage: where its files are, and what a container of it would start with."""

    root: Path
    layers: tuple[Path, ...]
    environment: dict[str, str] = field(default_factory=dict)
    directory: str = "/"
    user: str = "0:0"
    entry_point: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)


def instructions(text: str) -> list[tuple[str, str]]:
    """Return what a Dockerfile says, an instruction and its rest.

    >>> instructions("FROM a AS b\\n# why\\nRUN x \\\\\\n && y\\n")
    [('FROM', 'a AS b'), ('RUN', 'x  && y')]
    """
    kept = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", kept)
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in joined.splitlines() if line.strip()]


class Builder:
    """Builds the stages that a target needs.

    Args:
        context: The folder whose files COPY may take.
        work: An empty folder on a file system of its own, such as a tmpfs: layers go there.
    """

    def __init__(self, text: str, context: Path, work: Path) -> None:
        self._context = context
        self._work = work
        self._stages: dict[str, Stage] = {}
        self._texts = _by_stage(text)

    def build(self, target: str) -> Stage:
        """Return a stage, built with all that it takes from others."""
        if target not in self._stages:
            base, steps = self._texts[target]
            stage = self._layer(target, base)
            for instruction, rest in steps:
                self._do(stage, instruction, rest)
            self._stages[target] = stage
        return self._stages[target]

    def _layer(self, name: str, base: str) -> Stage:
        below = self.build(base) if base in self._texts else None
        layers = below.layers if below else (Path("/"),)
        upper, work, root = (self._work / name / part for part in ("upper", "work", "root"))
        for folder in (upper, work, root):
            folder.mkdir(parents=True)
        lower = ":".join(map(str, layers))
        options = f"lowerdir={lower},upperdir={upper},workdir={work}"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, str(root)], check=True)
        for system in ("proc", "dev"):
            subprocess.run(["mount", "--rbind", f"/{system}", str(root / system)], check=True)
        stage = Stage(root, (upper, *layers))
        if below is None:
            _furnish(stage)
        else:
            stage.environment = dict(below.environment)
            stage.directory, stage.user = below.directory, below.user
            stage.entry_point, stage.command = below.entry_point, below.command
        return stage

    def _do(self, stage: Stage, instruction: str, rest: str) -> None:
        match instruction:
            case "RUN":
                self._run(stage, rest)
            case "COPY":
                self._copy(stage, shlex.split(rest))
            case "ENV":
                stage.environment |= dict(part.split("=", 1) for part in shlex.split(rest))
            case "WORKDIR":
                stage.directory = rest
                (stage.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
            case "USER":
                stage.user = rest
            case "ENTRYPOINT":
                stage.entry_point = json.loads(rest)
            case "CMD":
                stage.command = json.loads(rest)
            case "HEALTHCHECK":
                stage.health = json.loads(rest.partition(" CMD ")[2])
            case "EXPOSE" | "STOPSIGNAL":
                pass
            case _:
                raise ValueError(f"no word is known of {instruction}")

    def _run(self, stage: Stage, shell: str) -> None:
        # The registry's settings of this machine count, as a build's arguments would.
        environment = dict(os.environ) | stage.environment
        environment["PATH"] = f"{STAND_IN}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        command = ["chroot", str(stage.root), "sh", "-ec", f"cd {stage.directory}; {shell}"]
        subprocess.run(command, check=True, env=environment, timeout=TIMEOUT)

    def _copy(self, stage: Stage, words: list[str]) -> None:
        source = self._context
        if words[0].startswith("--from="):
            source = self.build(words.pop(0).removeprefix("--from=")).root
        *names, goal = words
        target = stage.root / stage.directory.lstrip("/") / goal if goal[0] != "/" else stage.root / goal[1:]
        for name in names:
            found = source / name.lstrip("/")
            if found.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "teacher")
                shutil.copytree(found, target, symlinks=True, dirs_exist_ok=True, ignore=ignored)
            else:
                into = target if goal.endswith("/") or len(names) > 1 else target.parent
                into.mkdir(parents=True, exist_ok=True)
                shutil.copy2(found, into)


def _furnish(stage: Stage) -> None:
    """Give the stand-in for a base image a Python with pip that every user may run."""
    subprocess.run(["chroot", str(stage.root), "chmod", "a+rx", "/", "/root"], check=True)
    python = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    subprocess.run(["chroot", str(stage.root), str(python), "-m", "venv", STAND_IN], check=True)


def _by_stage(text: str) -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """Return the base and the steps of each stage."""
    found: dict[str, tuple[str, list[tuple[str, str]]]] = {}
    steps: list[tuple[str, str]] = []
    for instruction, rest in instructions(text):
        if instruction == "FROM":
            base, _, name = rest.partition(" AS ")
            steps = []
            found[name] = (base, steps)
        elif instruction != "ARG":
            steps.append((instruction, rest))
    return found
