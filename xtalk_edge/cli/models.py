"""`xtalk-edge models`: fetches, checks and removes models."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.cli.progress import TOLD_EVERY_S, Transfer, megabytes, progress
from xtalk_edge.config.places import ModelsConfig
from xtalk_edge.errors import ModelError
from xtalk_edge.models.bring import bring
from xtalk_edge.models.manifest import ARCHIVES, Model, read_manifest
from xtalk_edge.models.pull import Puller
from xtalk_edge.models.shelf import MODEL_ENDINGS, Shelf, clear, size_of


@click.group()
def command() -> None:
    """Fetch, check and remove models.

    The starter kit needs none of these. They are kept in one folder (models.folder in the
    settings) and chosen by name in the settings, as `models info NAME` shows.

    \b
    Examples:
      xtalk-edge models list
      xtalk-edge models pull --profile pi5
      xtalk-edge models info whisper-tiny-en
      xtalk-edge models import /media/stick/whisper --name whisper-tiny-en
    """


def _settings(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command its settings of models in place of --config and --set."""

    @functools.wraps(function)
    def with_settings(
        *, config_path: Path | None, overrides: tuple[str, ...], **others: Any
    ) -> None:
        function(read_config(config_path, overrides).models, **others)

    return config_options(with_settings)


@contextlib.contextmanager
def _transfer() -> Iterator[Transfer]:
    with progress(elsewhere_every_s=TOLD_EVERY_S) as tell:
        yield Transfer(tell)


@command.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--profile", help="Fetch what suits a board: see `models list`.")
@click.option("--language", default="en", show_default=True, help="The profile's language.")
@click.option(
    "--accept-change",
    is_flag=True,
    help="Take what an address holds now, although something else came from it before.",
)
@_settings
def pull(
    config: ModelsConfig,
    names: tuple[str, ...],
    profile: str | None,
    language: str,
    accept_change: bool,
) -> None:
    """Fetch models; those that are there already are left alone.

    Ctrl-C at any time: what came is kept, and the same command goes on there. A file gets its
    name only when it is whole and what its publisher says it is.
    """
    manifest = read_manifest(config.manifest)
    wanted = [manifest.find(name) for name in names]
    if profile:
        wanted += manifest.of_profile(profile, language)
    if not wanted:
        raise click.UsageError("name a model, or --profile; `xtalk-edge models list` shows all")
    shelf = Shelf(config.place())
    puller = Puller(shelf, config.mirrors)
    for model in wanted:
        if shelf.has(model.name):
            click.echo(f"{model.name} is there already")
            continue
        click.echo(f"{model.name}: fetching {_size_text(model)}, licence {model.licence}")
        with _transfer() as transfer:
            folder = puller.pull(model, transfer, accept_change=accept_change)
        click.echo(f"{model.name} is in {folder}\n{_how_to_use(model)}")


def _size_text(model: Model) -> str:
    return megabytes(model.mb * 1e6) if model.mb else "size ?"


def _how_to_use(model: Model) -> str:
    more = f" {model.settings}" if model.settings else ""
    return f'  use it: [{model.slot}] type = "{model.type}" model = "{model.name}"{more}'


