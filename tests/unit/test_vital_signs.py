"""What the device lives by is judged by progress, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.config.health import HealthConfig
from xtalk_edge.service.vital_signs import (
    DISK_ANSWERS_S,
    EASED_C,
    LONGEST_STEP_S,
    SEARCHED_S,
    SLACK_S,
    Check,
    Ill,
    Signs,
    VitalSigns,
)

LIMITS = HealthConfig()
EVERY_S = 0.5


class Watched:
    """A device that is looked at; what is not said goes on as it should."""

    def __init__(self, limits: HealthConfig = LIMITS) -> None:
        self.vitals = VitalSigns(limits, 0.0)
        self.now_s = 0.0
        self.signs = Signs(to_play=True)

    def look(self, *, every_s: float = EVERY_S, sound: bool = True, **changes: Any) -> list[str]:
        """Look once more; return the checks that changed."""
        self.now_s += every_s
        samples = round(16_000 * every_s) if sound else 0
        self.signs = replace(
            self.signs,
            head=self.signs.head + samples,
            fresh=self.signs.fresh + samples,
            played=self.signs.played + samples,
        )
        self.signs = replace(self.signs, **changes)
        return [str(check) for check in self.vitals.look(self.signs, self.now_s)]

    def look_for(self, seconds: float, *, sound: bool = True, **changes: Any) -> list[str]:
        """Look again and again; return the checks that changed meanwhile."""
        until_s, changed = self.now_s + seconds, list[str]()
        while self.now_s < until_s:
            changed += self.look(sound=sound, **changes)
        return changed

    def detail(self, check: Check) -> str:
        return self.vitals.verdicts[check].detail


def test_a_device_that_goes_on_is_well() -> None:
    device = Watched()
    assert device.look_for(60) == []
    assert not device.vitals.stale
    assert not device.vitals.ills
    assert all(verdict.healthy for verdict in device.vitals.verdicts.values())


def test_no_sound_is_noticed_and_its_return_as_well() -> None:
    device = Watched()
    device.look_for(5)
    changed = device.look_for(LIMITS.sound_s + 2 * EVERY_S, sound=False)
    assert changed == ["capture", "playback"]
    assert device.detail(Check.CAPTURE).startswith("no sound has come for 2.")
    # One card is behind both: it is opened once.
    assert device.vitals.ills == {Ill.DEAF}
    assert device.look() == ["capture", "playback"]
    assert not device.vitals.stale


def test_the_same_sound_again_and_again_is_no_sound() -> None:
    device = Watched()
    device.look_for(5)
    fresh = device.signs.fresh
    assert device.look_for(2.5, fresh=fresh) == ["capture"]
    assert "the same sound again and again" in device.detail(Check.CAPTURE)
    assert device.vitals.ills == {Ill.DEAF}


def test_an_answer_that_stands_still_is_noticed_only_while_there_is_one() -> None:
    device = Watched()
    device.look_for(5)
    played = device.signs.played
    assert device.look_for(10, played=played, to_play=False) == []
    assert device.look_for(2.5, played=played, to_play=True) == ["playback"]
    assert device.vitals.ills == {Ill.STUCK}
    assert device.look(played=played + 1) == ["playback"]


def test_a_file_may_end() -> None:
    device = Watched()
    assert device.look_for(60, sound=False, watches_sound=False) == []
    assert not device.vitals.stale


def test_a_device_that_is_looked_for_is_ill_and_not_stale() -> None:
    device = Watched()
    changed = [
        check
        for number in range(60)
        for check in device.look(sound=False, lost="unplugged", attempts=number // 2)
    ]
    assert changed == ["capture"]
    assert device.detail(Check.CAPTURE) == "unplugged"
    assert not device.vitals.stale
    assert not device.vitals.ills


def test_looking_for_it_must_go_on() -> None:
    device = Watched()
    device.look_for(SEARCHED_S + 1, sound=False, lost="unplugged", attempts=1)
    assert device.vitals.stale == {Check.CAPTURE}
    assert device.vitals.ills == {Ill.DEAF}


def test_a_late_look_is_the_loops_own_fault_and_nobody_elses() -> None:
    device = Watched()
    device.look()
    assert device.look(every_s=20.0, sound=False, late_s=19.5) == ["loop"]
    assert device.vitals.stale == {Check.LOOP}
    assert device.detail(Check.LOOP) == "the program stood still for 19.5 s"
    assert device.look(late_s=0.0) == ["loop"]


def test_an_engine_that_gives_nothing_hangs() -> None:
    device = Watched()
    assert device.look(engine="asr", engine_s=LIMITS.engine_s) == []
    assert device.look(engine="asr", engine_s=LIMITS.engine_s + 1) == ["engines"]
    assert device.vitals.ills == {Ill.HANGING}
    assert device.vitals.stale == {Check.ENGINES}


def test_an_engine_that_died_is_ill_and_stops_nothing() -> None:
    device = Watched()
    assert device.look(dead_engines=("asr", "tts")) == ["engines"]
    assert device.detail(Check.ENGINES) == "asr and tts died"
    assert device.vitals.ills == {Ill.GONE}
    assert not device.vitals.stale


@pytest.mark.parametrize(
    ("signs", "check"),
    [
        ({"disk": "the disk has become read-only"}, Check.DISK),
        ({"disk_free_mb": LIMITS.disk_free_mb - 1}, Check.DISK),
        ({"store": "it cannot be written"}, Check.STORE),
        ({"temperature_c": LIMITS.hot_c}, Check.TEMPERATURE),
    ],
)
def test_what_no_restart_would_mend_is_ill_and_fresh(signs: dict[str, Any], check: Check) -> None:
    device = Watched()
    assert device.look(**signs) == [str(check)]
    assert device.detail(check)
    assert not device.vitals.stale
    assert not device.vitals.ills


def test_a_disk_that_does_not_answer_is_stale() -> None:
    device = Watched()
    assert device.look(disk_asked_s=DISK_ANSWERS_S) == []
    assert device.look(disk_asked_s=DISK_ANSWERS_S + 1) == ["disk"]
    assert device.vitals.stale == {Check.DISK}


def test_between_hot_and_cool_nothing_changes() -> None:
    device = Watched()
    device.look(temperature_c=LIMITS.hot_c)
    assert device.look(temperature_c=LIMITS.hot_c - EASED_C + 0.1) == []
    assert device.look(temperature_c=LIMITS.hot_c - EASED_C - 0.1) == ["temperature"]
    device.look(disk_free_mb=0)
    assert device.look(disk_free_mb=LIMITS.disk_free_mb + 1) == []
    assert device.look(disk_free_mb=2 * LIMITS.disk_free_mb) == ["disk"]


def test_a_verdict_remembers_since_when_it_holds() -> None:
    device = Watched()
    device.look_for(5)
    device.look(store="broken")
    since_s = device.now_s
    device.look_for(5)
    assert device.vitals.verdicts[Check.STORE].since_s == since_s
    assert device.vitals.verdicts[Check.CAPTURE].since_s == 0.0


looks = st.lists(
    st.tuples(st.floats(0.01, 30.0), st.booleans(), st.booleans()), min_size=1, max_size=60
)


@given(looks)
def test_sound_is_missed_after_so_much_time_that_was_looked_at_and_never_before(
    looks: list[tuple[float, bool, bool]],
) -> None:
    device, still_s = Watched(), 0.0
    device.look()
    for every_s, sound, to_play in looks:
        device.look(every_s=every_s, sound=sound, to_play=to_play)
        # A pause of the whole program counts as one short step.
        still_s = 0.0 if sound else still_s + min(every_s, LONGEST_STEP_S)
        missed = Check.CAPTURE in device.vitals.stale
        assert missed == (still_s >= LIMITS.sound_s - SLACK_S)
        assert missed == (Ill.DEAF in device.vitals.ills)
        assert missed != device.vitals.verdicts[Check.CAPTURE].healthy


@given(looks)
def test_a_change_is_told_exactly_when_a_verdict_changes(
    looks: list[tuple[float, bool, bool]],
) -> None:
    device = Watched()
    for every_s, sound, to_play in looks:
        before = device.vitals.verdicts
        changed = device.look(every_s=every_s, sound=sound, to_play=to_play)
        after = device.vitals.verdicts
        assert changed == [
            str(check) for check in Check if before[check].healthy != after[check].healthy
        ]
