"""`xtalk-edge board`: which boards are there and whether they work; and one without hardware."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path

import click

from firmware_bridge.errors import BridgeError
from firmware_bridge.faults import Faults
from firmware_bridge.link import Link
from firmware_bridge.messages import Beat, Button, Feature, Hello, Knob, Light, Mute, SetLight
from firmware_bridge.ports import AUTO, found_ports
from firmware_bridge.simulator import BoardSimulator
from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.errors import DeviceError, LinkError
from xtalk_edge.tasks import TaskOwner

LOOKED_S = 2.0
"""Four beats of the board, and a fair chance to count what gets lost."""

FEATURES = {
    Feature.MUTE_SWITCH: "mute switch",
    Feature.KNOB: "knob",
    Feature.SUPPLY_METER: "supply meter",
    Feature.LIGHTS: "lights",
}


@click.group()
def command() -> None:
    """Check a board with button and lights, or simulate one.

    \b
    Examples:
      xtalk-edge board check
      xtalk-edge board simulate --port-name /tmp/board
      xtalk-edge run --set board.port=/tmp/board --set wake.mode=button
    """


@command.command()
@config_options
@click.option("--port", help="The port to look at; without it that of the settings, else all.")
def check(config_path: Path | None, overrides: tuple[str, ...], port: str | None) -> None:
    """Tell which boards are there, their firmware, how fast they answer, and what is wrong."""
    setting = port or read_config(config_path, overrides, None).board.port
    ports = [setting] if setting not in ("", AUTO) else found_ports()
    if not ports:
        raise LinkError("no board is plugged in; plug one in, or try: xtalk-edge board simulate")
    looks = [asyncio.run(_look(each)) for each in ports]
    for each, look in zip(ports, looks, strict=True):
        click.echo(f"{each}\n  {look.told()}")
    if len(ports) > 1 and setting == AUTO:
        raise LinkError(f"{len(ports)} boards are plugged in; name one in board.port")
    if not any(look.hello for look in looks):
        raise LinkError("no board answers")


class _Look:
    """What a board shows of itself in a moment."""

    def __init__(self) -> None:
        self.hello: Hello | None = None
        self.beat: Beat | None = None
        self.error: BridgeError | None = None
        self.round_trip_s = 0.0
        self.unreadable = 0
        self.repeated = 0
        self.known = asyncio.Event()
        """Set once it has answered, or will not."""
        self.over = asyncio.Event()

    def on_ready(self, hello: Hello, port: str, round_trip_s: float) -> None:
        self.hello, self.round_trip_s = hello, round_trip_s
        self.known.set()

    def on_message(self, message: Beat | Button | Mute | Knob, at_s: float) -> None:
        if isinstance(message, Beat):
            self.beat = message

    def on_lost(self, error: BridgeError) -> None:
        self.error = error
        self.known.set()
        self.over.set()

    def told(self) -> str:
        """Return it in words."""
        if self.hello is None:
            return str(self.error or "it does not answer")
        hello = self.hello
        has = [name for bit, name in FEATURES.items() if hello.features & bit]
        lines = [
            f"{hello.name}, firmware {'.'.join(map(str, hello.firmware))}",
            f"{hello.buttons} buttons, {hello.outputs} outputs, {', '.join(has) or 'nothing else'}",
            f"answers after {self.round_trip_s * 1000:.1f} ms",
        ]
        if self.beat is not None:
            lines.append(f"mute switch {'on' if self.beat.muted else 'off'}")
            if self.beat.supply_mv:
                lines.append(f"supply {self.beat.supply_mv / 1000:.2f} V")
            lines.append(
                f"frames that could not be read: {self.unreadable} here, "
                f"{self.beat.unreadable} there"
            )
        if self.repeated:
            lines.append(f"messages that had to be sent again: {self.repeated}")
        if self.error is not None:
            lines.append(f"then: {self.error}")
        return "\n  ".join(lines)


async def _look(port: str) -> _Look:
    look, tasks = _Look(), TaskOwner()
    link = Link(port, look)
    tasks.start(link.run(), "board")
    try:
        # A board that is silent is told as such after three seconds.
        async with asyncio.timeout(5.0):
            await look.known.wait()
        if look.hello is not None:
            link.send(SetLight(Light.READY))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(look.over.wait(), LOOKED_S)
            look.unreadable, look.repeated = link.unreadable, link.repeated
    finally:
        await tasks.aclose()
    return look


@command.command()
@click.option(
    "--port-name",
    type=click.Path(path_type=Path),
    help="A name for its port that stays the same, such as /tmp/board.",
)
@click.option("--loss", type=click.FloatRange(0, 1), default=0.0, help="Share of frames lost.")
@click.option("--corruption", type=click.FloatRange(0, 1), default=0.0, help="Share damaged.")
@click.option("--seed", default=0, help="Of all chance.")
def simulate(port_name: Path | None, loss: float, corruption: float, seed: int) -> None:
    """Be a board without hardware until Ctrl-C; type what fingers do.

    \b
    Type, each with Enter:
      (nothing)   press the button and let it go
      p, r        press it, let it go
      m           flip the mute switch
      0 to 100    turn the knob
      x           reset the board
    """
    faults = Faults(loss=loss, corruption=corruption)
    asyncio.run(_simulate(BoardSimulator(faults, seed, link=port_name)))


async def _simulate(board: BoardSimulator) -> None:
    loop = asyncio.get_running_loop()
    async with board:
        click.echo(f"A board is on {board.path}; in another terminal:")
        click.echo(f"  xtalk-edge run --set wake.mode=button --set board.port={board.path}")
        try:
            loop.add_reader(sys.stdin, _typed, board)
        except OSError as error:
            raise DeviceError("the keyboard cannot be read; start it in a terminal") from error
        lights, outputs, there = 0, dict(board.outputs), False
        while True:
            await asyncio.sleep(0.05)
            for light in board.lights[lights:]:
                click.echo(f"light: {light.name.lower()}")
            lights = len(board.lights)
            if board.outputs != outputs:
                outputs = dict(board.outputs)
                on = [str(output + 1) for output, is_on in outputs.items() if is_on]
                click.echo(f"outputs on: {', '.join(on) or 'none'}")
            if board.in_session != there:
                there = board.in_session
                click.echo("a program is there" if there else "the program is gone")


def _typed(board: BoardSimulator) -> None:
    # Not `readline`: of several lines it would leave all but one where nothing tells of them.
    text = os.read(sys.stdin.fileno(), 4096).decode("utf-8", "replace")
    if not text:
        # The keyboard is gone; an end of file would be reported for ever.
        asyncio.get_running_loop().remove_reader(sys.stdin)
    for line in text.splitlines():
        _do(board, line.strip().lower())


def _do(board: BoardSimulator, typed: str) -> None:
    match typed:
        case "":
            board.press()
            board.release()
        case "p":
            board.press()
        case "r":
            board.release()
        case "m":
            board.mute(not board.muted)
        case "x":
            board.reset()
        case _ if typed.isascii() and typed.isdecimal() and int(typed) <= 100:
            board.turn_knob(int(typed))
        case _:
            click.echo(f"{typed!r} is nothing that fingers do; see --help")
