"""Which proxy the environment puts before another machine."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.request import getproxies, proxy_bypass


def proxy_before(netloc: str, schemes: Iterable[str]) -> str:
    """Return host and port of the proxy; "" where there is none.

    Args:
        netloc: host and port of the machine, as they stand in its address.
        schemes: those of addresses that the proxy may be for, the likeliest first: "https".
    """
    if proxy_bypass(netloc):
        return ""
    proxies = getproxies()
    chosen = next((proxies[scheme] for scheme in schemes if proxies.get(scheme)), "")
    # Without what stands before the host: it may be a password.
    return chosen.rpartition("//")[2].rpartition("@")[2].strip("/")
