"""Answers kept under their ETag: the server is asked whether they still hold, and sends them only if not."""

import hashlib
import json
import os
import tempfile
import time
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import NamedTuple, Protocol

MEGABYTE = 2**20


class Entry(NamedTuple):
    """An answer: its ETag, its Link header ("" where it had none) and its body."""

    etag: str
    link: str
    body: bytes


class Cache(Protocol):
    """Where answers are kept. A key is a digest: it tells neither the address nor the API key."""

    def get(self, key: str) -> Entry | None:
        """What is kept under the key."""

    def set(self, key: str, entry: Entry) -> None:
        """Keeps an answer, for as long as there is room."""


class MemoryCache:
    """The latest answers, up to `megabytes` of bodies together; forgotten with the process."""

    def __init__(self, megabytes: float = 32) -> None:
        self._room = int(megabytes * MEGABYTE)
        self._used = 0
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str) -> Entry | None:
        """What is kept under the key; it counts as used."""
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
            return self._entries.get(key)

    def set(self, key: str, entry: Entry) -> None:
        """Keeps an answer and forgets those that were not used for longest."""
        with self._lock:
            if key in self._entries:
                self._used -= len(self._entries.pop(key).body)
            if len(entry.body) > self._room:
                return
            self._entries[key] = entry
            self._used += len(entry.body)
            while self._used > self._room:
                self._used -= len(self._entries.popitem(last=False)[1].body)


class DirectoryCache:
    """The latest answers as files of a folder, up to `megabytes` together; they outlive the process.

    The files hold what the feeds hold: the folder is made readable for its owner alone.
    """

    def __init__(self, path: str | os.PathLike[str], megabytes: float = 256) -> None:
        self._folder = Path(path)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._room = int(megabytes * MEGABYTE)

    def get(self, key: str) -> Entry | None:
        """What is kept under the key; a file that cannot be read is none."""
        path = self._folder / f"{key}.cache"
        try:
            head, _, body = path.read_bytes().partition(b"\n")
            os.utime(path, ns=(time.time_ns(), time.time_ns()))
            etag, link, digest = json.loads(head)
        except (OSError, ValueError):
            return None
        return Entry(etag, link, body) if digest == hashlib.sha256(body).hexdigest() else None

    def set(self, key: str, entry: Entry) -> None:
        """Keeps an answer, whole or not at all, and removes the files that were not used for longest."""
        if len(entry.body) > self._room:
            return
        head = json.dumps([entry.etag, entry.link, hashlib.sha256(entry.body).hexdigest()]).encode()
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".part", delete=False) as file:
            file.write(head + b"\n" + entry.body)
        Path(file.name).replace(self._folder / f"{key}.cache")
        self._make_room()

    def _make_room(self) -> None:
        files = [(path, path.stat()) for path in self._folder.glob("*.cache")]
        files.sort(key=lambda file: file[1].st_mtime_ns)
        excess = sum(stat.st_size for _, stat in files) - self._room
        for path, stat in files:
            if excess <= 0:
                return
            path.unlink(missing_ok=True)
            excess -= stat.st_size
