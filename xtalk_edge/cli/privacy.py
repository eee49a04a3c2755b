"""`xtalk-edge privacy`: what has left the device, and whether anything may."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from xtalk_edge.cli.options import config_options, read_config, state_dir_option
from xtalk_edge.config.uplink import KINDS
from xtalk_edge.net.printable import one_line
from xtalk_edge.store.egress import SentThatDay
from xtalk_edge.tools.device.egress import KEPT_DAYS
from xtalk_edge.tools.device.owners_border import OwnersBorder, open_border
from xtalk_edge.tools.spoken import size_words

USUAL_DAYS = 7


@click.command()
@click.option("--days", type=click.IntRange(1, KEPT_DAYS), default=USUAL_DAYS, show_default=True,
              help="How many days to show, today included.")  # fmt: skip
@click.option("--offline/--online", "offline", default=None,
              help="Let nothing leave from now on; or let it again.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print it as one JSON object.")
@config_options
@state_dir_option
def command(
    days: int,
    offline: bool | None,
    as_json: bool,
    config_path: Path | None,
    overrides: tuple[str, ...],
    state_dir: Path | None,
) -> None:
    """Show what has left this device, by day, machine and kind.

    \b
    audio  sound of the room
    text   words of the conversation
    tools  what the device can do, was asked to do, and answered

    Counted are the bytes of these before they are encrypted, not greetings and signs of life. A
    device that runs writes them down every five minutes. --offline and --online are the same as
    saying "go offline" and "go online": a device that runs obeys within seconds, and after a
    restart too.

    \b
    Examples:
      xtalk-edge privacy
      xtalk-edge privacy --days 30 --json
      xtalk-edge privacy --offline
    """
    config = read_config(config_path, overrides, state_dir)
    with open_border(config) as border:
        if offline is not None:
            (border.offline.turn_on if offline else border.offline.turn_off)()
        _show(border, days, as_json)


def _show(border: OwnersBorder, days: int, as_json: bool) -> None:
    ever, found = not border.ledger.is_empty(), border.ledger.days(days)
    allowed = [kind for kind in KINDS if kind in border.border.allowed]
    if as_json:
        rows = [{"day": each.day.isoformat(), "host": each.host, "kind": each.kind,
                 "bytes": each.n_bytes} for each in found]  # fmt: skip
        record = {"offline": border.offline.is_on, "allowed": allowed, "ever": ever, "sent": rows}
        click.echo(json.dumps(record, ensure_ascii=False))
        return
    if found:
        _show_table(found)
    elif ever:
        click.echo(f"Nothing has left this device in the last {days} days.")
    else:
        click.echo("Nothing has ever left this device.")
    click.echo(f"The settings let out: {', '.join(allowed) or 'nothing'} (uplink.cloud_allowed).")
    if border.offline.is_on:
        click.echo('It is offline, because you asked for it: say "go online", or give --online.')
    else:
        click.echo('It is not kept offline: say "go offline", or give --offline.')


def _show_table(found: Sequence[SentThatDay]) -> None:
    rows = [("day", "to", "kind", "sent")]
    rows += [
        (each.day.isoformat(), one_line(each.host), one_line(each.kind), size_words(each.n_bytes))
        for each in found
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
