"""`xtalk-edge run`: the live appliance."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import itertools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import click

from xtalk_edge.appliance import Appliance
from xtalk_edge.audio.card import Card
from xtalk_edge.cli.live import LiveView
from xtalk_edge.cli.options import config_options, load_settings, read_config, state_dir_option
from xtalk_edge.cli.signals import ending_on_sigterm, ignore_sighup, reloading_on_sighup
from xtalk_edge.clock import now_s, run_virtual, wall_now
from xtalk_edge.config.page import PAGE_ADDRESS
from xtalk_edge.config.schema import Config
from xtalk_edge.config.toml_text import value_text
from xtalk_edge.errors import DeviceError, UnwellError
from xtalk_edge.managers.supervised import SupervisedManager
from xtalk_edge.service.notify import LONGEST_LOAD_S, ServiceManager

CLOSING_LIMIT_S = 10.0
"""Closing takes a second; a thread that hangs in a driver would make it take for ever."""


@click.command()
@config_options
@state_dir_option
@click.option(
    "--card",
    type=click.Choice(["portaudio", "wav", "page"]),
    help="Where sound comes from: the sound card (default), a file, or the status page.",
)
@click.option(
    "--input",
    "input_path",
    type=click.Path(path_type=Path),
    help="With --card wav: the recording to listen to.",
)
@click.option(
    "--output",
    "output_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="With --card wav: where to write what the device says.",
)
@click.option(
    "--fast", is_flag=True, help="With --card wav: as fast as this machine can, not in real time."
)
@click.option(
    "--page",
    is_flag=False,
    flag_value=PAGE_ADDRESS,
    metavar="[HOST:PORT]",
    help=f"Show the status page there; without an address at http://{PAGE_ADDRESS}/.",
)
@click.option(
    "--events",
    "events_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write every event to this file, one JSON object a line.",
)
@click.option(
    "--record",
    "record_path",
    metavar="FILE.wav",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Record the room (left) and the device (right); as recorder.session.",
)
def command(
    config_path: Path | None,
    overrides: tuple[str, ...],
    state_dir: Path | None,
    card: str | None,
    input_path: Path | None,
    output_path: Path | None,
    fast: bool,
    page: str | None,
    events_path: Path | None,
    record_path: Path | None,
) -> None:
    """Listen and answer, until Ctrl-C.

    Say "okay nabu", then ask: the time, the date, a timer, a sum, a joke, the volume. For a few
    seconds after each answer no wake phrase is needed. With --set wake.mode=always none is ever
    needed; with --set wake.mode=button press Enter instead.

    \b
    Examples:
      xtalk-edge run
      xtalk-edge run --set wake.mode=always
      xtalk-edge run --card page       then open http://127.0.0.1:8380/ in a browser
      xtalk-edge run --card wav --input question.wav --output answer.wav --fast
    """
    if record_path is not None:
        if record_path.suffix.lower() != ".wav":
            raise click.UsageError("--record needs a name that ends in .wav")
        overrides = (*overrides, f"recorder.session={value_text(str(record_path))}")
    config = read_config(config_path, (*overrides, *_page_settings(card, page)), state_dir)
    source = (card or config.audio.card) == "wav"
    if source and input_path is None:
        raise click.UsageError("--card wav needs a recording: --input FILE.wav")
    if not source and (input_path or output_path or fast):
        raise click.UsageError("--input, --output and --fast go with --card wav")
    file_card = _file_card(input_path, output_path) if input_path is not None else None
    read = partial(load_settings, config_path, overrides, state_dir)
    conversation = _converse(config, file_card, events_path, read)
    restart = run_virtual(conversation, wall_now()) if fast else asyncio.run(conversation)
    # A recording would ask for the restart again and again.
    if restart and file_card is None:
        _start_afresh()


def _page_settings(card: str | None, page: str | None) -> list[str]:
    """Return the settings that --card page and --page stand for."""
    of_card = [f"audio.card={value_text(card)}"] if card == "page" else []
    of_page = [f"page.listen={value_text(page)}"] if page is not None else []
    return of_card + of_page


def _file_card(input_path: Path, output_path: Path | None) -> Card:
    # A device that listens through its sound card has no use for libsndfile.
    from xtalk_edge.audio.wav import WavCard

    return WavCard(input_path, output_path)


def _start_afresh() -> None:
    """Replace this process by the same command; its id and its service manager stay."""
    sys.stdout.flush()
    sys.stderr.flush()
    ignore_sighup()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


async def _converse(
    config: Config, card: Card | None, events_path: Path | None, read: Callable[[], Config]
) -> bool:
    """Run the appliance; return whether it is to be started afresh."""
    view, service = LiveView(), ServiceManager()
    restart = False

    def loading(what: str) -> None:
        view.note(what)
        service.extend(LONGEST_LOAD_S)
        service.status(f"{what.capitalize()}.")

    if service.is_there and sys.__stderr__ is not None:
        # A watchdog ends what stands still by SIGABRT; its journal then says where it stood.
        faulthandler.enable(sys.__stderr__)
    appliance = Appliance(config, card=card, events_path=events_path, progress=loading)
    appliance.bus.register(view)
    supervised = appliance.register_manager(SupervisedManager, service=service, read=read)
    try:
        with ending_on_sigterm(), reloading_on_sighup(supervised.ask_reload):
            async with appliance:
                button = _enter_key_as_button(appliance)
                with button if config.wake.mode == "button" else contextlib.nullcontext():
                    try:
                        await _run_to_the_end(appliance)
                    finally:
                        _tell_end(service, afresh=appliance.restart_asked)
            # Not reached by a SIGTERM, which may come while all is closed for the restart.
            restart = appliance.restart_asked
    finally:
        view.close()
    return restart


def _tell_end(service: ServiceManager, *, afresh: bool) -> None:
    if afresh:
        # Its last sentence, which may say why, stands until the next program has one.
        service.extend(LONGEST_LOAD_S)
    else:
        service.stopping()


async def _run_to_the_end(appliance: Appliance) -> None:
    try:
        await appliance.run()
    except (DeviceError, UnwellError) as error:
        # What stands still may be a thread that all the closing would wait for.
        giving_up = threading.Timer(CLOSING_LIMIT_S, os._exit, (error.exit_code,))
        giving_up.daemon = True
        giving_up.start()
        raise


@contextlib.contextmanager
def _enter_key_as_button(appliance: Appliance) -> Iterator[None]:
    """Make the Enter key the button; a terminal does not tell when a key is let go, so that where
    the button is to be held, Enter presses it and Enter lets it go.
    """
    loop = asyncio.get_running_loop()
    button, held = appliance.button, appliance.config.turn.button == "hold"
    moves = itertools.cycle((button.press, button.release) if held else (button.press,))

    def on_input() -> None:
        if sys.stdin.readline():
            next(moves)(now_s())
        else:
            # The keyboard is gone; an end of file would be reported for ever.
            loop.remove_reader(sys.stdin)

    try:
        loop.add_reader(sys.stdin, on_input)
    except (OSError, ValueError, AttributeError) as error:
        board = appliance.config.board
        if not (board.port or board.gpio):
            raise DeviceError(
                "button mode needs a keyboard: start it in a terminal, choose another wake.mode, "
                "or set board.port or board.gpio"
            ) from error
        # A service has no keyboard, and its button is elsewhere.
        yield
        return
    try:
        yield
    finally:
        loop.remove_reader(sys.stdin)
