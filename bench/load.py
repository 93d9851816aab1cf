"""Requests over kept connections, and what they cost the server: CPU of its whole tree of processes."""

import os
import re
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

TICK = os.sysconf("SC_CLK_TCK")
CONNECTIONS = 2
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TAG = re.compile(rb"\r\netag: *([^\r]+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """One question to one server: its address, headers, the status it must give, and whose CPU counts."""

    url: str
    pids: Sequence[int]
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    body: bytes = b""  # sent by POST, if there is one


@dataclass(frozen=True, slots=True)
class Cost:
    """What a round of requests cost, per request: seconds of CPU and of wall time."""

    cpu: float
    wall: float


class Connection:
    """One kept HTTP/1.1 connection that asks the same question again and again."""

    def __init__(self, target: Target) -> None:
        parts = urlsplit(target.url)
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        method = "POST" if target.body else "GET"
        lines = [f"{method} {path} HTTP/1.1", f"Host: {parts.netloc}", "Accept: */*"]
        lines += [f"{name}: {value}" for name, value in target.headers.items()]
        lines += [f"Content-Length: {len(target.body)}"] if target.body else []
        self._request = ("\r\n".join(lines) + "\r\n\r\n").encode() + target.body
        self._place = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._expected = target.status
        self._socket: socket.socket | None = None
        self.tag = ""  # the last answer's ETag

    def ask(self) -> bytes:
        """The body of one answer. Raises where the status is another than expected."""
        if self._socket is None:
            self._socket = socket.create_connection(self._place, timeout=120)
        self._socket.sendall(self._request)
        head, body = self._read_head()
        status = int(head[9:12])
        if status != self._expected:
            raise RuntimeError(f"{self._request[:300]!r} was answered {head!r} {body[:500]!r}")
        found = _TAG.search(head)
        self.tag = found[1].decode() if found else ""
        if status not in (204, 304):
            body = self._read_body(head, body)
        if b"connection: close" in head.lower():
            self.close()
        return body

    def close(self) -> None:
        """Hangs up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _more(self) -> bytes:
        assert self._socket is not None
        data = self._socket.recv(1 << 18)
        if not data:
            raise RuntimeError(f"{self._request[:300]!r}: the server hung up")
        return data

    def _read_head(self) -> tuple[bytes, bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        return head, body

    def _read_body(self, head: bytes, start: bytes) -> bytes:
        body = bytearray(start)
        if _CHUNKED.search(head):
            return self._read_chunks(body)
        found = _LENGTH.search(head)
        assert found is not None
        while len(body) < int(found[1]):
            body += self._more()
        return bytes(body)

    def _read_chunks(self, data: bytearray) -> bytes:
        parts, at = [], 0
        while True:
            while (end := data.find(b"\r\n", at)) < 0:
                data += self._more()
            size = int(data[at:end], 16)
            at = end + 4 + size  # behind the chunk and its line break
            while len(data) < at:
                data += self._more()
            if size == 0:
                return b"".join(parts)
            parts.append(bytes(data[end + 2 : end + 2 + size]))


def get(target: Target) -> bytes:
    """One answer's body."""
    connection = Connection(target)
    try:
        return connection.ask()
    finally:
        connection.close()


def run(target: Target, seconds: float, connections: int = CONNECTIONS) -> Cost:
    """Asks over some connections for so long, at least once each."""
    counts = [0] * connections
    failures: list[Exception] = []
    begin = time.perf_counter()

    def work(place: int) -> None:
        connection = Connection(target)
        try:
            while counts[place] == 0 or time.perf_counter() - begin < seconds:
                connection.ask()
                counts[place] += 1
        except Exception as error:  # noqa: BLE001 - told by the thread that measures
            failures.append(error)
        finally:
            connection.close()

    before = cpu(target.pids)
    threads = [threading.Thread(target=work, args=(n,)) for n in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    wall, spent = time.perf_counter() - begin, cpu(target.pids) - before
    return Cost(spent / sum(counts), wall / sum(counts))


def cpu(pids: Sequence[int]) -> float:
    """Seconds of CPU that these processes and all below them have used."""
    return sum(_own_cpu(pid) for pid in tree(pids))


def _own_cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(field) for field in fields[11:15]) / TICK  # own and of children that have ended


def tree(pids: Sequence[int]) -> list[int]:
    """These processes and all below them."""
    found, waiting = [], list(pids)
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            with suppress(FileNotFoundError, ProcessLookupError):  # a thread may end at any moment
                waiting += [int(child) for child in children.read_text().split()]
    return found


def memory(pids: Sequence[int], peak: bool = False) -> int:
    """Bytes of memory held (or at most held) by the biggest of the processes below these."""
    name = "VmHWM" if peak else "VmRSS"
    sizes = [re.search(rf"{name}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()) for pid in tree(pids)]
    return max(int(size[1]) * 1024 for size in sizes if size)


def forget_peak(pids: Sequence[int]) -> None:
    """Lets the peak of memory be counted from now."""
    for pid in tree(pids):
        Path(f"/proc/{pid}/clear_refs").write_text("5")
