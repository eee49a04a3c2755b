"""Frames survive what a line does to them, or are known to be damaged."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.wire import (
    LEAST_BODY,
    MOST_BODY,
    MOST_STUFFED,
    FrameReader,
    Verdict,
    crc16,
    frame,
    open_piece,
    stuff,
    unstuff,
)

BODIES = st.binary(min_size=LEAST_BODY, max_size=MOST_BODY)


def test_the_checksum_is_the_one_that_the_specification_names() -> None:
    assert crc16(b"123456789") == 0x29B1
    assert crc16(b"") == 0xFFFF


@given(st.binary(max_size=253))
def test_stuffed_bytes_have_no_zero_and_come_back(data: bytes) -> None:
    stuffed = stuff(data)
    assert 0 not in stuffed
    assert len(stuffed) == len(data) + 1
    assert unstuff(stuffed) == data


@given(st.lists(BODIES), st.lists(st.integers(1, 40), min_size=1))
def test_bodies_come_out_as_they_went_in_however_the_stream_is_cut(
    bodies: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(frame(body) for body in bodies)
    reader = FrameReader()
    read: list[bytes | Verdict] = []
    at, turn = 0, 0
    while at < len(stream):
        size = cuts[turn % len(cuts)]
        read += reader.feed(stream[at : at + size])
        at, turn = at + size, turn + 1
    assert read == bodies


@given(st.binary(max_size=400), BODIES)
def test_behind_any_rubbish_the_next_frame_is_read(rubbish: bytes, body: bytes) -> None:
    read = FrameReader().feed(rubbish + frame(body))
    assert read[-1] == body
    # Behind the last zero byte of the rubbish nothing is wrong with the line any more.
    assert FrameReader().feed(rubbish + b"\0" + frame(body))[-1] == body


@given(BODIES, st.data())
def test_one_byte_changed_is_noticed(body: bytes, data: st.DataObject) -> None:
    whole = bytearray(frame(body))
    at = data.draw(st.integers(1, len(whole) - 2))
    whole[at] = data.draw(st.integers(1, 255).filter(lambda value: value != whole[at]))
    assert body not in FrameReader().feed(bytes(whole))


def test_what_is_too_long_costs_no_memory_and_is_told_once() -> None:
    reader = FrameReader()
    for _ in range(1_000):
        assert reader.feed(b"\x01" * 1_000) == []
    assert len(reader._begun) <= MOST_STUFFED + 1
    assert reader.feed(b"\0" + frame(b"ok")) == [Verdict.TOO_LONG, b"ok"]


def test_a_body_of_any_other_size_is_refused() -> None:
    for size in (0, 1, MOST_BODY + 1):
        try:
            frame(bytes(size))
        except ValueError as error:
            assert str(size) in str(error)
        else:
            raise AssertionError("it was framed")
    assert open_piece(stuff(b"\xff\xff")) is Verdict.TOO_SHORT
