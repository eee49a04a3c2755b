"""`xtalk-edge bundle`: what just happened, as one file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import click

from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.clock import wall_now
from xtalk_edge.config.load import load_text
from xtalk_edge.errors import ConfigError, DeviceError
from xtalk_edge.recorder.bundle import Bundle, usual_name, write_bundle
from xtalk_edge.recorder.door import ask
from xtalk_edge.recorder.facts import machine_facts, model_facts
from xtalk_edge.recorder.place import ABOUT, DOOR, Kept, kept
from xtalk_edge.recorder.ring import read_ring


@click.command()
@click.option("-o", "--output", metavar="FILE.zip", type=click.Path(path_type=Path, dir_okay=False),
              help="Where to write it; without it xtalk-edge-DATE-TIME.zip, here.")  # fmt: skip
@click.option("--redact", is_flag=True,
              help="Leave out every word and all sound; how loud it was stays.")  # fmt: skip
@click.option("--seconds", type=click.FloatRange(1, 660), help="Only the last so many seconds.")
@click.option("--crashed", is_flag=True,
              help="Of the program before, which did not end in good order.")  # fmt: skip
@click.option("--forget", is_flag=True, help="Delete what programs that ended have left; no file.")
@config_options
def command(
    output: Path | None,
    redact: bool,
    seconds: float | None,
    crashed: bool,
    forget: bool,
    config_path: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Write what just happened to a file: sound, events, settings, machine.

    The device remembers its last minute, in memory only (`recorder.seconds`). This asks for it
    while it runs; when it has crashed, what it had written down is taken instead.

    Whoever gets the file can hear what was said in the room and see the settings, without secrets.
    With --redact they see who spoke when, how loud, and what the device did, but no word.

    \b
    Examples:
      xtalk-edge bundle
      xtalk-edge bundle --redact -o for-the-forum.zip
      xtalk-edge replay xtalk-edge-20261130-081500.zip
    """
    config = read_config(config_path, overrides)
    found = sorted(kept(config.recorder.folder), key=lambda each: not each.alive)
    if forget:
        _forget(found)
        return
    wanted = next((each for each in found if each.crashed or not crashed), None)
    if wanted is None:
        raise DeviceError(
            "nothing is remembered here: start the device with recorder.seconds above 0, "
            "and ask as the user it runs as, or with sudo"
        )
    if wanted.alive and not ask(wanted.folder / DOOR):
        click.echo("the device does not answer; its last seconds may be missing", err=True)
    bundle = _collected(wanted, seconds)
    path = output or Path(usual_name(wall_now()))
    write_bundle(path, bundle, redact=redact)
    _report(path.absolute(), bundle, wanted, redact)


def _collected(wanted: Kept, seconds: float | None) -> Bundle:
    recording = read_ring(wanted.folder, seconds)
    if recording is None:
        raise DeviceError(f"{wanted.folder}: no sound is remembered yet; ask again in a moment")
    about = _about(wanted.folder)
    try:
        config = load_text(about.get("settings", ""), name="settings of the device")
    except ConfigError:
        # Of another version; they are kept as they are.
        config = load_text("")
    return Bundle(
        recording=recording,
        settings=about.get("settings", ""),
        made=wall_now().isoformat(),
        program=about.get("program", ""),
        began=about.get("began", ""),
        crashed=wanted.crashed,
        machine=machine_facts(config),
        models=model_facts(config),
    )


def _about(folder: Path) -> dict[str, str]:
    try:
        about: Any = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(value) for name, value in about.items()} if about else {}


def _forget(found: list[Kept]) -> None:
    for each in found:
        if not each.alive:
            shutil.rmtree(each.folder, ignore_errors=True)
    if any(each.alive for each in found):
        click.echo("a device is running and goes on remembering; end it first, or set "
                   "recorder.seconds = 0")  # fmt: skip
    else:
        click.echo("nothing is remembered any more")


def _report(path: Path, bundle: Bundle, wanted: Kept, redact: bool) -> None:
    recording = bundle.recording
    click.echo(path)
    state = "before the crash" if wanted.crashed else "until now" if wanted.alive else "at the end"
    lost_s = recording.lost_samples / 16_000
    lost = f", {lost_s:.1f} s of it lost" if lost_s else ""
    what = "no word and no sound" if redact else "sound, words and settings without secrets"
    click.echo(
        f"{recording.seconds:.1f} s {state}{lost}, {len(recording.records)} events: {what}; "
        f"{path.stat().st_size / 1e6:.1f} MB",
        err=True,
    )
