"""The commands by name. A command's file is imported only when it is used."""

from __future__ import annotations

import importlib
from typing import Any

import click

from xtalk_edge import __version__


class LazyGroup(click.Group):
    """A group whose commands are the `command` objects of the modules of a package."""

    def __init__(self, *args: Any, package: str, summaries: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._package = package
        self._summaries = summaries

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which an owner meets them."""
        return list(self._summaries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command, or None when there is none of that name."""
        if cmd_name not in self._summaries:
            return None
        module = cmd_name.replace("-", "_")
        command = importlib.import_module(f"{self._package}.{module}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._summaries.items()))


@click.group(
    cls=LazyGroup,
    package="xtalk_edge.cli",
    summaries={
        "run": "Listen and answer, until Ctrl-C.",
        "scene": "Hold conversations of your own in a simulated room, and judge them.",
        "demo": "Hold a conversation in a simulated room: no microphone needed.",
        "say": "Turn a text into speech.",
        "ask": "Ask one question in writing.",
        "transcribe": "Turn recordings into text.",
        "models": "Fetch, check and remove models.",
        "people": "Let it know people by their voices.",
        "docs": "Let it answer from documents of yours.",
        "uplink": "Find out what an X-Talk server can do for it.",
        "backup": "Keep what the device knows in one file.",
        "restore": "Put that back, here or on another device.",
        "privacy": "Show what has left this device, and let nothing leave.",
        "engines": "List the engines, and check one of your own.",
        "devices": "List the sound devices, and the boards.",
        "board": "Check a board with button and lights, or simulate one.",
        "bundle": "Write what just happened to a file.",
        "replay": "Run such a file again, and tell what is different.",
        "doctor": "Examine this machine, and say what suits it.",
        "config": "Check or show the settings.",
        "service": "Let it start with the machine, and again whenever it fails.",
        "bench": "Measure this machine.",
    },
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="xtalk-edge")
def cli() -> None:
    """A voice appliance that works with the network cable out.

    \b
    Start here:
      xtalk-edge demo                 hear and read a conversation, no microphone needed
      xtalk-edge run                  talk to it: say "okay nabu", then "what time is it"
      xtalk-edge ask "set a timer for five minutes"

    Exit codes: 0 done, 1 an answer was missing or wrong, 2 a setting or option is wrong,
    3 a model file is missing or damaged, 4 an engine failed, 5 a sound device or file is missing
    or was lost, 70 a bug, 74 the output is closed, 130 interrupted.
    """
