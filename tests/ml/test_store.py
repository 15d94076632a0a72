import json
import multiprocessing
import os
import threading
import time
from pathlib import Path

import fsspec
import pytest

from ml.store import Store, UnknownVersion


def model_folder(where: Path, weights: bytes = b"weights", **manifest: object) -> Path:
    where.mkdir(parents=True, exist_ok=True)
    (where / "model.onnx").write_bytes(weights)
    (where / "manifest.json").write_text(json.dumps({"labels": ["a", "b"], **manifest}))
    return where


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return Store(tmp_path / "store", tmp_path / "cache")
    return Store(f"memory://{tmp_path.name}", tmp_path / "cache")


def test_versions_are_counted_and_found_again(store: Store, tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "model")
    assert [store.publish("-100", "垃圾_1", folder) for _ in range(3)] == ["v1", "v2", "v3"]
    assert store.versions("-100", "垃圾_1") == ["v1", "v2", "v3"]
    assert store.names("-100") == ["垃圾_1"]
    assert (store.names("-101"), store.versions("-101", "spam")) == ([], [])


def test_the_tenth_version_is_the_latest(store: Store, tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "model")
    for _ in range(10):
        store.publish("1", "spam", folder)
    assert store.versions("1", "spam")[-2:] == ["v9", "v10"]


def test_a_version_says_its_name_and_holds_its_files(store: Store, tmp_path: Path) -> None:
    version = store.publish("1", "spam", model_folder(tmp_path / "model", threshold=0.5))
    assert store.manifest("1", "spam", version) == {
        "labels": ["a", "b"],
        "threshold": 0.5,
        "name": "spam",
        "version": "v1",
    }
    fetched = store.fetch("1", "spam", version)
    assert (fetched / "model.onnx").read_bytes() == b"weights"
    assert json.loads((fetched / "manifest.json").read_text())["version"] == "v1"


def test_publishing_leaves_the_folder_as_it_was(store: Store, tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "model")
    store.publish("1", "spam", folder)
    assert json.loads((folder / "manifest.json").read_text()) == {"labels": ["a", "b"]}


def test_a_name_means_the_same_in_full_width(store: Store, tmp_path: Path) -> None:
    store.publish("1", "ｓｐａｍ", model_folder(tmp_path / "model"))
    assert store.versions("1", "spam") == ["v1"]


@pytest.mark.parametrize(
    "name", ["", "..", "a/b", "a\\b", "../x", "a.b", "a b", "x" * 25, "a\n", "\0", "．．"]
)
def test_no_name_leads_out_of_the_store(store: Store, tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="a name is"):
        store.publish("1", name, model_folder(tmp_path / "model"))
    for reach in (store.versions, store.delete):
        with pytest.raises(ValueError, match="a name is"):
            reach("1", name)


@pytest.mark.parametrize("owner", ["", "..", "a/b", "../1", "1/..", "-", "１"])
def test_no_owner_leads_out_of_the_store(store: Store, owner: str) -> None:
    for reach in (lambda: store.names(owner), lambda: store.fetch(owner, "spam", "v1")):
        with pytest.raises(ValueError, match="an owner is"):
            reach()


@pytest.mark.parametrize("version", ["", "v0", "v", "../v1", "v1/..", "1", ".publishing-1"])
def test_no_version_leads_out_of_the_store(store: Store, version: str) -> None:
    with pytest.raises(ValueError, match="a version is"):
        store.fetch("1", "spam", version)


def test_an_unknown_version_is_said_to_be_one(store: Store, tmp_path: Path) -> None:
    store.publish("1", "spam", model_folder(tmp_path / "model"))
    for ask in (store.fetch, store.manifest):
        with pytest.raises(UnknownVersion):
            ask("1", "spam", "v2")


def test_a_deleted_model_is_gone_and_its_name_free(store: Store, tmp_path: Path) -> None:
    store.publish("1", "spam", model_folder(tmp_path / "model", b"old"))
    store.publish("1", "other", model_folder(tmp_path / "model"))
    store.fetch("1", "spam", "v1")
    store.delete("1", "spam")
    assert (store.versions("1", "spam"), store.names("1")) == ([], ["other"])
    store.publish("1", "spam", model_folder(tmp_path / "new", b"new", seed=2))
    assert (store.fetch("1", "spam", "v1") / "model.onnx").read_bytes() == b"new"


def test_a_machine_that_kept_the_deleted_model_fetches_the_new_one(tmp_path: Path) -> None:
    url = f"memory://{tmp_path.name}"
    here, there = Store(url, tmp_path / "here"), Store(url, tmp_path / "there")
    here.publish("1", "spam", model_folder(tmp_path / "old", b"old", seed=1))
    assert (there.fetch("1", "spam", "v1") / "model.onnx").read_bytes() == b"old"
    here.delete("1", "spam")
    here.publish("1", "spam", model_folder(tmp_path / "new", b"new", seed=2))
    assert (there.fetch("1", "spam", "v1") / "model.onnx").read_bytes() == b"new"


