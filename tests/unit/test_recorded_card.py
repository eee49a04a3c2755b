"""A recorded card gives the same sound, gaps and absences again, at the same samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xtalk_edge.audio.core import Captured
from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.audio.recorded import STALLED, Absence, Gap, RecordedCard
from xtalk_edge.errors import DeviceError

SAMPLES = 8_000
MIC = np.arange(1, SAMPLES + 1).astype(np.int16)
FAR = (MIC + 5).astype(np.int16)


def card(*gaps: Gap, absences: tuple[Absence, ...] = ()) -> RecordedCard:
    mic = MIC.copy()
    for gap in gaps:
        mic[gap.at_sample : gap.end] = 0
    return RecordedCard(
        "room", mic, FAR, block_frames=160, latency_s=0.03, gaps=gaps, absences=absences
    )


def heard(each: RecordedCard, step_s: float = 0.01, from_s: float = 5.0) -> list[Captured]:
    each.start(from_s)
    pieces, now_s = [], from_s
    while each.ended() is None or each.may_return:
        now_s += step_s
        if each.may_return:
            try:
                each.reopen(now_s)
            except DeviceError:
                continue
        each.pump(now_s)
        pieces.append(each.core.read())
        assert now_s < from_s + 2
    return pieces


@settings(max_examples=60)
@given(
    starts=st.lists(st.integers(1, SAMPLES - 1), max_size=4, unique=True),
    lengths=st.lists(st.integers(1, 3_000), min_size=4, max_size=4),
    reasons=st.lists(st.sampled_from(["input overflow", STALLED]), min_size=4, max_size=4),
    step_s=st.sampled_from([0.01, 0.0137, 0.04]),
)
def test_sound_and_gaps_stand_where_they_stood(
    starts: list[int], lengths: list[int], reasons: list[str], step_s: float
) -> None:
    gaps: list[Gap] = []
    for start, length, reason in zip(sorted(starts), lengths, reasons, strict=False):
        # Behind a gap there is some sound, or nobody would know of the gap.
        if start > (gaps[-1].end if gaps else 0) and start + length < SAMPLES:
            gaps.append(Gap(start, length, reason))
    each = card(*gaps)
    pieces = heard(each, step_s)
    mic = np.concatenate([piece.mic for piece in pieces])
    far = np.concatenate([piece.far for piece in pieces])
    expected = MIC.copy()
    for gap in gaps:
        expected[gap.at_sample : gap.end] = 0
    assert np.array_equal(mic, expected)
    assert np.array_equal(far, FAR)
    told = [(gap.at_frame, gap.frames, gap.reason) for piece in pieces for gap in piece.gaps]
    assert told == [(gap.at_sample, gap.samples, gap.reason) for gap in gaps]


def test_blocks_come_when_their_time_is_over() -> None:
    each = card()
    each.start(5.0)
    each.pump(5.009)
    assert len(each.core.read().mic) == 0
    each.pump(5.01)
    piece = each.core.read()
    assert len(piece.mic) == 160
    assert piece.blocks[0].adc_s == 5.0
    assert piece.blocks[0].dac_s == pytest.approx(5.03)


def test_what_is_played_now_is_kept_and_not_heard() -> None:
    each = card()
    each.core.write(np.full(400, 1_000, np.int16))
    heard(each)
    assert np.array_equal(each.played[:400], np.full(400, 1_000))
    assert not each.played[400:].any()


def test_the_device_is_away_as_long_as_it_was() -> None:
    gap = Gap(1_600, 3_200, STALLED)
    each = card(gap, absences=(Absence(0.1, 0.3, "unplugged"),))
    each.start(0.0)
    each.pump(0.09)
    each.pump(0.1)
    assert each.ended() == "unplugged"
    assert each.may_return
    each.pump(0.2)
    with pytest.raises(DeviceError, match="unplugged"):
        each.reopen(0.2)
    each.reopen(0.3)
    assert each.ended() is None
    each.pump(0.31)
    piece = each.core.read()
    assert [(each.at_frame, each.frames) for each in piece.gaps] == [(1_600, 3_200)]
    assert len(piece.mic) == round(0.31 * RATE_HZ)


def test_it_ends_with_the_sound() -> None:
    each = card()
    assert each.ended() is None
    heard(each)
    assert each.ended() == "the recording is over"
    assert not each.may_return
    each.close()
