"""`xtalk-edge service`: the device as a service of this machine, or of one user."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import click

from xtalk_edge.config.files import data_path
from xtalk_edge.config.load import STARTER, load
from xtalk_edge.engines import hosting
from xtalk_edge.errors import ConfigError, ServiceError
from xtalk_edge.net.printable import printable
from xtalk_edge.service import condition
from xtalk_edge.service.installation import Installation, Place, this_program
from xtalk_edge.service.steps import Step
from xtalk_edge.service.systemd import UNIT, Systemd

RELOAD_TOLD_WITHIN_S = 10.0
"""Reading settings takes a moment, trying a model some seconds; a voice that is exchanged between
two turns may take longer, and is then told by `service status`."""

GLANCE_S = 0.1


@click.group()
def command() -> None:
    """Let the device start with the machine, and again whenever it fails.

    \b
    Examples:
      sudo xtalk-edge service install          a service of the machine, well shut in
      xtalk-edge service install --user        a service of yours, for desktops
      xtalk-edge service status
      xtalk-edge service logs --follow
      sudo xtalk-edge service reload           after a change of its settings
    """


_user = click.option("--user", is_flag=True, help="Your own service, not the machine's.")
_yes = click.option("--yes", "-y", is_flag=True, help="Do it without asking.")
_dry_run = click.option("--dry-run", is_flag=True, help="Only say what would be done.")


@command.command()
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    metavar="FILE.toml",
    help="Settings to begin with; without it the starter settings.",
)
@_user
@_yes
@_dry_run
def install(config_path: Path | None, user: bool, yes: bool, dry_run: bool) -> None:
    """Put the service into place and start it; again, it mends what is missing."""
    place, systemd = _place(user), Systemd(user)
    settings = _settings_text(config_path, place)
    if not dry_run:
        systemd.check(changes=True)
    here = _properties(systemd)
    steps = Installation(place, systemd, this_program()).install_steps(
        settings,
        active=condition.is_working(here),
        enabled=here.get("UnitFileState") == "enabled",
    )
    if not steps:
        click.echo("The service is in place and runs; there is nothing to do.")
    elif _perform(steps, yes=yes, dry_run=dry_run):
        click.echo(f"The service runs. Its settings are in {place.settings}.")
        if user:
            click.echo(
                "It starts when you log in; to have it start with the machine: "
                "sudo loginctl enable-linger $USER"
            )


@command.command()
@_user
@_yes
@_dry_run
def uninstall(user: bool, yes: bool, dry_run: bool) -> None:
    """Stop the service and take it away; your settings and data stay."""
    place, systemd = _place(user), Systemd(user)
    installation = Installation(place, systemd, this_program())
    steps = installation.uninstall_steps()
    if steps and not dry_run:
        systemd.check(changes=True)
    if not steps:
        click.echo("There is no service here; there is nothing to do.")
    elif not _perform(steps, yes=yes, dry_run=dry_run):
        return
    for path in installation.kept():
        click.echo(f"{path} stays: it is yours; remove it by hand if you want it gone")


@command.command()
@_user
@click.pass_context
def status(context: click.Context, user: bool) -> None:
    """Say how the service is; exit code 0 only if it works."""
    systemd = Systemd(user)
    systemd.check(changes=False)
    properties = systemd.properties(*condition.WANTED)
    for line in condition.told(properties):
        click.echo(printable(line))
    if not condition.is_working(properties):
        context.exit(1)


@command.command()
@_user
@click.option("--lines", "-n", default=50, show_default=True, help="How many of the last ones.")
@click.option("--follow", "-f", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.pass_context
def logs(context: click.Context, user: bool, lines: int, follow: bool) -> None:
    """Show what the service wrote: warnings and errors, never what was said in the room."""
    systemd = Systemd(user)
    systemd.check(changes=False)
    more = ("--follow",) if follow else ("--no-pager",)
    try:
        done = subprocess.run([*systemd.journalctl, f"--lines={lines}", *more], check=False)
    except FileNotFoundError as error:
        raise ServiceError("there is no journal here: journalctl is not installed") from error
    context.exit(done.returncode)


@command.command()
@_user
def reload(user: bool) -> None:
    """Put changed settings in force without a break; wrong ones change nothing.

    Voice and agent change between two turns. What takes a restart is named, and comes once nobody
    speaks.
    """
    place, systemd = _place(user), Systemd(user)
    systemd.check(changes=True)
    # Told here with its line, before the service hears of it.
    hosting.check(load(place.settings))
    before = systemd.properties("StatusText", "ActiveState")
    if not condition.is_working(before):
        raise ServiceError("the service does not run; see xtalk-edge service status")
    systemd.run(*systemd.systemctl, "reload", UNIT)
    click.echo(printable(_told_after(systemd, before["StatusText"])))


def _told_after(systemd: Systemd, before: str) -> str:
    """Return what the service says once it has read its settings."""
    give_up_s = time.monotonic() + RELOAD_TOLD_WITHIN_S
    while time.monotonic() < give_up_s:
        now = systemd.properties("StatusText", "ActiveState")
        if now["ActiveState"] == "active" and now["StatusText"] != before:
            return now["StatusText"]
        time.sleep(GLANCE_S)
    return "It is still at it; xtalk-edge service status tells what came of it."


def _place(user: bool) -> Place:
    return Place.of_user() if user else Place.of_machine()


def _properties(systemd: Systemd) -> dict[str, str]:
    """Return what is known of the service, as far as there is anybody who knows."""
    try:
        systemd.check(changes=False)
    except ServiceError:
        return {}
    return systemd.properties(*condition.WANTED)


def _settings_text(given: Path | None, place: Place) -> str:
    """Return what the file of settings is to say, if there is none yet; raises ConfigError."""
    if given is None:
        text = data_path(STARTER).read_text(encoding="utf-8")
    else:
        hosting.check(load(given))
        text = given.read_text(encoding="utf-8")
    if place.settings.exists():
        hosting.check(load(place.settings))
        if given is not None and place.settings.read_text(encoding="utf-8") != text:
            raise ConfigError(
                f"{place.settings} is there already and says something else; change it there, or "
                "remove it first"
            )
    return text


def _perform(steps: list[Step], *, yes: bool, dry_run: bool) -> bool:
    """Show the steps, ask, and do them; tell whether they were done."""
    click.echo("This would be done:" if dry_run else "This will be done:")
    for step in steps:
        click.echo(f"  {step.told}")
    if dry_run:
        return False
    if not yes:
        if not _is_asked():
            raise click.UsageError("there is nobody to ask: say --yes, or --dry-run")
        click.confirm("Go on?", default=True, abort=True)
    for step in steps:
        click.echo(f"{step.told} ...")
        step.do()
    return True


def _is_asked() -> bool:
    return sys.stdin.isatty()
