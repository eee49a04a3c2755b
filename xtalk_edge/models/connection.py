"""Asks a server for a file, or for the rest of one, and says in a sentence why it cannot be had."""

from __future__ import annotations

import http.client
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from typing import IO, Any
from urllib.parse import urlsplit

from xtalk_edge import __version__
from xtalk_edge.errors import ModelError
from xtalk_edge.models.digests import Published, hugging_face
from xtalk_edge.net.proxies import proxy_before

NETWORK_ERRORS = (OSError, http.client.HTTPException)
"""What a try may end with that another one may not."""

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers of a server that is busy, or is just being restarted."""


class GoneError(ModelError):
    """A server has nothing here, and would say so again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server sends."""

    body: Any
    """`read1(size)` returns what has come, b"" at the end."""
    starts_at: int
    """Where in the file the body begins."""
    total: int | None
    """How long the server says the file is."""
    validator: str
    """By which it knows this version of the file again; "" where it has no such thing."""
    published: Published
    """What it says the file's content is."""


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never from an encrypted connection to a plain one."""

    def __init__(self) -> None:
        self.published = Published()

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Note what the redirecting server says of the file."""
        before, after = urlsplit(req.full_url).scheme, urlsplit(newurl).scheme
        if after not in ("http", "https"):
            raise GoneError(f"{req.full_url} leads to {newurl}, which is no web address")
        if before == "https" and after != "https":
            raise GoneError(f"{req.full_url} leads to {newurl}, which is not encrypted")
        self.published = self.published.or_else(hugging_face(headers))
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def ask(url: str, start: int, validator: str, timeout_s: float) -> Answer:
    """Return the server's answer; its body is open, and is to be closed.

    Args:
        url: of the file.
        start: from which byte on; the answer may begin at 0 all the same.
        validator: of the version that begins with the first `start` bytes.
        timeout_s: how long the server may say nothing.

    Raises:
        GoneError: the server has nothing here, or is not who it should be.
        OSError, http.client.HTTPException: it cannot be reached just now.
    """
    headers = {"User-Agent": f"xtalk-edge/{__version__}", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
        if validator:
            headers["If-Range"] = validator
    redirects = _Redirects()
    opener = urllib.request.build_opener(redirects)
    try:
        body = opener.open(urllib.request.Request(url, headers=headers), timeout=timeout_s)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 416:
                return _nothing_there(url, error.headers, redirects.published)
            if error.code in _PASSING:
                raise ConnectionError(f"the server answered {error.code} {error.reason}") from error
            raise GoneError(
                f"{url} cannot be fetched: the server answered {error.code} {error.reason}"
            ) from error
    except urllib.error.URLError as error:
        raise _told(url, error) from error
    headers_ = body.headers
    published = redirects.published.or_else(hugging_face(headers_))
    if body.status == 206:
        starts_at, total = _content_range(headers_)
        if starts_at != start:
            body.close()
            raise ConnectionError(f"the server sent bytes from {starts_at} on, not from {start} on")
    else:
        starts_at, total = 0, _number(headers_.get("Content-Length"))
    return Answer(body, starts_at, total, _validator(headers_), published)


def _told(url: str, error: urllib.error.URLError) -> Exception:
    if isinstance(error.reason, ssl.SSLCertVerificationError):
        why = error.reason.verify_message or "it is not valid"
        return GoneError(
            f"{url} cannot be fetched: the server's certificate is refused ({why}); "
            "check this device's date, or the proxy in between"
        )
    parts = urlsplit(url)
    if proxy := proxy_before(parts.netloc, [parts.scheme]):
        return ConnectionError(f"{error.reason}, by way of the proxy {proxy} of the environment")
    return error.reason if isinstance(error.reason, OSError) else ConnectionError(str(error.reason))


def _nothing_there(url: str, headers: Message, published: Published) -> Answer:
    """Answer for a server that has no byte at the place asked for, and so knows the length."""
    total = _number(headers.get("Content-Range", "").rpartition("/")[2])
    if total is None:
        raise ConnectionError("the server does not say how long the file is")
    return Answer(_Nothing(), total, total, "", published)


class _Nothing:
    def read1(self, size: int) -> bytes:
        return b""

    def close(self) -> None:
        pass


def _content_range(headers: Message) -> tuple[int | None, int | None]:
    unit, _, rest = headers.get("Content-Range", "").partition(" ")
    span, _, total = rest.partition("/")
    return (_number(span.partition("-")[0]) if unit == "bytes" else None), _number(total)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdecimal() else None


def _validator(headers: Message) -> str:
    """Return a strong validator; a weak one does not promise equal bytes."""
    tag = str(headers.get("ETag", ""))
    return tag if tag.startswith('"') else str(headers.get("Last-Modified", ""))
