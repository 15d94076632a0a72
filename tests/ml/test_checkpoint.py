"""Where an unfinished training stands, for another attempt at it."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ml.checkpoint import FOLDER, Checkpoint, NoCheckpoint, State, Steps
from ml.samples import Sample
from ml.store import Store

SAMPLES = [Sample("a text", "a"), Sample("another", "b")]


def state() -> State:
    return {"weights": np.arange(6.0).reshape(2, 3), "standing": np.array("[1]")}


def checkpoint(folder: Path, samples: list[Sample] = SAMPLES, **options: object) -> Checkpoint:
    return Checkpoint(folder, "j1", samples, options)


def test_another_process_finds_what_was_kept(tmp_path: Path) -> None:
    checkpoint(tmp_path).save(state)
    found = checkpoint(tmp_path).load()
    assert found is not None
    assert sorted(found) == ["standing", "weights"]
    assert np.array_equal(found["weights"], state()["weights"])
    assert [file.name for file in (tmp_path / FOLDER).iterdir()] == ["j1.npz"]


def test_what_was_taught_or_chosen_anew_begins_anew(tmp_path: Path) -> None:
    checkpoint(tmp_path, epochs=3).save(state)
    assert checkpoint(tmp_path, [*SAMPLES, Sample("more", "a")], epochs=3).load() is None
    assert checkpoint(tmp_path, epochs=4).load() is None
    assert checkpoint(tmp_path, epochs=3).load() is not None


def test_an_upgrade_that_brings_another_vocabulary_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint(tmp_path).save(state)
    (tmp_path / "tokenizer.json").write_text("{}")
    monkeypatch.setattr("ml.checkpoint.SHIPPED", tmp_path)
    assert checkpoint(tmp_path).load() is None


def test_there_is_none_at_first_nor_where_it_was_cut_nor_where_it_was_deleted(tmp_path: Path) -> None:
    kept = checkpoint(tmp_path)
    assert kept.load() is None
    kept.save(state)
    file = tmp_path / FOLDER / "j1.npz"
    file.write_bytes(file.read_bytes()[:100])
    assert kept.load() is None
    kept.delete()
    assert not file.exists()
    kept.delete()


def test_what_others_left_long_ago_goes(tmp_path: Path) -> None:
    Checkpoint(tmp_path, "old", SAMPLES, {}).save(state)
    Checkpoint(tmp_path, "new", SAMPLES, {}).save(state)
    day_before = time.time() - 2 * 86_400
    os.utime(tmp_path / FOLDER / "old.npz", (day_before, day_before))
    checkpoint(tmp_path).delete()
    assert [file.name for file in (tmp_path / FOLDER).iterdir()] == ["new.npz"]


def test_a_disk_that_takes_nothing_ends_no_training(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / FOLDER).write_text("a file where the folder should be")
    checkpoint(tmp_path).save(state)
    assert "no checkpoint" in caplog.text


def test_checkpoints_are_no_models(tmp_path: Path) -> None:
    checkpoint(tmp_path).save(state)
    assert Store(tmp_path).names("1") == []


def test_a_checkpoint_in_a_bucket_is_found_again() -> None:
    checkpoint("memory://spine/models").save(state)  # type: ignore[arg-type]
    assert checkpoint("memory://spine/models").load() is not None  # type: ignore[arg-type]


class Kept(NoCheckpoint):
    """A checkpoint in memory."""

    state: State | None = None

    def load(self) -> State | None:
        return dict(self.state) if self.state is not None else None

    def save(self, state: Callable[[], State]) -> None:
        self.state = state()


def test_finished_steps_lie_beside_where_the_next_one_stands() -> None:
    kept = Kept()
    first = Steps(kept)
    assert (first.load(), first.done("network 0")) == (None, None)
    first.save(state)
    first.finish("network 0", np.array([1]))
    first.save(lambda: {"weights": np.array([2])})
    later = Steps(kept)
    assert later.done("network 0") == np.array([1])
    assert later.done("network 1") is None
    assert later.load() == {"weights": np.array([2])}
    assert later.load() is None  # it belongs to one step alone


def test_where_a_finished_step_stood_is_forgotten() -> None:
    kept = Kept()
    steps = Steps(kept)
    steps.save(state)
    steps.finish("network 0", np.array([1]))
    assert Steps(kept).load() is None