def test_a_fetched_version_is_not_fetched_again(tmp_path: Path) -> None:
    store = Store(f"memory://{tmp_path.name}", tmp_path / "cache")
    store.publish("1", "spam", model_folder(tmp_path / "model"))
    kept = store.fetch("1", "spam", "v1") / "model.onnx"
    written = kept.stat().st_mtime_ns
    assert store.fetch("1", "spam", "v1") / "model.onnx" == kept
    assert kept.stat().st_mtime_ns == written


def test_half_an_upload_is_no_version(tmp_path: Path) -> None:
    store = Store(f"memory://{tmp_path.name}", tmp_path / "cache")
    fsspec.filesystem("memory").pipe_file(f"/{tmp_path.name}/1/spam/v1/model.onnx", b"half")
    assert (store.versions("1", "spam"), store.names("1")) == ([], [])
    assert store.publish("1", "spam", model_folder(tmp_path / "model")) == "v2"


def test_an_upload_that_breaks_off_leaves_nothing_to_serve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(f"memory://{tmp_path.name}", tmp_path / "cache")
    broken = model_folder(tmp_path / "model")
    memory = fsspec.filesystem("memory")
    with monkeypatch.context() as patch:
        patch.setattr(type(memory), "put_file", lambda *_: (_ for _ in ()).throw(OSError("cut")))
        with pytest.raises(OSError, match="cut"):
            store.publish("1", "spam", broken)
    assert store.versions("1", "spam") == []


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "store")
    monkeypatch.setattr("shutil.copytree", lambda *_: (_ for _ in ()).throw(OSError(28, "no space")))
    with pytest.raises(OSError, match="no space"):
        store.publish("1", "spam", model_folder(tmp_path / "model"))
    assert list((tmp_path / "store" / "1" / "spam").iterdir()) == []


def test_what_a_dead_publisher_left_is_removed_and_a_living_ones_is_not(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    home = tmp_path / "store" / "1" / "spam"
    dead, living = home / ".publishing-dead", home / ".publishing-living"
    for folder in (dead, living):
        folder.mkdir(parents=True)
    os.utime(dead, (time.time() - 7200, time.time() - 7200))
    store.publish("1", "spam", model_folder(tmp_path / "model"))
    assert (dead.exists(), living.exists()) == (False, True)


def _publish(root: str, folder: str, count: int) -> None:
    for _ in range(count):
        Store(root).publish("1", "spam", Path(folder))


def test_two_processes_that_publish_at_once_get_numbers_of_their_own(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "model")
    spawn = multiprocessing.get_context("spawn")
    arguments = (str(tmp_path / "store"), str(folder), 20)
    processes = [spawn.Process(target=_publish, args=arguments) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    store = Store(tmp_path / "store")
    assert [process.exitcode for process in processes] == [0, 0]
    assert store.versions("1", "spam") == [f"v{n}" for n in range(1, 41)]
    assert [store.manifest("1", "spam", f"v{n}")["version"] for n in (1, 20, 40)] == ["v1", "v20", "v40"]


def test_two_publishers_of_objects_get_numbers_of_their_own(tmp_path: Path) -> None:
    store = Store(f"memory://{tmp_path.name}", tmp_path / "cache")
    folder = model_folder(tmp_path / "model")
    published: list[str] = []
    together = threading.Barrier(4)

    def publish() -> None:
        together.wait(10)
        published.extend(store.publish("1", "spam", folder) for _ in range(5))

    threads = [threading.Thread(target=publish) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(published) == len(set(published)) == 20
    assert set(store.versions("1", "spam")) == set(published)


def test_a_number_that_was_free_a_moment_ago_is_not_taken_twice(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Store, "_next_number", lambda *_: 1)
    folder = model_folder(tmp_path / "model")
    assert [store.publish("1", "spam", folder) for _ in range(3)] == ["v1", "v2", "v3"]


def test_a_store_that_ignores_the_claims_mode_still_has_one_winner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(f"memory://{tmp_path.name}", tmp_path / "cache")
    memory = type(fsspec.filesystem("memory"))
    real = memory.pipe_file

    def overtaken(self: object, path: str, value: bytes, mode: str = "overwrite") -> None:
        real(self, path, b"another's" if path.endswith("v1/.claim") else value)

    monkeypatch.setattr(memory, "pipe_file", overtaken)
    assert store.publish("1", "spam", model_folder(tmp_path / "model")) == "v2"


def test_one_version_can_be_deleted_and_the_others_stay(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "manifest.json").write_text("{}")
    for _ in range(3):
        store.publish("1", "spam", folder)
    store.delete_version("1", "spam", "v2")
    store.delete_version("1", "spam", "v2")
    assert store.versions("1", "spam") == ["v1", "v3"]
    assert store.publish("1", "spam", folder) == "v4"
