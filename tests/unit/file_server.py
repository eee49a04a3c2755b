"""A web server of files on loopback that misbehaves as it is told."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Served:
    """One file, and how it is served."""

    content: bytes = b""
    ranges: bool = True
    tag: str = '"one"'
    told_length: int | None = None
    """What it says the length is, in place of the truth."""
    tells_length: bool = True
    drop_after: list[int] = field(default_factory=list)
    """Bytes after which the connection is cut, one figure a request, while there are any."""
    answers: list[int] = field(default_factory=list)
    """Status codes to answer first, one a request."""
    headers: dict[str, str] = field(default_factory=dict)
    redirect: str = ""
    endless: bool = False
    drip: float | None = None
    """Seconds between single bytes."""


class FileServer:
    """Serves `files`, by their paths; counts what was asked."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.files: dict[str, Served] = {}
        self.asked: list[tuple[str, str | None]] = []
        """Path and `Range` of each request."""
        self.agents: set[str] = set()
        self.url = f"http://127.0.0.1:{server.server_address[1]}"


@contextlib.contextmanager
def file_server() -> Iterator[FileServer]:
    """Run a server while the block runs."""
    ending = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with contextlib.suppress(OSError):
                _serve(self, state, ending.is_set)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state = FileServer(server)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield state
    finally:
        ending.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _serve(request: BaseHTTPRequestHandler, state: FileServer, over: Callable[[], bool]) -> None:
    asked = request.headers.get("Range")
    state.asked.append((request.path, asked))
    state.agents.add(request.headers.get("User-Agent", ""))
    file = state.files.get(request.path)
    status = file.answers.pop(0) if file and file.answers else None
    if file is None or status:
        request.send_error(status or 404)
        return
    if file.redirect:
        request.send_response(302)
        request.send_header("Location", file.redirect)
        _send_headers(request, file)
        return
    resumes = asked and file.ranges and request.headers.get("If-Range", file.tag) == file.tag
    start = int(str(asked).removeprefix("bytes=").rstrip("-")) if resumes else 0
    length = len(file.content) if file.told_length is None else file.told_length
    if start >= length and start:
        request.send_response(416)
        request.send_header("Content-Range", f"bytes */{length}")
        _send_headers(request, file)
        return
    request.send_response(206 if start else 200)
    if start:
        request.send_header("Content-Range", f"bytes {start}-{length - 1}/{length}")
    if file.tells_length:
        request.send_header("Content-Length", str(length - start))
    if file.tag:
        request.send_header("ETag", file.tag)
    _send_headers(request, file)
    content = file.content[start:]
    if file.drop_after:
        content = content[: file.drop_after.pop(0)]
    _send_body(request, file, content, over)


def _send_body(
    request: BaseHTTPRequestHandler, file: Served, content: bytes, over: Callable[[], bool]
) -> None:
    if file.drip is None:
        request.wfile.write(content)
        content = b""
    for byte in content:
        if over():
            return
        request.wfile.write(bytes([byte]))
        time.sleep(file.drip or 0)
    while file.endless and not over():
        request.wfile.write(bytes(100_000))


def _send_headers(request: BaseHTTPRequestHandler, file: Served) -> None:
    for name, value in file.headers.items():
        request.send_header(name, value)
    request.end_headers()
