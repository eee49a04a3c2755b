"""A flag that native code looks at."""

from __future__ import annotations

import ctypes
import gc

from xtalk_edge.engines.agent.abort import AbortFlag


def test_native_code_sees_at_its_address_that_the_flag_is_set() -> None:
    flag = AbortFlag()
    assert ctypes.string_at(flag.address().value or 0) == b""
    flag.set()
    assert ctypes.string_at(flag.address().value or 0) == b"\x01"
    assert flag.is_set()


def test_a_flag_is_gone_when_nobody_keeps_it_without_a_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        AbortFlag().address()
        assert gc.collect() == 0
    finally:
        gc.enable()
