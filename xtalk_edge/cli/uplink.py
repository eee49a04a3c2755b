"""`xtalk-edge uplink`: the server that may answer or speak in the device's stead."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, replace
from pathlib import Path

import click

from xtalk_edge.cli.options import config_options, read_config, state_dir_option
from xtalk_edge.cli.progress import progress
from xtalk_edge.clock import now_s
from xtalk_edge.config.uplink import UplinkConfig
from xtalk_edge.errors import ConfigError
from xtalk_edge.tasks import TaskOwner
from xtalk_edge.tools.device.owners_border import open_border
from xtalk_edge.uplink.check.report import Checkup, Findings, report
from xtalk_edge.uplink.check.visit import Tell, visit
from xtalk_edge.uplink.cloud import Ability

TOLD_EVERY_S = 2.0
"""In a log; an owner who waits longer without a word thinks that it hangs."""

REMINDED_EVERY_S = 1.0
"""A line on a terminal that stands still for longer looks dead."""

_CAN: dict[Ability, str] = {
    "full": "it hears, thinks and speaks",
    "agent": "it thinks: words up, words down",
    "tts": "it speaks: words up, sound down",
}


@click.group()
def command() -> None:
    """Find out what an X-Talk server can do for this device.

    The device works without one. A server can improve an answer or a voice, see docs/uplink.md; the
    settings are in the section [uplink].

    \b
    Examples:
      xtalk-edge uplink check wss://voice.example.org/ws --token env:XTALK_TOKEN
      xtalk-edge uplink check ws://127.0.0.1:7635/ws
      xtalk-edge uplink check --config edge.toml      the server of your settings
    """


@command.command()
@click.argument("url", required=False, default="")
@click.option(
    "--token",
    metavar="PLACE",
    default="",
    help="Where the server's token is kept: env:NAME, file:PATH or credential:NAME.",
)
@click.option(
    "--ca-file",
    metavar="FILE.pem",
    default="",
    help="Authority of the server's certificate, where it is your own.",
)
@click.option(
    "--allow-plain",
    is_flag=True,
    help="Let ws:// lead out of this machine: anybody on the way can listen.",
)
@click.option("--no-trial", is_flag=True, help="Look only: no words leave the device.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@config_options
@state_dir_option
def check(
    url: str,
    token: str,
    ca_file: str,
    allow_plain: bool,
    no_trial: bool,
    as_json: bool,
    config_path: Path | None,
    overrides: tuple[str, ...],
    state_dir: Path | None,
) -> None:
    """Connect to a server once, and say what it is, what it can do, and what is wrong.

    Without URL it is the server of the settings. Its agent is greeted ("Hello.") and its voice
    counts to three, if it takes texts; some seconds later all is known. What that sends is written
    into the device's ledger, and offline nothing is asked (see xtalk-edge privacy).

    \b
    What it can do:
      full    it hears, thinks and speaks: every X-Talk server
      agent   it thinks only: servers of generation G3, and those with the plugin
      tts     it speaks only: servers with the plugin
    The plugin is two files that whoever runs the server adds to it, see docs/uplink.md.

    Exit codes: 0 it can be used for something, 1 it cannot.
    """
    settings = read_config(config_path, overrides, state_dir)
    own = settings.uplink
    config = _chosen(own, url, token, ca_file, allow_plain)
    tries = not no_trial and "text" in own.cloud_allowed
    with open_border(settings), progress(elsewhere_every_s=TOLD_EVERY_S) as tell:
        found = _look(config, tell, tries=tries)
    checkup = report(found)
    if as_json:
        click.echo(json.dumps(asdict(checkup) | {"usable": checkup.is_usable}, ensure_ascii=False))
    else:
        click.echo(_text(checkup))
    if not checkup.is_usable:
        raise click.exceptions.Exit(1)


def _chosen(
    own: UplinkConfig, url: str, token: str, ca_file: str, allow_plain: bool
) -> UplinkConfig:
    """Return where to go; the settings' secrets go to the settings' server alone."""
    if not (url or own.url):
        raise ConfigError("say which server: xtalk-edge uplink check URL, or set uplink.url")
    base = own if url in ("", own.url) else UplinkConfig(url=url)
    return replace(
        base,
        token=token or base.token,
        ca_file=ca_file or base.ca_file,
        allow_plain=allow_plain or base.allow_plain,
    )


def _look(config: UplinkConfig, tell: Tell, *, tries: bool) -> Findings:
    try:
        return asyncio.run(_visit(config, tell, tries=tries))
    except ConfigError as error:
        return Findings(config.url, trouble=str(error))


async def _visit(config: UplinkConfig, tell: Tell, *, tries: bool) -> Findings:
    """Visit the server, and go on telling what is being done while it takes long."""
    doing, since_s = "", now_s()

    def begins(text: str) -> None:
        nonlocal doing, since_s
        doing, since_s = text, now_s()
        tell(text)

    async def remind() -> None:
        while True:
            await asyncio.sleep(REMINDED_EVERY_S)
            tell(f"{doing}, {now_s() - since_s:.0f} s")

    tasks = TaskOwner()
    tasks.start(remind(), "uplink check reminder")
    try:
        return await visit(config, begins, tries=tries)
    finally:
        await tasks.aclose()


def _text(checkup: Checkup) -> str:
    able = [use for use, can in checkup.can.items() if can]
    rows = [("is", checkup.what)]
    if checkup.round_trip_ms is not None:
        rows.append(("round trip", f"{checkup.round_trip_ms:g} ms"))
    if checkup.first_word_ms is not None:
        rows.append(("first word", f"{checkup.first_word_ms:g} ms after it was asked"))
    if checkup.first_sound_ms is not None:
        rows.append(("first sound", f"{checkup.first_sound_ms:g} ms after it was asked"))
    for use, what in _CAN.items():
        if use in able or use in checkup.missing:
            rows.append((use, f"yes, {what}" if use in able else f"no, {checkup.missing[use]}"))
    rows += [("wrong", each) for each in checkup.wrong]
    rows += [("note", each) for each in checkup.notes]
    last = f"It can be used: {', '.join(able)}." if able else "It cannot be used."
    return "\n".join([checkup.url, *(f"  {name:12}{text}" for name, text in rows), last])
