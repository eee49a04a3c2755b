"""What a scene file says: the room, who says what when, and what should come of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from xtalk_edge.config.fields import number, tables
from xtalk_edge.config.source import Source
from xtalk_edge.config.tables import fill

TALKER_VOICE = "en-us+klatt4"
"""Unlike the device's own voice, so that a listener can tell them apart."""


@dataclass(frozen=True, slots=True)
class Room:
    """Where the device stands. Files are meant relative to the scene's own folder."""

    echo_db: float = number(-20.0, -120.0, 40.0)
    """How much quieter the device hears itself than it speaks."""
    echo_response: str = ""
    """Recorded impulse response from the loudspeaker to the microphone; "" for a made-up one."""
    echo_delay_ms: float = number(2.0, 0.0, 1_000.0)
    rt60_s: float = number(0.25, 0.0, 5.0)
    """How long sound takes to fall by 60 dB, in the made-up room."""
    talker_response: str = ""
    """Recorded impulse response from a talker to the microphone; "" for somebody close by."""
    noise: str = "pink"
    """ "white", "pink", "music" (made up), or a recording."""
    noise_db: float | None = number(None, -120.0, 0.0)
    """Level of the noise, dB of full scale; without it there is none."""
    drift_ppm: float = number(0.0, -1_000.0, 1_000.0)
    """How much faster the microphone's clock runs than the loudspeaker's."""
    output_latency_ms: float = number(20.0, 0.0, 2_000.0)
    microphone_gain_db: float = number(0.0, -60.0, 60.0)
    """How much louder the microphone gives everything than it should; too loud, it clips."""
    microphone_offset: float = number(0.0, -0.9, 0.9)
    """Direct current that the microphone adds, of full scale."""
    seed: int = number(1, 0, 2**31)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is to be heard in the room, and what should come of it."""

    says: str = ""
    """Words; "[0.7]" among them is a pause of 0.7 s."""
    spelled: str = ""
    """How the synthetic talker must spell them to sound right."""
    voice: str = TALKER_VOICE
    """Which of espeak-ng's voices says them."""
    recording: str = ""
    """A sound file in place of words."""
    sound: Literal["", "cough", "clap"] = ""
    """A made-up sound in place of words."""
    fault: Literal["", "overrun", "stall", "unplugged", "dead microphone"] = ""
    """What goes wrong in place of words: half a second is lost, or comes late; the sound device is
    away for three seconds; the microphone gives nothing for half a minute."""
    level_db: float | None = number(None, -120.0, 0.0)
    """RMS at the microphone, dB of full scale; without it as it comes."""
    noise_db: float | None = number(None, -120.0, 0.0)
    """Level of the room's noise from here on, dB of full scale; -120 is none."""
    pause_s: float = number(0.7, 0.0, 600.0)
    """How long the room is quiet before it."""
    over_answer_s: float | None = number(None, 0.0, 60.0)
    """Spoken over the answer before, so many seconds into it."""

    outcome: Literal["answered", "ignored", "stopped", "any"] = "answered"
    """ "ignored": nothing comes of it, and an answer goes on; "stopped": the answer ends there;
    "any": it is not judged."""
    understood: str = ""
    """Pattern that the text must contain."""
    tool: str = ""
    """The tool that must be called."""
    answer: str = ""
    """Pattern that the answer, as heard, must contain; {time} and {date} are those of now."""
    announces: str = ""
    """Pattern that what the device then says of itself must contain."""
    silent_within_ms: int | None = number(None, 1, 60_000)
    """From where it begins until the answer before is silent: stands still, or is cut."""
    silent_after_ms: int | None = number(None, 1, 60_000)
    """From where it ends until the answer before is silent."""

    @property
    def shown(self) -> str:
        """What to call it in a report."""
        return self.says or Path(self.recording).name or f"({self.sound or self.fault})"


@dataclass(frozen=True, slots=True)
class Scene:
    """A conversation with its room."""

    title: str = ""
    about: str = ""
    """What it shows, in a sentence."""
    settings: tuple[str, ...] = ()
    """Changes to the settings, each as "section.key=value"."""
    room: Room = Room()
    line: tuple[Line, ...] = tables(Line)
    folder: str = ""
    """Where the file lies; filled in by `load`."""


def load(path: Path) -> Scene:
    """Read a scene.

    Raises:
        ConfigError: with every problem on a line of its own.
    """
    source = Source.read(path)
    source.table["folder"] = str(path.absolute().parent)
    source.table.setdefault("title", path.stem)
    scene = fill(source, Scene, (), source.table)
    _check(source, scene)
    source.finish()
    return scene


def _check(source: Source, scene: Scene) -> None:
    if not scene.line:
        source.complain(("line",), 'needs at least one [[line]] with says = "..."')
    for number_of, line in enumerate(scene.line):
        path = ("line", number_of)
        if sum(map(bool, (line.says, line.recording, line.sound, line.fault))) != 1:
            source.complain(path, "needs one of says, recording, sound and fault")
        if line.over_answer_s is None:
            if line.outcome == "stopped":
                source.complain(path, 'outcome = "stopped" needs over_answer_s')
        elif number_of == 0:
            source.complain(path, "there is no answer before the first line to speak over")
        elif scene.line[number_of - 1].outcome != "answered":
            source.complain(path, "speaks over an answer, but the line before gets none")
