"""`xtalk-edge doctor`: whether this machine is up to it, and what would suit it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from xtalk_edge.audio.portaudio import open_card
from xtalk_edge.audio.portaudio_devices import Device, list_devices
from xtalk_edge.audio.sound_check import SoundCheck, check_sound
from xtalk_edge.cli.bench.engine_cost import MEASURED_SLOTS
from xtalk_edge.cli.bench.engines import Row, engine_costs
from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.config.places import ModelsConfig
from xtalk_edge.config.schema import Config
from xtalk_edge.errors import ConfigError, DeviceError, ModelError
from xtalk_edge.models.manifest import read_manifest
from xtalk_edge.models.shelf import Shelf
from xtalk_edge.service.board import Board, look
from xtalk_edge.service.machine_state import HOT_C

MUTED_DB = -90.0
"""No microphone is so quiet; muted ones are."""

LOUD_ROOM_DB = -40.0

WIDE_DRIFT_PPM = 60.0
"""The benches try 20; how people fare who talk over it beyond this, nobody has looked."""

LOUD_ECHO_DB = 6.0
"""Louder, and the microphone clips over its own voice."""

SLOW_FACTOR = 0.5
"""A recogniser that takes longer is behind when anything else happens."""

FREE_MB = 300
"""What the starter kit and a spare take, in memory and on the disk."""


@dataclass(frozen=True, slots=True)
class Report:
    """All that was found."""

    board: Board
    devices: list[Device]
    sound: SoundCheck | None
    sound_problem: str
    """Why the sound card could not be tried; "" otherwise."""
    engines: list[Row]
    voice_to_voice_ms: float | None
    """What an answer to a command should take, without the agent; None where engines failed."""
    profile: str
    advice: list[str]
    """One sentence for each thing an owner should see to."""


@click.command()
@click.option("--no-sound", is_flag=True, help="Leave the sound card alone: no chirp.")
@click.option("--language", default="en", show_default=True, help="For the settings to write.")
@click.option("--write", "write_path", metavar="FILE.toml",
              type=click.Path(path_type=Path, dir_okay=False),
              help="Write settings with what suits it; fetch the models first.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@config_options
def command(
    no_sound: bool,
    language: str,
    write_path: Path | None,
    as_json: bool,
    config_path: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Examine this machine: board, sound, engines; say what to see to and what suits it.

    It listens for a second, plays two short chirps and hears what comes back, and loads each engine
    of the settings once in a process of its own. It takes a minute.

    The exit code is 1 when there is something to see to.
    """
    config = read_config(config_path, overrides)
    if write_path is not None:
        _write_settings(write_path, look(config.store.folder()).profile, language, config.models)
        click.echo(f"{write_path} is written; start with: xtalk-edge run --config {write_path}")
        return
    report = examine(config, with_sound=not no_sound, tell=lambda text: click.echo(text, err=True))
    if as_json:
        click.echo(json.dumps(asdict(report)))
    else:
        _print(report)
    if report.advice:
        raise click.exceptions.Exit(1)


def examine(config: Config, *, with_sound: bool, tell: Callable[[str], None]) -> Report:
    """Return what is found; `tell` hears what is being done."""
    board = look(config.store.folder())
    devices, sound, problem = list[Device](), None, "not tried"
    if with_sound:
        tell("listening to the room, and playing two chirps, half a minute in all")
        try:
            devices = list_devices()
            sound, problem = check_sound(open_card(config.audio)), ""
        except DeviceError as error:
            problem = str(error)
    tell("loading each engine")
    engines = engine_costs(config, MEASURED_SLOTS)
    return Report(
        board=board,
        devices=devices,
        sound=sound,
        sound_problem=problem,
        engines=engines,
        voice_to_voice_ms=_voice_to_voice_ms(config, engines),
        profile=board.profile,
        advice=[*_of_board(board), *_of_sound(sound, problem, with_sound), *_of_engines(engines)],
    )


def _voice_to_voice_ms(config: Config, engines: Sequence[Row]) -> float | None:
    """Return about how long an answer to a whole command takes, from its end to the first sound."""
    costs = {row.slot: row.cost for row in engines}
    asr, detector, tts = costs.get("asr"), costs.get("turn_detector"), costs.get("tts")
    if asr is None or detector is None or tts is None:
        return None
    # The pause is waited for in any case; the last tenth of a second is still to be heard then.
    heard_ms = 100 * (asr.real_time_factor or 0.0)
    wait_ms = max(config.turn.request_silence_ms, heard_ms + (detector.first_ms or 0.0))
    return round(wait_ms + (tts.first_ms or 0.0), 1)