@command.command(name="list")
@click.option("--slot", help="Only models of this slot, such as asr.")
@click.option("--language", help="Only models for this language, such as de.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@_settings
def list_(config: ModelsConfig, slot: str | None, language: str | None, as_json: bool) -> None:
    """Show what can be fetched, and what is there (*)."""
    shelf = Shelf(config.place())
    manifest = read_manifest(config.manifest)
    for model in manifest.model:
        other_language = language and model.languages and language not in model.languages
        if (slot and model.slot != slot) or other_language:
            continue
        here = shelf.has(model.name)
        if as_json:
            click.echo(json.dumps({**asdict(model), "here": here}))
        else:
            spoken = " ".join(model.languages)
            click.echo(
                f"{'*' if here else ' '} {model.name:32} {model.slot:13} {_size_text(model):>9}  "
                f"{spoken:12} {model.about}"
            )
    if as_json:
        return
    known = {model.name for model in manifest.model}
    for name in shelf.names():
        if name not in known and not slot and not language:
            click.echo(f"* {name:32} brought by hand")
    if not slot and not language:
        click.echo("\nProfiles, for `models pull --profile NAME --language LANGUAGE`:")
        for profile in manifest.profile:
            click.echo(f"  {profile.name:8} {profile.language:4} {', '.join(profile.models)}")


@command.command()
@click.argument("name")
@_settings
def info(config: ModelsConfig, name: str) -> None:
    """Show all that is known of a model."""
    shelf = Shelf(config.place())
    model = next((each for each in read_manifest(config.manifest).model if each.name == name), None)
    if model is None:
        record = shelf.record(name)
        click.echo(f"{name}, brought from {record.origin}")
    else:
        click.echo(f"{name}: {model.about}")
        for what, text in (
            ("slot", model.slot),
            ("engine", model.type),
            ("languages", ", ".join(model.languages)),
            ("precision", model.precision),
            ("meant for", model.provider),
            ("licence", model.licence),
            ("described at", model.page),
            ("to fetch", _size_text(model)),
            ("memory", f"{model.ram_mb:.0f} MB" if model.ram_mb else "not measured"),
        ):
            click.echo(f"  {what:13} {text or '-'}")
        for file in model.file:
            click.echo(f"  {'from':13} {file.url}")
        click.echo(_how_to_use(model))
    if shelf.has(name):
        click.echo(f"  {'here':13} {shelf.path(name)}, {megabytes(size_of(shelf.path(name)))}")


@command.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@_settings
def verify(config: ModelsConfig, names: tuple[str, ...]) -> None:
    """Read every byte of the models that are there; without names, of all."""
    shelf = Shelf(config.place())
    wrong = []
    for name in names or shelf.names():
        with _transfer() as transfer:
            problems = shelf.problems(name, transfer)
        click.echo(f"{name}: {'; '.join(problems) or 'as it was put there'}")
        wrong += [name] if problems else []
    if wrong:
        raise ModelError(
            f"{', '.join(wrong)}: not as they were; remove and pull again, and look at the card"
        )


@command.command(name="import")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--name", help="The model's name; that of the file or folder, if left out.")
@_settings
def import_(config: ModelsConfig, source: Path, name: str | None) -> None:
    """Put a model there that was brought another way: for devices without internet.

    SOURCE is a folder with the model's files, its archive, or its only file. A name of
    `models list` has its digests checked; any other is a model of your own.
    """
    shelf, manifest = Shelf(config.place()), read_manifest(config.manifest)
    with _transfer() as transfer:
        folder = bring(shelf, manifest, source, name or _stem(source), transfer)
    click.echo(f"{folder.name} is in {folder}")


def _stem(source: Path) -> str:
    name = source.absolute().name
    for ending in (*ARCHIVES, *MODEL_ENDINGS):
        name = name.removesuffix(ending)
    return name


@command.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@_settings
def remove(config: ModelsConfig, names: tuple[str, ...]) -> None:
    """Delete models."""
    shelf = Shelf(config.place())
    for name in names:
        freed = size_of(shelf.path(name))
        shelf.remove(name)
        click.echo(f"{name} is gone; {megabytes(freed)} are free")


@command.command()
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@_settings
def gc(config: ModelsConfig, dry_run: bool) -> None:
    """Delete what stopped downloads and broken removals have left."""
    left = Shelf(config.place()).leftovers()
    for folder in left:
        click.echo(f"{folder}: {megabytes(size_of(folder))}")
    if left and not dry_run:
        click.echo(f"{megabytes(clear(left))} are free")
    elif not left:
        click.echo("nothing is left over")
