"""What loading left behind is given back, and nothing else."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import pytest

from xtalk_edge import memory

SMAPS = """\
7f0000000000-7f0000001000 r--p 00000000 08:01 11                         /lib/a.so
Rss:                   4 kB
Anonymous:             0 kB
VmFlags: rd mr mw me
7f0000001000-7f0000003000 r-xp 00001000 08:01 11                         /lib/a.so
Rss:                   8 kB
Anonymous:             0 kB
7f0000003000-7f0000004000 r-xp 00000000 08:01 12                         /lib/relocated.so
Rss:                   4 kB
Anonymous:             4 kB
7f0000004000-7f0000005000 r-xp 00000000 00:00 0                          [vdso]
Anonymous:             0 kB
7f0000005000-7f0000006000 rw-p 00000000 08:01 11                         /lib/a.so
Anonymous:             0 kB
"""


def test_only_code_that_is_as_its_file_has_it_is_left() -> None:
    assert list(memory.code_as_in_files(SMAPS)) == [(0x7F0000001000, 0x7F0000003000)]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own list")
def test_what_was_left_still_runs_and_takes_less() -> None:
    import onnxruntime

    def resident_pages() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1])

    before = resident_pages()
    memory.give_back()
    after = resident_pages()

    assert after < before
    assert onnxruntime.get_available_providers()
    assert ctypes.CDLL(None).abs(-7) == 7
