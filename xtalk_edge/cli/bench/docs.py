"""`xtalk-edge bench docs`: what documents cost, and how often the right one is found."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.cli.progress import progress
from xtalk_edge.errors import ConfigError

from .docs_cost import Cost, measure
from .docs_recall import Recall, read_questions, recall
from .percentiles import spread_text


@click.command()
@click.option("--passages", default=20_000, show_default=True, type=click.IntRange(100, 200_000),
              help="How many to search.")  # fmt: skip
@click.option("--numbers", default=384, show_default=True, type=click.IntRange(1, 4_096),
              help="How many numbers a vector has.")  # fmt: skip
@click.option("--folder", type=click.Path(path_type=Path, exists=True, file_okay=False),
              help="Documents to ask about, in place of made-up ones.")  # fmt: skip
@click.option("--questions", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              metavar="FILE.tsv", help="A question a line, a tab, the right file.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@config_options
def command(
    passages: int,
    numbers: int,
    folder: Path | None,
    questions: Path | None,
    as_json: bool,
    config_path: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Measure what documents cost here, or how often the right one is found.

    Made-up passages are taken in by their words, then searched by words and by vectors: 1,000 of
    them, and as many as --passages says.

    With --folder and --questions, how often the file with the answer comes first, and among the
    three passages that an answer has, with the embeddings of the settings.
    """
    config = read_config(config_path, overrides)
    if (folder is None) != (questions is None):
        raise ConfigError("--folder and --questions belong together; give both")
    if folder is not None and questions is not None:
        with progress() as tell:
            found = recall(config, folder, read_questions(questions), tell)
        click.echo(json.dumps(asdict(found))) if as_json else _print_recall(found)
        return
    with progress() as tell:
        costs = [measure(each, numbers, tell) for each in sorted({1_000, passages})]
    click.echo(json.dumps([asdict(each) for each in costs])) if as_json else _print_costs(costs)


def _print_costs(costs: list[Cost]) -> None:
    click.echo("                              processor time of a search by words, by vectors; ms")
    click.echo("passages  added in  memory   disk    p50     p95   worst      p50     p95   worst")
    for each in costs:
        click.echo(
            f"{each.passages:8} {each.adding_s:7.1f} s {each.memory_mb:4.0f} MB "
            f"{each.disk_mb:3.0f} MB {spread_text(each.words_ms)}  {spread_text(each.vectors_ms)}"
        )


def _print_recall(found: Recall) -> None:
    for question in found.missed:
        click.echo(f"missed: {question}")
    click.echo(
        f"Of {found.questions} questions, the right file came first for {found.first}, and was "
        f"among three passages for {found.among_three}."
    )
