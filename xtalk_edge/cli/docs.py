"""`xtalk-edge docs`: the documents that the device answers from."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import click

from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.cli.progress import Tell, progress
from xtalk_edge.config.schema import Config
from xtalk_edge.documents.intake import Outcome, Taken, full_path, take_in
from xtalk_edge.documents.library import Library, open_library
from xtalk_edge.errors import ConfigError
from xtalk_edge.store.passages import PassageTable, StoredDocument

TOLD_EVERY_S = 5.0
"""In a log, where no line can be written over."""

LONGEST_SHOWN_CHARS = 200


@click.group()
def command() -> None:
    """Let it answer from documents of yours: text, Markdown, HTML, tables (.csv) and PDF.

    Documents stay on the device. Words are always searched; with an embedding model passages are
    found by their meaning too: xtalk-edge models pull bge-small-en, and in the settings
    [embeddings] type = "llama" model = "bge-small-en".

    \b
    Examples:
      xtalk-edge docs add manual.pdf recipes/     a folder's new, changed and removed files
      xtalk-edge docs search "descale the kettle"
      xtalk-edge docs list
      xtalk-edge docs remove manual.pdf
    """


@command.command()
@click.argument("paths", nargs=-1, required=True, metavar="FILE|FOLDER...",
                type=click.Path(path_type=Path))  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each file.")
@config_options
def add(
    paths: tuple[Path, ...], as_json: bool, config_path: Path | None, overrides: tuple[str, ...]
) -> None:
    """Take in files, and all readable files of folders.

    Files that have not changed are passed over, and those that are gone from a folder forgotten.
    Ctrl-C loses nothing: the same command goes on there.

    The exit code is 1 when a file could not be read.
    """
    config = read_config(config_path, overrides)
    with open_library(config) as library, progress(elsewhere_every_s=TOLD_EVERY_S) as tell:
        outcomes: Counter[Outcome] = Counter()

        def begins(path: str, number: int, total: int) -> None:
            tell(f"{number} of {total} files: {Path(path).name}")

        for taken in take_in(library, paths, begins):
            outcomes[taken.outcome] += 1
            _show(taken, as_json, tell)
        complete(library, tell)
        passages = library.table.count()
    if not as_json:
        counts = ", ".join(f"{outcomes[each]} {each.value}" for each in Outcome if outcomes[each])
        click.echo(f"{counts or 'nothing to read there'}; {passages} passages in all.")
    if outcomes[Outcome.REFUSED]:
        raise click.exceptions.Exit(1)


def _show(taken: Taken, as_json: bool, tell: Tell) -> None:
    if as_json:
        record = {"path": taken.path, "outcome": taken.outcome.value,
                  "passages": taken.passages, "problem": taken.problem}  # fmt: skip
        click.echo(json.dumps(record, ensure_ascii=False))
    elif taken.problem:
        tell("")
        click.echo(taken.problem, err=True)


def complete(library: Library, tell: Tell) -> None:
    """Give passages the vectors they lack: new ones, and all after another model was chosen."""
    for done, total in library.complete():
        tell(f"learning what the passages mean: {done} of {total}")
    tell("")


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each document.")
@config_options
def list_documents(as_json: bool, config_path: Path | None, overrides: tuple[str, ...]) -> None:
    """List the documents."""
    with _table(read_config(config_path, overrides)) as table:
        documents = table.documents()
    for each in documents:
        if as_json:
            record = {"title": each.title, "path": each.path, "passages": each.passages,
                      "sha256": each.sha256, "added_at": each.added_at.isoformat()}  # fmt: skip
            click.echo(json.dumps(record, ensure_ascii=False))
        else:
            click.echo(f"{each.title}\n  {each.path}, {each.passages} passages")
    if not documents and not as_json:
        click.echo("There are no documents yet: xtalk-edge docs add FILE|FOLDER...")


@command.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@config_options
def remove(names: tuple[str, ...], config_path: Path | None, overrides: tuple[str, ...]) -> None:
    """Forget documents, by title, file name or path, or all of a folder by its path."""
    with _table(read_config(config_path, overrides)) as table:
        documents = table.documents()
        meant = {each.path: each for name in names for each in _meant(name, documents)}
        table.remove(meant)
    for document in meant.values():
        click.echo(f"{document.title} is forgotten.")


def _table(config: Config) -> contextlib.closing[PassageTable]:
    """Open the documents without the engine that searches them, which may take its time."""
    return contextlib.closing(PassageTable(config.store.folder()))


def _meant(name: str, documents: Iterable[StoredDocument]) -> list[StoredDocument]:
    path = full_path(Path(name))
    found = [
        each
        for each in documents
        if name in (each.title, each.path, Path(each.path).name)
        or path == Path(each.path)
        or path in Path(each.path).parents
    ]
    if not found:
        raise ConfigError(f"there is no document {name!r}; xtalk-edge docs list shows them")
    return found


@command.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--most", type=click.IntRange(1, 50), default=3, show_default=True,
              help="How many passages to show.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each passage.")
@config_options
def search(
    words: tuple[str, ...],
    most: int,
    as_json: bool,
    config_path: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Show the passages that are nearest to a question, the best first.

    The exit code is 1 when there is none.
    """
    with open_library(read_config(config_path, overrides)) as library:
        with progress(elsewhere_every_s=TOLD_EVERY_S) as tell:
            complete(library, tell)
        found = library.search(" ".join(words), most)
    for each in found:
        if as_json:
            click.echo(json.dumps(asdict(each), ensure_ascii=False))
        else:
            text = " ".join(each.text.split())
            shown = text[:LONGEST_SHOWN_CHARS] + ("..." if len(text) > LONGEST_SHOWN_CHARS else "")
            click.echo(f"{each.heading}\n  {shown}\n  {each.path}")
    if not found:
        click.echo("Nothing was found.", err=True)
        raise click.exceptions.Exit(1)
