"""What a changed file of settings asks of a device that runs: settings before and after in,
actions out; pure.

What is read each time it is needed changes in place. A voice or an agent changes places with its
successor. Everything else was built in when the device started, and takes a restart.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from xtalk_edge.config.engine import EngineConfig
from xtalk_edge.config.load import EXCHANGEABLE
from xtalk_edge.config.schema import Config

IN_PLACE = frozenset(
    {
        "agent.lost_thread",
        "audio.dead_after_s",
        "audio.output_gain_db",
        "board.button",
        "board.double_tap",
        "board.knob",
        "board.long_press",
        "captioner.interval_s",
        "captioner.window_s",
        "log.level",
        "speaker.greet_after_h",
        "speaker.likeness",
        "tts.lost_voice",
        "turn.ask_again",
        "turn.barge_in",
        "turn.cut_fade_ms",
        "turn.duck_db",
        "turn.duck_ramp_ms",
        "turn.follow_up_s",
        "turn.hold_ms",
        "turn.max_turn_s",
        "turn.no_speech_s",
        "turn.pre_roll_ms",
        "turn.request_silence_ms",
        "turn.silence_ms",
        "turn.think_ahead",
        "turn.unfinished_silence_ms",
        "turn.verify_ms",
        "turn.verify_wordless_ms",
        "uplink.notice",
        "vad.min_silence_ms",
        "vad.min_speech_ms",
        "vad.min_speech_over_voice_ms",
        "vad.own_voice_db",
        "vad.release_threshold",
        "vad.threshold",
        "vad.threshold_over_voice",
    }
)
"""Settings that whoever needs them reads anew, or takes by `Manager.adopt`."""

NOT_COMPARED = frozenset({"path", "places"})
"""Where settings come from is not what they say."""

_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Adopt:
    """Let these settings count from now on."""

    settings: tuple[str, ...]
    config: Config
    """What is in force then: all as it was, but for these."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Put another engine into a slot, between two turns."""

    slot: str
    settings: tuple[str, ...]
    engine: EngineConfig
    """The slot's whole section, as it is to be."""


@dataclass(frozen=True, slots=True)
class Restart:
    """Start afresh once the conversation rests; all that was changed counts then."""

    settings: tuple[str, ...]


Action = Adopt | Exchange | Restart


def difference(old: Config, new: Config) -> list[Action]:
    """Return what has to be done so that `new` counts where `old` does, in order.

    A restart brings everything; only what needs no waiting is done before.
    """
    changed = tuple(changes(old, new))
    here = tuple(name for name in changes(old, new) if name in IN_PLACE)
    exchanged = {
        slot: tuple(name for name in changed if name.startswith(f"{slot}.") and name not in here)
        for slot in EXCHANGEABLE
    }
    named = {*here, *(name for names in exchanged.values() for name in names)}
    rest = tuple(name for name in changed if name not in named)
    actions: list[Action] = []
    if here:
        actions.append(Adopt(here, with_settings(old, new, here)))
    if rest:
        return [*actions, Restart(tuple(name for name in changed if name not in here))]
    return actions + [
        Exchange(slot, names, getattr(new, slot)) for slot, names in exchanged.items() if names
    ]


def changes(old: Config, new: Config) -> Iterator[str]:
    """Yield the names of the settings that differ, "turn.silence_ms" or "tts.voice"."""
    for section in dataclasses.fields(Config):
        if section.name not in NOT_COMPARED:
            yield from _changes(
                section.name, getattr(old, section.name), getattr(new, section.name)
            )


def with_settings(old: Config, new: Config, names: tuple[str, ...]) -> Config:
    """Return `old` with the settings of these names, of sections' own fields, as in `new`."""
    taken: dict[str, dict[str, Any]] = {}
    for name in names:
        section, _, key = name.partition(".")
        taken.setdefault(section, {})[key] = getattr(getattr(new, section), key)
    return dataclasses.replace(
        old,
        **{
            section: dataclasses.replace(getattr(old, section), **values)
            for section, values in taken.items()
        },
    )


def _changes(name: str, old: Any, new: Any) -> Iterator[str]:
    if not dataclasses.is_dataclass(old):
        if old != new:
            yield name
        return
    for field in dataclasses.fields(old):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if field.name == "params":
            # The engine's own keys stand beside the section's in the file.
            for key in before | after:
                if before.get(key, _NOTHING) != after.get(key, _NOTHING):
                    yield f"{name}.{key}"
        elif field.name not in NOT_COMPARED:
            yield from _changes(f"{name}.{field.name}", before, after)
