"""A server between a client and Flux that passes everything on, but for the troubles it is told to make."""

import http.client
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "date", "server", "content-length"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens to a request instead of its answer.

    `reached`: Flux gets the request, and does it. `status` 0: the connection is closed without an answer.
    """

    reached: bool = False
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)


LOST_ANSWER = Trouble(reached=True)
BROKEN = Trouble()


@dataclass(slots=True)
class Proxy:
    """Where it listens, the troubles to come, one a request, and what was asked and answered."""

    url: str
    troubles: deque[Trouble] = field(default_factory=deque)
    seen: list[tuple[str, int]] = field(default_factory=list)  # "GET /path", status
    acts: dict[str, Callable[[], None]] = field(default_factory=dict)  # done when this path is asked for
    keys: list[str] = field(default_factory=list)  # the Idempotency-Key of each request that has one

    def next_trouble(self) -> Trouble | None:
        """What is to happen to the request that has come."""
        return self.troubles.popleft() if self.troubles else None

    def note(self, line: str, status: int, key: str | None) -> None:
        """Remembers a request."""
        self.seen.append((line, status))
        self.keys += [key] if key else []

    def statuses(self, method: str = "GET") -> list[int]:
        """The statuses of this method's requests so far, 0 for none."""
        return [status for line, status in self.seen if line.startswith(method)]


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a client may leave before its answer comes
            super().handle_error(request, client_address)


@contextmanager
def proxy(target: str, added: Mapping[str, str] | None = None) -> Iterator[Proxy]:
    """A proxy before the server at `target`, on a free port of 127.0.0.1; each request gets what is added."""
    server = _Server(("127.0.0.1", 0), BaseHTTPRequestHandler)
    told = Proxy(f"http://127.0.0.1:{server.server_port}")
    server.RequestHandlerClass = _handler(told, urlsplit(target).netloc, added or {})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(told: Proxy, target: str, added: Mapping[str, str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            if act := told.acts.get(self.path):
                act()
                self._answer(204, {}, b"")
                return
            status, headers, answer = self._find(told.next_trouble())
            told.note(f"{self.command} {self.path}", status, self.headers.get("Idempotency-Key"))
            if status:
                self._answer(status, headers, answer)

        def _find(self, trouble: Trouble | None) -> tuple[int, Mapping[str, str], bytes]:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if trouble is None or trouble.reached:
                found = _ask(target, self.command, self.path, {**self.headers, **added}, body)
            return found if trouble is None else (trouble.status, trouble.headers, b"")

        def _answer(self, status: int, headers: Mapping[str, str], answer: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                if name.lower() not in OF_THE_CONNECTION:
                    self.send_header(name, value)
            if status not in (204, 304):
                self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PATCH = do_DELETE = handle_one  # noqa: N815 - the library's names

    return Handler


def _ask(
    target: str, method: str, path: str, headers: dict[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    with closing(http.client.HTTPConnection(target, timeout=30)) as connection:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
