"""The images: what their locks hold, and what the Dockerfile's instructions build where no engine runs."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType

import pytest

from tests.deploy.dockerfile import instructions

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PROJECT = (ROOT / "pyproject.toml").read_text("utf-8")
HEAVY = {"tensorflow", "tensorflow-cpu", "keras", "scikit-learn", "h5py", "optuna"}
NAMESPACE = ["unshare", "--mount", "--propagation", "private"]


def image_lock() -> ModuleType:
    spec = importlib.util.spec_from_file_location("image_lock", ROOT / "deploy" / "image_lock.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def packages(lock: str) -> set[str]:
    return {re.sub(r"[-_.]+", "-", name).lower() for name in re.findall(r"(?m)^([A-Za-z0-9._-]+)==", lock)}


def test_each_image_gets_a_part_of_the_lock_with_the_same_versions_and_hashes() -> None:
    subset = image_lock().subset
    bot, worker, build = (subset(LOCK, PROJECT, target) for target in ("bot", "worker", "build"))
    entries = set(re.split(r"(?m)^(?=[A-Za-z0-9])", LOCK))
    for part in (bot, worker, build):
        assert set(re.split(r"(?m)^(?=[A-Za-z0-9])", part)) - {""} <= entries
    assert packages(bot) < packages(worker)
    assert packages(worker) >= HEAVY and not HEAVY & packages(bot)
    assert not {"pytest", "mypy", "ruff", "playwright", "hypothesis", "schemathesis"} & packages(worker)
    assert "hatchling" in packages(build) and len(packages(build)) < 10


def test_a_lock_that_lacks_what_the_project_asks_for_is_refused() -> None:
    module = image_lock()
    with pytest.raises(ValueError, match="redis: lock again"):
        module.subset(re.sub(r"(?ms)^redis==.*?^(?=[a-z])", "", LOCK), PROJECT, "bot")
    with pytest.raises(ValueError, match="a target is"):
        module.subset(LOCK, PROJECT, "all")


def test_what_the_bots_process_imports_is_in_its_image() -> None:
    program = (
        "import sys, json; from bot import app; import ml.drawing_process, ml.predictor, bot.cli.commands;"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    imported, known = set(json.loads(done.stdout)), packages_distributions()
    needed = {name.lower().replace("_", "-") for module in imported for name in known.get(module, [])}
    assert len(needed) > 30
    # Two that others use where they are there: a hook of Python's site, and structlog's other threads.
    assert needed - {"tonefit", "setuptools", "greenlet"} <= packages(
        image_lock().subset(LOCK, PROJECT, "bot")
    )


def test_the_store_in_s3_agrees_with_the_lock_but_for_what_botocore_does_not_take() -> None:
    pins = dict(re.findall(r"(?m)^([A-Za-z0-9._-]+)==([^\s;]+)", LOCK))
    ours = dict(
        re.findall(r"(?m)^([A-Za-z0-9._-]+)==([^\s;]+)", (ROOT / "deploy" / "s3.lock").read_text("utf-8"))
    )
    assert ours["s3fs"] == ours["fsspec"] == pins["fsspec"]
    assert {name for name in ours.keys() & pins.keys() if ours[name] != pins[name]} == {"python-dateutil"}


def test_every_file_that_the_dockerfile_copies_is_there_and_let_through() -> None:
    allowed = {
        line[1:]
        for line in (ROOT / "deploy" / "Dockerfile.dockerignore").read_text().splitlines()
        if line[:1] == "!"
    }
    for instruction, rest in instructions((ROOT / "deploy" / "Dockerfile").read_text("utf-8")):
        if instruction == "COPY" and not rest.startswith("--from"):
            for name in rest.split()[:-1]:
                assert (ROOT / name).exists()
                assert name in allowed


def test_the_shipped_model_goes_into_the_wheel_and_the_teacher_does_not() -> None:
    assert 'exclude = ["ml/teacher"]' in PROJECT
    used = (ROOT / "ml").glob("*.py")
    assert not any("ml.teacher" in ast.dump(ast.parse(path.read_text("utf-8"))) for path in used)


def reason_against() -> str:
    """Why the Dockerfile cannot be carried out here; empty where it can."""
    if "TONEFIT_TRY_IMAGE" not in os.environ:
        return "asks a package registry, which no second run of the tests does: `make try-image`"
    if os.geteuid() != 0:
        return "needs root for a mount namespace"
    asked = [*NAMESPACE, "sh", "-c"]
    options = "lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w"
    layer = f"mount -t tmpfs t /mnt; cd /mnt; mkdir u w r; mount -t overlay o -o {options} /mnt/r"
    if subprocess.run([*asked, layer], capture_output=True, check=False).returncode:
        return "no overlay may be mounted here"
    return ""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_dockerfiles_instructions_make_a_bot_that_answers_as_a_user_without_rights() -> None:
    if reason := reason_against():
        pytest.skip(reason)
    done = subprocess.run(
        [*NAMESPACE, sys.executable, "-m", "tests.deploy.run_image", "bot"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=850,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert (said["user"], said["ended_with"]) == ("10001", 0)
    assert "positive" in said["answer"].lower() and said["picture"]
    assert said["healthy_after_s"] < 60 and not said["healthy_without_process"]
