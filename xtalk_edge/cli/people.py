"""`xtalk-edge people`: whose voices the device knows."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import numpy as np

from xtalk_edge.audio.format import RATE_HZ, Samples, samples_to_pcm
from xtalk_edge.audio.listening import SETTLE_S, listen
from xtalk_edge.audio.portaudio import open_card
from xtalk_edge.audio.sound_file import read_sound
from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.clock import now_s
from xtalk_edge.config.engine import NONE
from xtalk_edge.config.schema import Config
from xtalk_edge.engines import hosting
from xtalk_edge.engines.interfaces import VAD
from xtalk_edge.errors import ConfigError, DeviceError
from xtalk_edge.managers.speaker import encoder_name
from xtalk_edge.store.people import PeopleTable
from xtalk_edge.tools.household import open_people
from xtalk_edge.turn.who import Vector, likeness, nearest, voice_of

TAKES = ("What time is it in Lisbon tomorrow?",
         "Please put bread, butter and two lemons on the list.",
         "I think it is going to rain again this evening.")  # fmt: skip
TAKE_S = 5.0
LEAD_S = 0.1
"""Before the first frame of speech: detectors come late."""

LONGEST_NAME = 40
NOBODY = "(nobody)"


@click.group()
def command() -> None:
    """Let it know people by their voices.

    It needs a speaker model: `xtalk-edge models pull speaker-en`, and in the settings
    [speaker] type = "sherpa" model = "speaker-en". Voices stay on the device, as vectors from
    which no speech can be made again.

    \b
    Examples:
      xtalk-edge people enrol Anna                  reads three sentences with you
      xtalk-edge people enrol Anna anna1.wav anna2.wav
      xtalk-edge people greeting Anna "Good to hear you, Anna."
      xtalk-edge people note Anna "She is a vegetarian."
      xtalk-edge people whose unknown.wav
    """


@command.command()
@click.argument("name")
@click.argument("recordings", nargs=-1, type=click.Path(path_type=Path))
@config_options
def enrol(
    name: str, recordings: tuple[Path, ...], config_path: Path | None, overrides: tuple[str, ...]
) -> None:
    """Learn a voice, from recordings or by the microphone; a second time replaces it."""
    config = read_config(config_path, overrides)
    name = _checked_name(name)
    with _voice_reader(config) as voice_in, open_people(config) as people:
        sounds = [read_sound(path, RATE_HZ).samples for path in recordings]
        takes = sounds or list(_read_aloud(config))
        heard = [voice for take in takes if (voice := voice_in(take)) is not None]
        if not heard:
            raise DeviceError("no voice was heard; speak louder, or give recordings of speech")
        voice = voice_of(heard)
        others = _voices(people, config)
        others.pop(name, None)
        people.enrol(name, voice, encoder_name(config))
    click.echo(f"{name} is known now, from {len(heard)} of {len(takes)} takes.")
    alike = min((likeness(*pair) for pair in itertools.combinations(heard, 2)), default=1.0)
    if alike < config.speaker.likeness:
        click.echo(
            "The takes are unlike one another: was it one person, in a quiet room?", err=True
        )
    nearest_other = nearest(voice, others)
    if nearest_other is not None and nearest_other[1] >= config.speaker.likeness:
        click.echo(
            f"The voice is much like {nearest_other[0]}'s ({nearest_other[1]:.2f}); raise "
            "speaker.likeness if they are mixed up.",
            err=True,
        )


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@config_options
def list_people(as_json: bool, config_path: Path | None, overrides: tuple[str, ...]) -> None:
    """List who is known."""
    config = read_config(config_path, overrides)
    with open_people(config) as people:
        everybody = people.all()
    for each in everybody:
        if as_json:
            record = {"name": each.name, "encoder": each.encoder, "greeting": each.greeting,
                      "note": each.note,
                      "heard_at": each.heard_at and each.heard_at.isoformat()}  # fmt: skip
            click.echo(json.dumps(record, ensure_ascii=False))
            continue
        click.echo(each.name)
        if each.encoder != encoder_name(config):
            click.echo("  enrolled with another model: not recognised until enrolled again")
        for what, text in (("greeted with", each.greeting), ("note", each.note)):
            if text:
                click.echo(f"  {what}: {text}")
    if not everybody and not as_json:
        click.echo("Nobody is known yet: xtalk-edge people enrol NAME")


@command.command()
@click.argument("name")
@click.argument("text")
@config_options
def greeting(name: str, text: str, config_path: Path | None, overrides: tuple[str, ...]) -> None:
    """Say something when somebody is heard who was away for a while; "" for nothing."""
    with open_people(read_config(config_path, overrides)) as people:
        _known(people.set_greeting(name, text), name, people)


@command.command()
@click.argument("name")
@click.argument("text")
@config_options
def note(name: str, text: str, config_path: Path | None, overrides: tuple[str, ...]) -> None:
    """Tell the agent something about somebody, whenever they speak; "" for nothing.

    The built-in agent takes no notice; a language model of your own does.
    """
    with open_people(read_config(config_path, overrides)) as people:
        _known(people.set_note(name, text), name, people)


@command.command()
@click.argument("name")
@config_options
def forget(name: str, config_path: Path | None, overrides: tuple[str, ...]) -> None:
    """Forget a voice, with greeting and note."""
    with open_people(read_config(config_path, overrides)) as people:
        _known(people.forget(name), name, people)


@command.command()
@click.argument("recordings", nargs=-1, required=True, type=click.Path(path_type=Path))
@config_options
def whose(
    recordings: tuple[Path, ...], config_path: Path | None, overrides: tuple[str, ...]
) -> None:
    """Tell whose voices recordings are like, and how much."""
    config = read_config(config_path, overrides)
    with _voice_reader(config) as voice_in, open_people(config) as people:
        voices = _voices(people, config)
        for path in recordings:
            voice = voice_in(read_sound(path, RATE_HZ).samples)
            found = None if voice is None else nearest(voice, voices)
            if found is None:
                click.echo(f"{path}: {NOBODY}")
                continue
            name, alike = found
            known = name if alike >= config.speaker.likeness else NOBODY
            click.echo(f"{path}: {known}, nearest {name} {alike:.2f}")


@contextlib.contextmanager
def _voice_reader(config: Config) -> Iterator[Callable[[Samples], Vector | None]]:
    """Give what reads the voice in a recording; None where nobody says enough in it."""
    if config.speaker.type == NONE:
        raise ConfigError("speaker.type: no speaker model is chosen; see xtalk-edge people --help")
    with (
        contextlib.closing(hosting.create("vad", config.vad)) as vad,
        contextlib.closing(hosting.create("speaker", config.speaker)) as encoder,
    ):

        def voice_in(recording: Samples) -> Vector | None:
            voice = encoder.extract(samples_to_pcm(_speech_in(recording, vad)))
            return None if voice is None else np.asarray(voice, np.float32)

        yield voice_in


def _speech_in(recording: Samples, vad: VAD) -> Samples:
    """Return it without the silence around: a turn has none, and a voice is a mean over time."""
    vad.reset()
    size = vad.frame_samples
    starts = range(0, len(recording) - size + 1, size)
    speech = [at for at in starts if vad.is_speech(recording[at : at + size].tobytes())]
    if not speech:
        return recording[:0]
    lead = round(LEAD_S * RATE_HZ)
    return recording[max(0, speech[0] - lead) : speech[-1] + size]


def _voices(people: PeopleTable, config: Config) -> dict[str, np.ndarray]:
    return {each.name: each.voice for each in people.known_to(encoder_name(config))}


def _read_aloud(config: Config) -> Iterator[Samples]:
    """Yield what is heard while somebody reads a sentence, for each of them."""
    card = open_card(config.audio)
    card.start(now_s())
    try:
        listen(card, SETTLE_S)
        for count, sentence in enumerate(TAKES, 1):
            click.echo(f"Please say ({count} of {len(TAKES)}, {TAKE_S:.0f} s): {sentence}")
            heard, _ = listen(card, TAKE_S)
            yield heard
    finally:
        card.close()


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ConfigError(f"a name has 1 to {LONGEST_NAME} letters; {name[:60]!r} does not")
    return name


def _known(found: bool, name: str, people: PeopleTable) -> None:
    if not found:
        names = ", ".join(each.name for each in people.all()) or "nobody yet"
        raise ConfigError(f"there is nobody called {name!r}; known are: {names}")
