"""Options that several commands share."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from xtalk_edge.config.load import load
from xtalk_edge.config.schema import Config
from xtalk_edge.config.toml_text import value_text
from xtalk_edge.models.shelf import FOLDER_VARIABLE
from xtalk_edge.net.border import BORDER

F = TypeVar("F", bound=Callable[..., Any])


def config_options(command: F) -> F:
    """Add --config and --set."""
    command = click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="SECTION.KEY=VALUE",
        help="Change one setting for this run, e.g. --set turn.silence_ms=400. Repeatable.",
    )(command)
    return click.option(
        "-c",
        "--config",
        "config_path",
        type=click.Path(path_type=Path),
        metavar="FILE.toml",
        help="Settings file. Without it the starter settings are used: no downloads needed.",
    )(command)


def state_dir_option(command: F) -> F:
    """Add --state-dir."""
    return click.option(
        "--state-dir",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="Keep everything that must survive a restart (timers, caches) here.",
    )(command)


def load_settings(
    config_path: Path | None, overrides: tuple[str, ...], state_dir: Path | None = None
) -> Config:
    """Return the settings as the options say; raises ConfigError."""
    if state_dir is not None:
        overrides = (*overrides, f"store.state_dir={value_text(str(state_dir))}")
    return load(config_path, overrides)


def read_config(
    config_path: Path | None,
    overrides: tuple[str, ...],
    state_dir: Path | None = None,
    *,
    passing: bool = False,
) -> Config:
    """Return the settings; set up logging to standard error, and the border, as they say.

    Args:
        config_path: the settings file, if any.
        overrides: changes to it.
        state_dir: in place of the folder that the settings name.
        passing: whether that one is thrown away. What engines keep of their models then stays in
            the usual folder, or each start would take seconds longer.
    """
    config = load_settings(config_path, overrides, state_dir)
    if not passing:
        # systemd's name for it: engines, and their child processes, keep their caches there too.
        os.environ["STATE_DIRECTORY"] = str(config.store.folder())
    os.environ[FOLDER_VARIABLE] = str(config.models.place())
    # Also for commands that keep no ledger, as benchmarks do.
    BORDER.allow(config.uplink.cloud_allowed)
    logging.basicConfig(level=config.log.level, format="%(levelname)s %(name)s: %(message)s")
    return config
