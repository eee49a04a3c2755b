"""A device without a server knows nothing of one; settings that make no sense are told."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.scripted_cloud import ScriptedCloud
from xtalk_edge.bus import EventBus
from xtalk_edge.config.load import load_text
from xtalk_edge.config.schema import Config
from xtalk_edge.errors import ConfigError
from xtalk_edge.managers.uplink_opening import open_uplink
from xtalk_edge.uplink.xai.realtime import XAIRealtime
from xtalk_edge.uplink.xtalk.client import XTalkClient

URL = 'url = "wss://cloud.example/ws"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('agent = "prefer"\n', "config:2: uplink.agent: needs uplink.url"),
        (URL + 'full = "race"\ntts = "race"\n', 'config:4: uplink.tts: must be "off" where'),
        (URL + 'full = "race"\nagent = "race"\n', 'config:4: uplink.agent: must be "off" where'),
        (
            URL + 'tts = "race"\ncloud_allowed = ["audio"]\n',
            'config:4: uplink.cloud_allowed: must have "text", or uplink.tts must be "off"',
        ),
        ('kind = "xai"\nagent = "race"\n', 'config:2: uplink.kind: must be "x-talk" unless'),
        (
            URL + 'full = "race"\ncloud_allowed = ["text"]\n',
            'config:4: uplink.cloud_allowed: must have "audio", or uplink.full must be "off"',
        ),
        (
            'kind = "xai"\nfull = "race"\n[uplink.xai]\nturn_detection = "server_vad"\n',
            'config:5: uplink.xai.turn_detection: must be "none"',
        ),
        (
            URL + 'full = "race"\n[interpret]\non = true\n',
            'config:3: uplink.full: must be "off" where interpret.on is true',
        ),
        (URL + 'tts = "prefer"\n[speed]\nusual = 1.5\n', 'config:3: uplink.tts: must be "off"'),
    ],
)
def test_settings_that_make_no_sense_are_told(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_text(f"[uplink]\n{text}")
    assert said in str(error.value)


@pytest.mark.parametrize(
    "text",
    ["", URL, URL + 'agent = "race"\ntts = "prefer"\n', 'kind = "xai"\nfull = "prefer"\n'],
)
def test_settings_that_make_sense_are_not(text: str) -> None:
    load_text(f"[uplink]\n{text}")


def test_without_a_server_nothing_is_put_between() -> None:
    uplink = open_uplink(Config(), EventBus())
    agent, mouth = object(), object()
    assert uplink.managers == []
    assert uplink.agent(agent) is agent  # type: ignore[arg-type]
    assert uplink.voice(mouth) is mouth  # type: ignore[arg-type]


def test_an_address_that_is_none_is_told_at_the_start() -> None:
    config = load_text('[uplink]\nurl = "ws://cloud.example/ws"\nagent = "prefer"\n')
    with pytest.raises(ConfigError, match=r"uplink\.url: ws:// to cloud\.example can be read"):
        open_uplink(config, EventBus())


def test_the_kind_of_server_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XAI_API_KEY", "the key")
    for text, kind in ((URL, XTalkClient), ('kind = "xai"\n', XAIRealtime)):
        uplink = open_uplink(load_text(f'[uplink]\n{text}full = "prefer"\n'), EventBus())
        assert uplink.full is not None
        assert isinstance(uplink.full.cloud, kind)


def test_a_server_that_does_not_hear_is_told_at_the_start() -> None:
    config = load_text(f'[uplink]\n{URL}full = "prefer"\n')
    with pytest.raises(ConfigError, match="this server does not hear"):
        open_uplink(config, EventBus(), ScriptedCloud())


def test_without_a_server_nothing_is_loaded_that_connects_to_one() -> None:
    code = (
        "import sys; from xtalk_edge.bus import EventBus; import xtalk_edge.appliance;"
        "from xtalk_edge.config.schema import Config;"
        "from xtalk_edge.managers.uplink_opening import open_uplink;"
        "open_uplink(Config(), EventBus);"
        "print(*(n for n in ('websockets', 'httpx2', 'ssl') if n in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "websockets" not in done.stdout
    assert "httpx2" not in done.stdout
