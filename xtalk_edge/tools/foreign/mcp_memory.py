"""What tools each MCP server had, from one start to the next."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from pathlib import Path
from typing import Any

from xtalk_edge.config.tools import McpServerConfig

logger = logging.getLogger(__name__)

FILE = "mcp_tools.json"

Records = list[dict[str, Any]]

_KEYS: dict[str, type] = {"name": str, "description": str, "schema": dict, "reads_only": bool}


class McpMemory:
    """A file in the state folder; a damaged one is as good as none."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def tools(self, server: McpServerConfig) -> Records | None:
        """Return the tools a server had when it was last there; None if it never was."""
        entry = self._read().get(server.name)
        if not isinstance(entry, dict) or entry.get("of") != _fingerprint(server):
            return None
        records = entry.get("tools")
        return records if isinstance(records, list) and all(map(_is_record, records)) else None

    def keep(self, server: McpServerConfig, records: Records) -> None:
        """Remember a server's tools."""
        if self.tools(server) == records:
            return
        entry = {"of": _fingerprint(server), "tools": records}
        text = json.dumps({**self._read(), server.name: entry})
        part = self._path.with_suffix(".part")
        try:
            part.write_text(text, encoding="utf-8")
            part.replace(self._path)
        except OSError as error:
            logger.warning("the tools of mcp servers cannot be remembered: %s", error.strerror)

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


def _is_record(record: Any) -> bool:
    return isinstance(record, dict) and all(
        isinstance(record.get(key), kind) for key, kind in _KEYS.items()
    )


def _fingerprint(server: McpServerConfig) -> str:
    """Return what changes when a name means another server."""
    text = json.dumps([server.url, *server.command])
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:16]
