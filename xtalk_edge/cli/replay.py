"""`xtalk-edge replay`: what was recorded, run again, and what is different."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click
import numpy as np

from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.audio.sound_file import write_wav
from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.errors import DeviceError
from xtalk_edge.net.printable import one_line
from xtalk_edge.recorder.bundle import Bundle
from xtalk_edge.recorder.bundle_reading import read_bundle
from xtalk_edge.recorder.difference import LOOSE_S, Difference
from xtalk_edge.scenes.regression import save_test
from xtalk_edge.scenes.replay import Replayed, is_exact, replay
from xtalk_edge.scenes.replay_settings import of_bundle

SHOWN_CHARS = 58
"""Of one side of a difference: two of them fill a wide terminal."""


@click.command()
@click.argument("file", metavar="BUNDLE", type=click.Path(path_type=Path))
@click.option("--exact/--loose", default=None,
              help="Compare every event, or what an owner would notice.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--events", "events_path", metavar="FILE",
              type=click.Path(path_type=Path, dir_okay=False),
              help="Write the events of now to this file.")  # fmt: skip
@click.option("-o", "--output", metavar="FILE.wav", type=click.Path(path_type=Path, dir_okay=False),
              help="Write the room (left) and what the device says now (right).")  # fmt: skip
@click.option("--save-test", "test_folder", metavar="FOLDER",
              type=click.Path(path_type=Path, file_okay=False),
              help="Make a test of it: what comes out now must come out again.")  # fmt: skip
@config_options
def command(
    file: Path,
    config_path: Path | None,
    exact: bool | None,
    as_json: bool,
    events_path: Path | None,
    output: Path | None,
    test_folder: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Run a bundle again, as fast as this machine can, and tell what is different.

    The device hears what its microphone gave then, gaps included; buttons are pressed and the
    microphone is muted as they were. It answers into nothing: nothing is switched, sent or kept.

    A bundle recorded on the virtual clock must give every event again, in order and in time. Of one
    recorded in real time that is compared which an owner would notice: wake phrase, texts, tools,
    answers, who had the floor; and when, to a second.

    \b
    Examples:
      xtalk-edge replay xtalk-edge-20261130-081500.zip
      xtalk-edge replay bundle.zip --set turn.silence_ms=800 -o now.wav
      xtalk-edge replay bundle.zip -c fixed.toml --save-test tests/kitchen

    The exit code is 1 when anything is different.
    """
    bundle = read_bundle(file)
    own = config_path is None and not overrides
    if config_path is None:
        read_config(None, ())
        config = of_bundle(bundle.settings, overrides)
    else:
        config = read_config(config_path, overrides)
    if exact is None:
        exact = own and is_exact(bundle)
    tell = (lambda _text: None) if as_json else (lambda text: click.echo(text, err=True))
    replayed = replay(bundle, config, exact=exact, progress=tell)
    if events_path is not None:
        _write_events(events_path, replayed)
    if output is not None:
        write_wav(output, np.stack([bundle.recording.raw, replayed.played], axis=1), RATE_HZ)
    saved = [] if test_folder is None else save_test(
        test_folder, file.stem, bundle, replayed, config
    )  # fmt: skip
    if as_json:
        click.echo(json.dumps(_as_json(bundle, replayed)))
    else:
        _report(bundle, replayed)
        for path in saved:
            click.echo(f"written: {path}")
    if replayed.differences:
        raise click.exceptions.Exit(1)


def _write_events(path: Path, replayed: Replayed) -> None:
    lines = (json.dumps(each, ensure_ascii=False, default=str) for each in replayed.records)
    try:
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise DeviceError(f"{path}: cannot be written ({error.strerror})") from error


def _as_json(bundle: Bundle, replayed: Replayed) -> dict[str, object]:
    return {
        "seconds": bundle.recording.seconds,
        "exact": replayed.exact,
        "events": len(replayed.records),
        "voice_differs_at_s": replayed.voice_differs_at_s,
        "differences": [asdict(each) for each in replayed.differences],
    }


def _report(bundle: Bundle, replayed: Replayed) -> None:
    recording = bundle.recording
    compared = "every event" if replayed.exact else (
        f"what an owner would notice, times to {LOOSE_S:g} s"
    )  # fmt: skip
    click.echo(
        f"{recording.seconds:.1f} s from {recording.wall:%d %B %Y %H:%M:%S} on, "
        f"{len(replayed.records)} events; compared: {compared}"
    )
    if replayed.differences:
        click.secho(f"{'at':>9}  {'then':{SHOWN_CHARS}}  now", bold=True)
        for each in replayed.differences:
            _show(each)
    if replayed.voice_differs_at_s is not None:
        click.echo(f"what it says sounds different from {replayed.voice_differs_at_s:.3f} s on")
    if not replayed.differences:
        click.secho("nothing is different", fg="green")


def _show(difference: Difference) -> None:
    then, now = (
        one_line(text, SHOWN_CHARS) if text else "-" for text in (difference.before, difference.now)
    )
    click.echo(f"{difference.at_s:9.3f}  {then:{SHOWN_CHARS}}  {now}")
