"""`xtalk-edge config`: are the settings right, and what are they."""

from __future__ import annotations

from pathlib import Path

import click

from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.config.load import dump
from xtalk_edge.engines import hosting


@click.group()
def command() -> None:
    """Check or show the settings.

    The commented list of all settings is configs/starter.toml; `config show` prints those in
    force.
    """


@command.command()
@config_options
def check(config_path: Path | None, overrides: tuple[str, ...]) -> None:
    """Say whether the settings are right; each problem is named with its line."""
    hosting.check(read_config(config_path, overrides))
    click.echo(f"{config_path or 'the starter settings'}: all settings are right")


@command.command()
@config_options
def show(config_path: Path | None, overrides: tuple[str, ...]) -> None:
    """Print every setting in force, as TOML that can be saved and edited."""
    click.echo(dump(read_config(config_path, overrides)), nl=False)
