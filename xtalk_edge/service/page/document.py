"""The page itself, and what a browser is told to allow it."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

FILE = Path(__file__).with_name("page.html")

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
    text = FILE.read_text(encoding="utf-8")
    scripts, styles = (_digests(text, element) for element in ("script", "style"))
    policy = "; ".join(
        (
            "default-src 'none'",
            # The part that reads the microphone runs beside the page, from an address it makes.
            f"script-src {scripts} blob:",
            f"style-src {styles}",
            "connect-src 'self'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
    return text.encode(), policy


def _digests(text: str, element: str) -> str:
    """Return the SHA-256 of each element's content, as a policy names them."""
    found = re.findall(rf"<{element}>(.*?)</{element}>", text, re.DOTALL)
    digests = (hashlib.sha256(each.encode()).digest() for each in found)
    return " ".join(f"'sha256-{base64.b64encode(each).decode()}'" for each in digests)
