"""Settings for what the agent may do."""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.config.fields import number, tables


@dataclass(frozen=True, slots=True)
class DeviceConfig:
    """Something that can be switched on and off."""

    name: str = ""
    """What the owner calls it: "kitchen light"."""
    output: int = number(0, 0, 8)
    """Which output of the board it hangs on, from 1; 0 is none, and nothing is switched."""


@dataclass(frozen=True, slots=True)
class OwnToolConfig:
    """A tool of the owner's own."""

    spec: str = ""
    """"file.py:name" or "module:name" of a function, a tool object, or a list of these."""
    limit_s: float = number(5.0, 0.1, 120.0)
    """Time after which it is given up."""
    has_effects: bool = True
    """Whether running it on a guess, or twice, would be noticed."""


@dataclass(frozen=True, slots=True)
class McpServerConfig:
    """A server of tools that speaks the Model Context Protocol."""

    name: str = ""
    """What log and replies call it, and the prefix of a tool whose name is taken."""
    command: tuple[str, ...] = ()
    """Program and arguments of a server that is started here and spoken to through pipes."""
    url: str = ""
    """Address of a server that runs elsewhere, in place of `command`."""
    env: tuple[str, ...] = ()
    """Names of environment variables that `command` is given besides the usual few."""
    headers: tuple[str, ...] = ()
    """Headers for `url`, "Authorization: Bearer $NAME"; $NAME is taken from the environment."""
    allow: tuple[str, ...] = ()
    """Names of the tools to offer; none named is all."""
    limit_s: float = number(10.0, 0.5, 120.0)
    """Time after which a call is given up."""
    wait_s: float = number(5.0, 0.0, 60.0)
    """Time to wait at the start for a server whose tools are not known from an earlier one."""


@dataclass(frozen=True, slots=True)
class ToolsConfig:
    """What the agent may do."""

    disabled: tuple[str, ...] = ()
    """Names of tools that are not offered to the agent."""
    devices: tuple[DeviceConfig, ...] = tables(DeviceConfig)
    """What can be switched by voice."""
    own: tuple[OwnToolConfig, ...] = tables(OwnToolConfig)
    """The owner's own tools, in Python files."""
    mcp: tuple[McpServerConfig, ...] = tables(McpServerConfig)
    """Servers whose tools are offered too."""
