"""Two hosts train one network: as processes of this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ml.together import NoCluster, read_cluster
from tests.conftest import free_port

ROOT = Path(__file__).parents[2]
WORDS = {
    "junk": "win a free prize now",
    "fine": "see you at six tomorrow",
    "ask": "when does the train leave",
}


def table(folder: Path) -> Path:
    path = folder / "examples.csv"
    rows = [f"{label},{words} {number}" for label, words in WORDS.items() for number in range(40)]
    path.write_text("label,text\n" + "\n".join(rows) + "\n")
    return path


def trained(folder: Path, hosts: int, *more: str) -> list[dict[str, object]]:
    """Train on so many hosts and return what each printed."""
    ports = [free_port() for _ in range(hosts)]
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    processes = []
    for index in range(hosts):
        task = {"cluster": cluster, "task": {"type": "worker", "index": index}}
        environment = {
            **os.environ,
            "TONEFIT_MODEL_STORE": str(folder / "models"),
            "TONEFIT_DATA_DIR": str(folder),
            "CUDA_VISIBLE_DEVICES": "-1",
        }
        if hosts > 1:
            environment["TF_CONFIG"] = json.dumps(task)
        command = [
            sys.executable,
            "-m",
            "bot",
            "train",
            str(table(folder)),
            "--name",
            "spam",
            "--json",
            *more,
        ]
        processes.append(
            subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        )
    said = []
    try:
        for process in processes:
            out, problem = process.communicate(timeout=200)
            assert process.returncode == 0, problem[-3000:]
            said.append(json.loads(out))
    finally:
        for process in processes:
            process.kill()
    return said


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_two_hosts_end_with_the_same_weights_and_the_first_writes_the_model(tmp_path: Path) -> None:
    first, second = trained(tmp_path, 2, "--distributed", "--epochs", "3")
    assert first["weights"] == second["weights"] != ""
    assert (first["version"], first["host"], second["host"]) == ("v1", 0, 1)
    assert float(str(first["accuracy"])) > 0.8
    assert [path.name for path in (tmp_path / "models" / "local" / "spam").iterdir()] == ["v1"]


def test_without_hosts_it_says_what_to_set(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "TF_CONFIG"}
    command = [sys.executable, "-m", "bot", "train", str(table(tmp_path)), "--name", "spam", "--distributed"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode != 0
    assert "TF_CONFIG has to name all hosts and this one" in done.stderr


@pytest.mark.parametrize(
    "told",
    [
        "",
        "{}",
        '{"cluster": {"worker": []}, "task": {"type": "worker", "index": 0}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "ps", "index": 0}}',
    ],
)
def test_hosts_that_do_not_include_this_one_are_refused(told: str) -> None:
    with pytest.raises(NoCluster):
        read_cluster(told)
