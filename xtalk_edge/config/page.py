"""Settings for the status page."""

from __future__ import annotations

from dataclasses import dataclass

PAGE_ADDRESS = "127.0.0.1:8380"
"""Where the page is if nobody says otherwise: no other machine can reach it there."""


@dataclass(frozen=True, slots=True)
class PageConfig:
    """A page to look at and to touch, in a browser."""

    listen: str = ""
    """Address and port at which the page is, "127.0.0.1:8380"; "" is no page, or just this
    one where `audio.card` is "page"."""
    token: str = ""
    """Where the word is kept that whoever opens the page must know: "env:NAME", "file:PATH" or
    "credential:NAME"; needed where others than this machine can reach it."""
    names: tuple[str, ...] = ()
    """Names by which the page may be asked for, besides numbers, "localhost" and this machine's
    own."""
