"""The page itself, one file to a browser, and what a browser is told to allow it."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

WEB = Path(__file__).with_name("web")

SCRIPTS = ("line", "shown", "turns", "lists", "controls", "sound")
"""Its script, in the order in which it is read: each stands on those before it."""

HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of every answer: kept nowhere, shown inside no other page, and nothing but the microphone."""


def document() -> tuple[bytes, str]:
    """Return the page, and the policy that lets it run what is in it and nothing else."""
    script = "\n" + "".join(_read(f"{name}.js") for name in SCRIPTS)
    style = "\n" + _read("page.css")
    page = _read("page.html")
    for element, content in (("script", script), ("style", style)):
        page = page.replace(f"<{element}>\n</{element}>", f"<{element}>{content}</{element}>")
    policy = "; ".join(
        (
            "default-src 'none'",
            # The part that reads the microphone runs beside the page, from an address it makes.
            f"script-src {_digest(script)} blob:",
            f"style-src {_digest(style)}",
            "connect-src 'self'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
    return page.encode(), policy


def _read(name: str) -> str:
    return (WEB / name).read_text(encoding="utf-8")


def _digest(content: str) -> str:
    """Return the SHA-256 of an element's content, as a policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
