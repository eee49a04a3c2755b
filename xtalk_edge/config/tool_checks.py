"""What the settings of tools of others must be besides of the right type."""

from __future__ import annotations

import re

from xtalk_edge.config.locate import KeyPath
from xtalk_edge.config.source import Source
from xtalk_edge.config.toml_text import shown
from xtalk_edge.config.tools import McpServerConfig, ToolsConfig

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
_HEADER = re.compile(r"[A-Za-z0-9-]+: ?[^\r\n]*\$[A-Za-z_]\w*[^\r\n]*")


def check_tools(source: Source, tools: ToolsConfig) -> None:
    """Note what is wrong with the owner's own tools and servers."""
    for index, own in enumerate(tools.own):
        if ":" not in own.spec.strip(":"):
            path = ("tools", "own", index, "spec")
            source.complain(path, f'must be "file.py:name" or "module:name", got {shown(own.spec)}')
    known: set[str] = set()
    for index, server in enumerate(tools.mcp):
        _check_server(source, ("tools", "mcp", index), server, known)
        known.add(server.name.casefold())


def _check_server(source: Source, path: KeyPath, server: McpServerConfig, known: set[str]) -> None:
    if not _NAME.fullmatch(server.name):
        source.complain((*path, "name"), 'must be a short name of letters, such as "home"')
    elif server.name.casefold() in known:
        problem = f"another server is called {shown(server.name)} too; rename one"
        source.complain((*path, "name"), problem)
    if bool(server.url) == bool(server.command):
        source.complain(path, 'needs one of command = ["program"] and url = "http://..."')
    elif server.url and not re.fullmatch(r"https?://[^\s/].*", server.url):
        problem = f'must begin with "http://" or "https://", got {shown(server.url)}'
        source.complain((*path, "url"), problem)
    for header in server.headers:
        if not _HEADER.fullmatch(header):
            # Settings are shown, copied and sent to others; a secret must not be among them.
            source.complain(
                (*path, "headers"),
                'must read "Authorization: Bearer $NAME", with the secret in the environment '
                "variable NAME",
            )
