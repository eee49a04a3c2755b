"""What the address of the page must be."""

from __future__ import annotations

from xtalk_edge.config.page import PAGE_ADDRESS
from xtalk_edge.config.schema import Config
from xtalk_edge.config.source import Source
from xtalk_edge.config.toml_text import shown


def check_page(source: Source, config: Config) -> None:
    """Note what is wrong with the page's settings."""
    listen = config.page.listen
    if not listen:
        return
    host, colon, port = listen.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) <= 65_535):
        problem = f'must be address and port, such as "{PAGE_ADDRESS}", got {shown(listen)}'
        source.complain(("page", "listen"), problem)
