"""`xtalk-edge backup`: all that the owner would miss, in one file."""

from __future__ import annotations

from pathlib import Path

import click

from xtalk_edge.cli.options import config_options, read_config, state_dir_option
from xtalk_edge.clock import wall_now
from xtalk_edge.store.backup import Backup, write_backup
from xtalk_edge.tools.spoken import size_words


@click.command()
@click.argument(
    "path", metavar="[FILE]", required=False, type=click.Path(path_type=Path, dir_okay=False)
)
@config_options
@state_dir_option
def command(
    path: Path | None,
    config_path: Path | None,
    overrides: tuple[str, ...],
    state_dir: Path | None,
) -> None:
    """Write timers, alarms, notes, lists, people, documents and settings into one file.

    A device that runs goes on meanwhile. The file holds what was confided to the device, voices
    too: only you may read it, and wherever you put it should be as safe. Models are not in it.

    \b
    Examples:
      xtalk-edge backup
      xtalk-edge backup --config my.toml /media/usb/kitchen.backup
      xtalk-edge restore /media/usb/kitchen.backup
    """
    config = read_config(config_path, overrides, state_dir)
    path = path or Path(f"xtalk-edge-{wall_now():%Y-%m-%d-%H%M%S}.backup")
    made = write_backup(path, config.store.folder(), config.path)
    click.echo(f"{path} ({size_words(path.stat().st_size)})")
    show(made)


def show(held: Backup) -> None:
    """Print what an archive holds."""
    for name, size in held.sizes.items():
        click.echo(f"  {name:28} {size_words(size)}")
