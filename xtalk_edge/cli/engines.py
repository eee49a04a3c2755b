"""`xtalk-edge engines`: lists engines, and checks whether one keeps the promises of its slot."""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.config.schema import EngineConfig
from xtalk_edge.config.toml_text import value_text
from xtalk_edge.engines import hosting, registry
from xtalk_edge.engines.promises import PROMISES, BrokenPromiseError, Promise
from xtalk_edge.errors import EdgeError


@click.group()
def command() -> None:
    """List the engines there are, and check one of your own.

    \b
    Examples:
      xtalk-edge engines list
      xtalk-edge engines check asr my_asr.py:MyAsr
      xtalk-edge engines check tts piper --set tts.model=piper-en
      xtalk-edge engines check --config edge.toml      every engine of your settings
    """


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_engines(as_json: bool) -> None:
    """List the engines of each slot, those of installed packages too."""
    found = {
        slot: [*registry.names(slot), *registry.of_packages(slot)] for slot in registry.slots()
    }
    if as_json:
        click.echo(json.dumps(found))
        return
    width = max(map(len, found))
    for slot, names in found.items():
        click.echo(f"{slot:{width}}  {', '.join(names)}")
    click.echo('\nYour own: type = "file.py:Class" or "module:Class" in the slot\'s section.')


@dataclass(frozen=True, slots=True)
class Asked:
    """One promise, and how it was kept."""

    slot: str
    type: str
    promise: str
    broken: str
    """What is wrong; "" when it was kept."""
    seconds: float


@command.command()
@click.argument("slot", required=False, type=click.Choice(registry.slots()))
@click.argument("spec", required=False, metavar="[NAME|FILE.py:CLASS|MODULE:CLASS]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@config_options
def check(
    slot: str | None,
    spec: str | None,
    as_json: bool,
    config_path: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Check whether an engine keeps what every engine of its slot promises.

    Without a slot, every engine of the settings is checked. What is wrong is said in a sentence,
    with what to do about it. Where the engine is yours, the last lines of its traceback follow.

    The exit code is 1 when a promise is broken.
    """
    if spec is not None:
        overrides = (*overrides, f"{slot}.type={value_text(spec)}")
    config = read_config(config_path, overrides)
    chosen = [slot] if slot else registry.slots()
    engines: list[tuple[str, EngineConfig]] = [(each, getattr(config, each)) for each in chosen]
    hosting.check(config, chosen)
    asked = [each for name, engine in engines for each in _ask(name, engine, quiet=as_json)]
    broken = [each for each in asked if each.broken]
    if as_json:
        promises = [asdict(each) for each in asked]
        click.echo(json.dumps({"promises": promises, "broken": len(broken)}))
    else:
        click.echo(f"\n{len(asked) - len(broken)} of {len(asked)} promises kept.")
    if broken:
        raise click.exceptions.Exit(1)


def _ask(slot: str, engine: EngineConfig, *, quiet: bool) -> Iterator[Asked]:
    if not quiet:
        click.echo(f"{slot}: {engine.type}")
    for promise in PROMISES[slot]:
        if not quiet:
            # Before it is asked: an engine that crashes takes this process along.
            click.echo(f"  {promise.says} ... ", nl=False)
            sys.stdout.flush()
        began = time.perf_counter()
        wrong, where = _broken(slot, engine, promise)
        if not quiet:
            click.echo("broken" if wrong else "ok")
            for line in (wrong, *where) if wrong else ():
                click.echo(f"      {line}")
        yield Asked(slot, engine.type, promise.says, wrong, round(time.perf_counter() - began, 3))


def _broken(slot: str, engine: EngineConfig, promise: Promise) -> tuple[str, list[str]]:
    """Return what is wrong and where in the engine that was raised; ("", []) when nothing is."""
    try:
        promise.ask(lambda: hosting.create(slot, engine))
    except (BrokenPromiseError, EdgeError) as error:
        return str(error), []
    except Exception as error:  # noqa: BLE001 - an engine may raise anything; its author is told
        lines = traceback.format_exception(error)[-3:]
        where = [part for line in lines[:-1] for part in line.rstrip().splitlines()]
        return f"it raised {error.__class__.__name__}: {error}", where
    return "", []
