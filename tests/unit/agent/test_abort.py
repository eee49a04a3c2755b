"""A flag that native code looks at."""

from __future__ import annotations

import ctypes

from xtalk_edge.engines.agent.abort import AbortFlag


def test_native_code_sees_at_its_address_that_the_flag_is_set() -> None:
    flag = AbortFlag()
    assert ctypes.string_at(flag.address().value or 0) == b""
    flag.set()
    assert ctypes.string_at(flag.address().value or 0) == b"\x01"
    assert flag.is_set()


def test_nothing_but_its_keeper_keeps_a_flag() -> None:
    flag = AbortFlag()
    flag.address()
    # A cast would have noted the bytes here, by themselves.
    assert flag._bytes._objects is None
