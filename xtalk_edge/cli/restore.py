"""`xtalk-edge restore`: puts a backup back, here or on another device."""

from __future__ import annotations

from pathlib import Path

import click

from xtalk_edge.cli.backup import show
from xtalk_edge.cli.options import config_options, read_config, state_dir_option
from xtalk_edge.net.printable import one_line
from xtalk_edge.store.backup import read_backup, restore


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--check", is_flag=True, help="Look whether it is whole, and change nothing.")
@click.option("--settings", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.toml",
              help="Write the settings in it here.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_options
@state_dir_option
def command(
    path: Path,
    check: bool,
    settings: Path | None,
    yes: bool,
    config_path: Path | None,
    overrides: tuple[str, ...],
    state_dir: Path | None,
) -> None:
    """Put back what `xtalk-edge backup` has written.

    The device must not run meanwhile. What it knew until then is kept beside what takes its place.

    \b
    Examples:
      xtalk-edge restore --check kitchen.backup
      xtalk-edge restore kitchen.backup --settings my.toml
    """
    folder = read_config(config_path, overrides, state_dir).store.folder()
    held = read_backup(path)
    click.echo(f"{path}, made {one_line(held.made_at)} by version {one_line(held.version)}:")
    show(held)
    if check:
        click.echo("It is whole.")
        return
    if not yes:
        click.confirm(f"Put this into {folder}?", abort=True)
    _, aside = restore(path, folder, settings)
    for each in aside:
        click.echo(f"What was there is kept as {each}")
    click.echo("Done. Start the device again.")
