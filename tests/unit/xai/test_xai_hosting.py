"""xAI's engines in the device: where they may run, and what they cost where nobody chose them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.fake_xai import FakeXAI
from xtalk_edge.config.schema import EngineConfig
from xtalk_edge.engines import hosting
from xtalk_edge.errors import ConfigError

PROGRAM = """
import sys
import xtalk_edge.appliance
from xtalk_edge.config.schema import Config
from xtalk_edge.engines import hosting
hosting.check(Config())
print([name for name in ("websockets", "xtalk_edge.net.websocket") if name in sys.modules])
"""


@pytest.mark.parametrize(("slot", "service"), [("asr", "stt"), ("tts", "tts")])
def test_a_process_of_its_own_is_refused_with_the_reason(server: FakeXAI, slot, service):
    chosen = EngineConfig("xai", "process", {"url": server.url(service)})
    for refuse in (hosting.check_choice, hosting.create):
        with pytest.raises(ConfigError, match=rf"{slot}\.isolation: xai cannot .* is counted"):
            refuse(slot, chosen)
    engine = hosting.create(slot, EngineConfig("xai", "auto", {"url": server.url(service)}))
    assert type(engine).__name__ in ("XAIASR", "XAITTS")
    engine.close()


def test_what_nobody_chose_is_not_imported():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
