"""A bridge for agents that only start programs: MCP on standard input and output, passed on to a Flux server.

Python 3.9 or later, the standard library and nothing else: the file works alone, on any machine.

    FLUX_URL=https://flux.example.org FLUX_KEY=flux_… python3 flux_mcp_stdio.py

Messages go in and out one a line; everything else is said on standard error.
"""

import base64
import http.client
import json
import os
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

MODERN_KEY = "io.modelcontextprotocol/protocolVersion"
NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
CALLS_AT_ONCE = 8
TIMEOUT = 120  # seconds that an answer may take
PAUSES = (0.5, 1, 2, 4)  # seconds between tries while the server does not answer, as when it is restarted
NO_ANSWER = -32000


class NoAnswer(Exception):
    """The server gave nothing that can be passed on."""


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it would carry the key to another address."""

    def redirect_request(self, *_args: object) -> None:
        return None


class Bridge:
    """One client's messages, sent to one server."""

    def __init__(self, url: str, key: str) -> None:
        base = url.rstrip("/")
        self.url = base if base.endswith("/mcp") else base + "/mcp"
        self._key, self._version = key, ""
        self._open = urllib.request.build_opener(_Stay).open
        self._output = threading.Lock()

    def run(self) -> None:
        """Passes messages on until the input ends, several at a time."""
        with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
            for line in sys.stdin.buffer:
                if line.strip():
                    pool.submit(self._pass, line)

    def _pass(self, line: bytes) -> None:
        """One message, and its answer."""
        asked = _read(line)
        try:
            answer = self._ask(line, self._headers(asked))
        except NoAnswer as reason:
            answer = _failure(str(reason))
        except Exception as fault:  # noqa: BLE001 - whatever it is, the client waits; its text may quote the key
            answer = _failure(f"the bridge failed: {type(fault).__name__}")
        if "id" not in asked or answer is None:
            return  # a notification: nobody waits
        result = answer.get("result")
        if asked.get("method") == "initialize" and isinstance(result, dict):
            self._version = result.get("protocolVersion", "")
        answer["id"] = asked["id"]
        self._write(answer)

    def _headers(self, asked: dict[str, Any]) -> dict[str, str]:
        """What the transport wants to read before the body: the version, and in newer ones what is asked."""
        headers = {
            "Authorization": f"Bearer {self._key}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "User-Agent": "flux-mcp-stdio",
        }
        params = asked.get("params") or {}
        meta = params.get("_meta") if isinstance(params, dict) else None
        version, method = meta.get(MODERN_KEY) if isinstance(meta, dict) else None, str(asked.get("method"))
        if version:
            headers.update({"MCP-Protocol-Version": _header(version), "Mcp-Method": _header(method)})
            if name := params.get(NAMED_BY.get(method, "")):
                headers["Mcp-Name"] = _header(name)
        elif self._version and asked.get("method") != "initialize":
            headers["MCP-Protocol-Version"] = self._version
        return headers

    def _ask(self, body: bytes, headers: dict[str, str]) -> "dict[str, Any] | None":
        """The server's answer. Tried again while it does not answer: no call changes anything there."""
        for pause in (*PAUSES, None):
            try:
                request = urllib.request.Request(self.url, body, headers, method="POST")  # noqa: S310 - the user's own address
                with self._open(request, timeout=TIMEOUT) as response:
                    return _answer(response.status, response.read())
            except urllib.error.HTTPError as error:
                return _answer(error.code, error.read())
            except ValueError as error:
                raise NoAnswer(f"FLUX_URL or FLUX_KEY cannot be sent: {type(error).__name__}") from error
            except (OSError, http.client.HTTPException) as error:
                if pause is None:
                    raise NoAnswer(f"{self.url} does not answer: {error}") from error
                say(f"{self.url} does not answer ({error}), trying again")
                time.sleep(pause)
        return None

    def _write(self, answer: dict[str, Any]) -> None:
        line = json.dumps(answer, separators=(",", ":")).encode() + b"\n"
        with self._output:
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()


def _read(line: bytes) -> dict[str, Any]:
    """The message, as far as it is one: the server tells what is wrong with it."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):  # as of lists within lists
        return {"id": None}
    return found if isinstance(found, dict) else {"id": None}


def _header(value: Any) -> str:
    """A text as a header may carry it."""
    text = str(value)
    if text.isascii() and text.isprintable():
        return text
    return f"=?base64?{base64.b64encode(text.encode(errors='replace')).decode()}?="


def _answer(status: int, body: bytes) -> "dict[str, Any] | None":
    if status == 202:
        return None
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict) or "jsonrpc" not in found:
        raise NoAnswer(f"the server answered with HTTP {status}, and no MCP message; is FLUX_URL right?")
    if status >= 400:
        say(f"HTTP {status}: {found.get('error', {}).get('message', '')}")
    return found


def _failure(reason: str) -> dict[str, Any]:
    """The answer where there is none, told to people as well."""
    say(reason)
    return {"jsonrpc": "2.0", "error": {"code": NO_ANSWER, "message": reason}}


def say(text: str) -> None:
    """A line for people."""
    sys.stderr.write(f"flux-mcp-stdio: {text}\n")
    sys.stderr.flush()


def source() -> str:
    """The text of this file, to be handed out."""
    return Path(__file__).read_text(encoding="utf-8")


def main() -> int:
    """Runs the bridge as the environment says; 2 where that does not say enough."""
    url, key = os.environ.get("FLUX_URL", "").strip(), os.environ.get("FLUX_KEY", "").strip()
    if not url.startswith(("https://", "http://")):
        say("FLUX_URL must be the server's address, such as https://flux.example.org")
        return 2
    if not key:
        say("FLUX_KEY must be a key of kind MCP, flux_…: Settings → API makes one")
        return 2
    try:
        Bridge(url, key).run()
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
