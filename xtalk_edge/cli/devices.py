"""`xtalk-edge devices`: what can be listened to, spoken through and pressed."""

from __future__ import annotations

import dataclasses
import json

import click

from firmware_bridge.ports import found_ports
from xtalk_edge.audio.portaudio_devices import list_devices


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(as_json: bool) -> None:
    """List the sound devices, and the serial ports that may be boards.

    Put a name (or an unmistakable part of it) into the settings as audio.input_device and
    audio.output_device; empty means the system's default. A board goes into board.port; see
    `xtalk-edge board check`.
    """
    devices = list_devices()
    if not devices and not as_json:
        click.echo("No sound device was found. Plug one in, or try: xtalk-edge demo")
    for device in devices:
        if as_json:
            click.echo(json.dumps(dataclasses.asdict(device)))
        else:
            ways = [
                way
                for way, channels in (
                    ("microphone", device.input_channels),
                    ("loudspeaker", device.output_channels),
                )
                if channels
            ]
            click.echo(
                f"{device.name}  ({' and '.join(ways)}, {device.default_rate_hz} Hz, "
                f"{device.host_api})"
            )
    for port in found_ports():
        click.echo(json.dumps({"serial_port": port}) if as_json else f"{port}  (serial port)")