def _of_board(board: Board) -> list[str]:
    found = []
    if board.temperature_c is not None and board.temperature_c >= HOT_C:
        found.append(f"the board has {board.temperature_c:.0f} °C: give it air, or a cooler")
    if board.throttled:
        found.append("the board slows itself down: use a stronger power supply, or a cooler")
    if board.memory_free_mb < FREE_MB:
        found.append(f"only {board.memory_free_mb} MB of memory are free: end other programs")
    if board.disk_free_mb < FREE_MB:
        found.append(f"only {board.disk_free_mb} MB of the disk are free: make room")
    return found


def _of_sound(sound: SoundCheck | None, problem: str, tried: bool) -> list[str]:
    if not tried:
        return []
    if sound is None:
        return [problem]
    found = []
    if sound.noise_db < MUTED_DB:
        found.append("the microphone gives nothing at all: it is muted, or not the one meant")
    elif sound.noise_db > LOUD_ROOM_DB:
        found.append(f"the room is loud ({sound.noise_db:.0f} dB): lower the microphone's gain")
    if sound.delay_ms is None:
        found.append("the chirp was not heard: turn the loudspeaker up, or choose another device")
    elif sound.echo_db is not None and sound.echo_db > LOUD_ECHO_DB:
        found.append("its own voice comes back too loud: move loudspeaker and microphone apart")
    if sound.drift_ppm is not None and abs(sound.drift_ppm) > WIDE_DRIFT_PPM:
        found.append(
            f"the clocks of loudspeaker and microphone are {abs(sound.drift_ppm):.0f} ppm apart: "
            "use one device for both"
        )
    if sound.lost_frames or sound.underflows:
        found.append("sound was lost meanwhile: end other programs, or choose longer blocks")
    return found


def _of_engines(engines: Sequence[Row]) -> list[str]:
    found = [row.problem for row in engines if row.problem]
    for row in engines:
        factor = row.cost.real_time_factor if row.cost else None
        if factor is not None and factor > SLOW_FACTOR:
            found.append(f"{row.slot} {row.type} is slow here ({factor:.2f}): choose a smaller one")
    return found


def _write_settings(path: Path, profile: str, language: str, models: ModelsConfig) -> None:
    """Write the settings of a profile; raises ModelError where its models are not there yet."""
    wanted = read_manifest(models.manifest).of_profile(profile, language)
    shelf = Shelf(models.place())
    missing = [model.name for model in wanted if not shelf.has(model.name)]
    if missing:
        raise ModelError(
            f"{', '.join(missing)}: not here yet; "
            f"fetch them: xtalk-edge models pull --profile {profile} --language {language}"
        )
    sections = [
        f'[{model.slot}]\ntype = "{model.type}"\nmodel = "{model.name}"\n' for model in wanted
    ]
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write("\n".join(sections))
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error


def _print(report: Report) -> None:
    board = report.board
    click.echo(f"board      {board.model}, {board.cores} cores, {board.architecture}")
    heat = "" if board.temperature_c is None else f", {board.temperature_c:.0f} °C"
    click.echo(
        f"           {board.memory_free_mb} of {board.memory_mb} MB free, load {board.load}, "
        f"{board.disk_free_mb / 1000:.0f} GB of disk{heat}"
    )
    click.echo(f"devices    {', '.join(device.name for device in report.devices) or 'none'}")
    if report.sound is None:
        click.echo(f"sound      {report.sound_problem}")
    else:
        sound = report.sound
        back = "not heard" if sound.delay_ms is None else (
            f"heard after {sound.delay_ms:.0f} ms, {sound.echo_db:+.0f} dB"
        )  # fmt: skip
        if sound.drift_ppm is not None:
            back += f", clocks {abs(sound.drift_ppm):.0f} ppm apart"
        click.echo(f"sound      {sound.rate_hz} Hz, room {sound.noise_db:.0f} dB, chirp {back}")
    for row in report.engines:
        click.echo(f"engine     {row.slot:16} {row.type:16} {_cost_text(row)}")
    if report.voice_to_voice_ms is not None:
        click.echo(
            f"answers    about {report.voice_to_voice_ms:.0f} ms after a command, and the agent"
        )
    click.echo(
        f"suits it   profile {report.profile}: xtalk-edge models pull --profile {report.profile}"
    )
    for sentence in report.advice:
        click.echo(f"see to     {sentence}")
    if not report.advice:
        click.echo("all well")


def _cost_text(row: Row) -> str:
    if row.cost is None:
        return "failed"
    factor = row.cost.real_time_factor
    share = "" if factor is None else f", {100 * factor:.1f} % of a core while it hears"
    return f"{row.cost.load_s:.2f} s to load, {row.cost.memory_mb:.0f} MB{share}"
