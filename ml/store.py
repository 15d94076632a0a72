"""Where model versions lie: a folder or any fsspec URL, each version written once.

    OWNER/NAME/v1/manifest.json, model.onnx, ...

A version exists when its `manifest.json` does.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import secrets
import shutil
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

MANIFEST = "manifest.json"
CLAIM = ".claim"
UNFINISHED = ".publishing-"
OWNER = re.compile(r"-?[A-Za-z0-9]{1,32}")
NAME = re.compile(r"[\w-]{1,24}")  # letters and digits of any script
VERSION = re.compile(r"v[1-9][0-9]{0,8}")
ABANDONED = 3600  # seconds after which an unfinished copy belongs to a process that died


@dataclass(frozen=True, slots=True)
class Kept:
    """A complete version, how large it is in bytes, and when it was written (Unix seconds)."""

    owner: str
    name: str
    version: str
    size: int
    written: float


class UnknownVersion(LookupError):
    """The store holds no such version of a model."""


class Store:
    """Model versions in a folder or behind an fsspec URL.

    All methods wait for files: call them through `asyncio.to_thread` where an event loop runs.
    They raise ValueError for an owner, a name or a version that is none, whatever path it spells.

    Args:
        url: A folder, or a URL such as `s3://bucket/models`.
        cache: Where versions of a remote store are kept on this machine.
    """

    def __init__(self, url: str | Path, cache: Path | None = None) -> None:
        self.url = str(url)
        # Other machines write too, so that no listing may be kept.
        self._fs, self._root = fsspec.core.url_to_fs(str(url), use_listings_cache=False)
        self._cache = None if isinstance(self._fs, LocalFileSystem) else (cache or _cache_folder())

    def publish(self, owner: str, name: str, folder: Path) -> str:
        """Copy a model folder into the store as its next version and return that version.

        The manifest gains `name` and `version`. Readers see all of a version or nothing of it.
        """
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest["name"] = _valid_name(name)
        publish = self._publish_folder if self._cache is None else self._publish_objects
        return publish(self._path(owner, name), folder, manifest)

    def versions(self, owner: str, name: str) -> list[str]:
        """Return the versions that are complete, oldest first."""
        base = self._path(owner, name)
        complete = [
            found for found in self._listed(base, VERSION) if self._fs.exists(f"{base}/{found}/{MANIFEST}")
        ]
        return sorted(complete, key=_number)

    def names(self, owner: str) -> list[str]:
        """Return the names of an owner's models, in order."""
        return [name for name in sorted(self._listed(self._path(owner), NAME)) if self.versions(owner, name)]

    def manifest(self, owner: str, name: str, version: str) -> dict[str, Any]:
        """Return what a version says of itself.

        Raises:
            UnknownVersion: There is no such version.
        """
        path = self._path(owner, name, version)
        try:
            manifest: dict[str, Any] = json.loads(self._fs.cat_file(f"{path}/{MANIFEST}"))
        except FileNotFoundError as missing:
            raise UnknownVersion(version) from missing
        return manifest

    def fetch(self, owner: str, name: str, version: str) -> Path:
        """Return a local folder that holds a version's files.

        Raises:
            UnknownVersion: There is no such version.
        """
        manifest = self.manifest(owner, name, version)
        path = self._path(owner, name, version)
        if self._cache is None:
            return Path(path)
        kept = self._kept(self._cache, owner, name) / version
        # A name may have been deleted and used again, so the number alone says too little.
        if _read_json(kept / MANIFEST) != manifest:
            self._download(path, kept)
        return kept

    def files(self) -> Iterator[str]:
        """Yield where each file of each complete version lies in the store: OWNER/NAME/v1/model.onnx."""
        root = self._root.rstrip("/")
        for owner in sorted(self._listed(root, OWNER)):
            for name in self.names(owner):
                for version in self.versions(owner, name):
                    for path in sorted(self._fs.find(self._path(owner, name, version))):
                        if not path.endswith(f"/{CLAIM}"):
                            yield path[len(root) + 1 :]

    def inventory(self) -> Iterator[Kept]:
        """Yield every complete version."""
        for owner in sorted(self._listed(self._root.rstrip("/"), OWNER)):
            for name in self.names(owner):
                for version in self.versions(owner, name):
                    path = self._path(owner, name, version)
                    found = self._fs.find(path, detail=True)
                    size = sum(int(info.get("size") or 0) for info in found.values())
                    written = _moment(self._fs.modified(f"{path}/{MANIFEST}"))
                    yield Kept(owner, name, version, size, written)

    def open(self, place: str) -> IO[bytes]:
        """Open a file that `files` named, for reading."""
        opened: IO[bytes] = self._fs.open(self._file(place), "rb")
        return opened

    def put(self, place: str, source: IO[bytes]) -> None:
        """Write a file where `files` found it in another store; the manifest of a version comes last."""
        path = self._file(place)
        self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
        with self._fs.open(path, "wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)

    def _file(self, place: str) -> str:
        """Return the path of a file; nothing outside a version's folder can be named."""
        owner, _, rest = place.partition("/")
        name, _, rest = rest.partition("/")
        version, _, rest = rest.partition("/")
        inside = rest.split("/")
        if any(part in {"", ".", ".."} or "\\" in part for part in inside):
            raise ValueError("a file lies in a version's folder: OWNER/NAME/v1/model.onnx")
        return "/".join([self._path(owner, name, version), *inside])

    def delete(self, owner: str, name: str) -> None:
        """Delete a model with all its versions, on this machine's cache too."""
        base = self._path(owner, name)
        for version in self.versions(owner, name):
            self._fs.rm(f"{base}/{version}/{MANIFEST}")  # from here on nobody finds it
        if self._fs.exists(base):
            self._fs.rm(base, recursive=True)
        if self._cache is not None:
            shutil.rmtree(self._kept(self._cache, owner, name), ignore_errors=True)

    def delete_version(self, owner: str, name: str, version: str) -> None:
        """Delete one version, on this machine's cache too; one that is gone already is fine."""
        path = self._path(owner, name, version)
        if self._fs.exists(f"{path}/{MANIFEST}"):
            self._fs.rm(f"{path}/{MANIFEST}")  # from here on nobody finds it
        if self._fs.exists(path):
            self._fs.rm(path, recursive=True)
        if self._cache is not None:
            shutil.rmtree(self._kept(self._cache, owner, name) / version, ignore_errors=True)

    def _kept(self, cache: Path, owner: str, name: str) -> Path:
        """Return where the cache has a model of this store."""
        place = hashlib.sha256(f"{self._fs.protocol}{self._root}".encode()).hexdigest()[:16]
        return cache / place / owner / _valid_name(name)

    def _path(self, owner: str, name: str | None = None, version: str | None = None) -> str:
        """Return where something lies; nothing outside the store can be named."""
        if not OWNER.fullmatch(owner):
            raise ValueError("an owner is a chat's id or a word, such as 'local'")
        if version is not None and not VERSION.fullmatch(version):
            raise ValueError("a version is 'v' and a number, such as 'v3'")
        parts = [self._root.rstrip("/"), owner, _valid_name(name) if name is not None else None, version]
        return "/".join(part for part in parts if part is not None)

    def _listed(self, path: str, pattern: re.Pattern[str]) -> list[str]:
        """Return the folders at a path whose names match."""
        try:
            entries = self._fs.ls(path, detail=False)
        except FileNotFoundError:
            return []
        found = (entry.rstrip("/").rpartition("/")[2] for entry in entries)
        return [entry for entry in found if pattern.fullmatch(entry)]

    def _publish_folder(self, base: str, folder: Path, manifest: dict[str, Any]) -> str:
        """Publish by a rename, which fails where the version is already there."""
        home = Path(base)
        home.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(home)
        copy = home / f"{UNFINISHED}{secrets.token_hex(8)}"
        try:
            shutil.copytree(folder, copy)
            number = self._next_number(base)
            while True:
                _write_json(copy / MANIFEST, manifest | {"version": f"v{number}"})
                _sync(copy)
                if _renamed(copy, home / f"v{number}"):
                    return f"v{number}"
                number += 1
        finally:
            shutil.rmtree(copy, ignore_errors=True)

    def _publish_objects(self, base: str, folder: Path, manifest: dict[str, Any]) -> str:
        """Publish by claiming a number first and writing the manifest last: objects cannot be renamed."""
        number = self._next_number(base)
        while not self._claimed(f"{base}/v{number}/{CLAIM}"):
            number += 1
        path = f"{base}/v{number}"
        for file in sorted(file for file in folder.rglob("*") if file.is_file() and file.name != MANIFEST):
            self._fs.put_file(str(file), f"{path}/{file.relative_to(folder).as_posix()}")
        self._fs.pipe_file(f"{path}/{MANIFEST}", _json(manifest | {"version": f"v{number}"}))
        return f"v{number}"

    def _claimed(self, path: str) -> bool:
        """Say whether a claim that two publishers may want became ours."""
        token = secrets.token_hex(8).encode()
        try:
            self._fs.pipe_file(path, token, mode="create")
        except FileExistsError:
            return False
        claim: bytes = self._fs.cat_file(path)  # a file system that ignores the mode lets the last writer win
        return claim == token

    def _next_number(self, base: str) -> int:
        return 1 + max(map(_number, self._listed(base, VERSION)), default=0)

    def _download(self, path: str, kept: Path) -> None:
        """Put a remote version into the cache in one step, whoever else does the same."""
        kept.parent.mkdir(parents=True, exist_ok=True)
        copy = kept.parent / f"{UNFINISHED}{secrets.token_hex(8)}"
        try:
            for file in self._fs.find(path):
                local = copy / Path(file).relative_to(path)
                local.parent.mkdir(parents=True, exist_ok=True)
                self._fs.get_file(file, str(local))
            if _read_json(kept / MANIFEST) is not None:  # of a model that is gone
                shutil.rmtree(kept, ignore_errors=True)
            _renamed(copy, kept)
        finally:
            shutil.rmtree(copy, ignore_errors=True)


def _cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tonefit" / "models"


def _valid_name(name: str) -> str:
    """Return a model's name in the one form that everybody writes it in.

    >>> _valid_name("垃圾ｓｐａｍ")
    '垃圾spam'
    """
    folded = unicodedata.normalize("NFKC", name)
    if not NAME.fullmatch(folded):
        raise ValueError('a name is 1-24 letters, digits, "_" or "-"')
    return folded


def _moment(at: datetime) -> float:
    """Return a file system's moment in Unix seconds; without a zone it is UTC."""
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp()


def _number(version: str) -> int:
    return int(version[1:])


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_bytes(_json(content))


def _read_json(path: Path) -> dict[str, Any] | None:
    """Return a manifest, or None where there is no whole one."""
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return content


def _renamed(folder: Path, target: Path) -> bool:
    """Say whether a folder got a name that nobody else had taken."""
    try:
        folder.rename(target)
    except OSError as failure:
        if failure.errno in {errno.ENOTEMPTY, errno.EEXIST}:
            return False
        raise
    return True


def _sync(folder: Path) -> None:
    """Bring a folder's files to the disk, so that a power cut after the rename leaves none of them empty."""
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as opened:
                os.fsync(opened.fileno())


def _remove_abandoned(home: Path) -> None:
    """Remove what publishers left that died."""
    for unfinished in home.glob(f"{UNFINISHED}*"):
        with contextlib.suppress(FileNotFoundError):  # a living publisher has just given it its name
            if time.time() - unfinished.stat().st_mtime > ABANDONED:
                shutil.rmtree(unfinished, ignore_errors=True)
