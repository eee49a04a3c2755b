"""Any message, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from firmware_bridge.messages import (
    Ack,
    Action,
    Alive,
    Beat,
    Button,
    Greet,
    Hello,
    Knob,
    Light,
    Mute,
    SetLevel,
    SetLight,
    SetOutput,
)

BYTE = st.integers(0, 0xFF)
WORD = st.integers(0, 0xFFFF)
LONG = st.integers(0, 0xFFFFFFFF)
PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=24)

MESSAGES = st.one_of(
    st.builds(
        Hello,
        session=LONG,
        firmware=st.tuples(BYTE, BYTE, BYTE),
        buttons=st.integers(0, 8),
        outputs=st.integers(0, 8),
        features=BYTE,
        name=PRINTABLE,
    ),
    st.builds(
        Beat,
        session=LONG,
        uptime_ms=LONG,
        supply_mv=WORD,
        muted=st.booleans(),
        pressed=BYTE,
        unreadable=WORD,
    ),
    st.builds(Button, st.integers(0, 7), st.sampled_from(Action), WORD),
    st.builds(Mute, st.booleans()),
    st.builds(Knob, st.integers(0, 100)),
    st.builds(Greet, st.integers(1, 0xFFFFFFFF)),
    st.builds(Alive, LONG),
    st.builds(SetLight, st.sampled_from(Light)),
    st.builds(SetLevel, BYTE),
    st.builds(SetOutput, st.integers(0, 7), st.booleans()),
    st.builds(Ack, st.integers(1, 255)),
)
