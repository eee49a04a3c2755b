"""`xtalk-edge privacy`: what has left the device, and whether anything may."""

import contextlib
import datetime
import json

import pytest

from xtalk_edge.cli.main import run
from xtalk_edge.clock import wall_now
from xtalk_edge.net.border import BORDER, KINDS, Sent
from xtalk_edge.store.database import Database
from xtalk_edge.store.egress import EgressTable
from xtalk_edge.store.switches import SwitchTable

DAY = datetime.timedelta(days=1)


@pytest.fixture
def privacy(tmp_path, capsys):
    """Return a function that runs the command, and returns what it prints."""

    def call(*arguments, code=0):
        folder = str(tmp_path / "state")
        assert run(["privacy", "--state-dir", folder, *arguments]) == code
        told = capsys.readouterr()
        return told.err if code else told.out

    yield call
    BORDER.allow(KINDS)


@contextlib.contextmanager
def store(tmp_path):
    with contextlib.closing(Database(tmp_path / "state")) as opened:
        yield opened


def sent(tmp_path, days_ago, *what):
    with store(tmp_path) as opened:
        EgressTable(opened).add((wall_now() - days_ago * DAY).date(), what)


def test_that_nothing_ever_left_is_said_plainly(privacy):
    assert privacy().splitlines() == [
        "Nothing has ever left this device.",
        "The settings let out: audio, text, tools (uplink.cloud_allowed).",
        'It is not kept offline: say "go offline", or give --offline.',
    ]
    assert json.loads(privacy("--json")) == {
        "offline": False, "allowed": ["audio", "text", "tools"], "ever": False, "sent": [],
    }  # fmt: skip


def test_what_left_is_a_table_with_the_latest_day_first(privacy, tmp_path):
    sent(tmp_path, 1, Sent("voice.example", "audio", 1_234_567))
    sent(tmp_path, 0, Sent("a.example", "text", 12), Sent("voice.example", "audio", 96_000))
    today, yesterday = wall_now().date(), (wall_now() - DAY).date()
    lines = privacy().splitlines()
    assert [line.split() for line in lines[:4]] == [
        ["day", "to", "kind", "sent"],
        [str(today), "a.example", "text", "12", "bytes"],
        [str(today), "voice.example", "audio", "96", "kilobytes"],
        [str(yesterday), "voice.example", "audio", "1.2", "megabytes"],
    ]
    assert len({line.index("audio") for line in lines[2:4]}) == 1
    assert len(privacy("--days", "1").splitlines()) == len(lines) - 1
    rows = json.loads(privacy("--json", "--days", "1"))["sent"]
    assert rows[0] == {"day": str(today), "host": "a.example", "kind": "text", "bytes": 12}


def test_older_days_are_shown_when_asked_for(privacy, tmp_path):
    sent(tmp_path, 10, Sent("a.example", "text", 1))
    assert privacy().startswith("Nothing has left this device in the last 7 days.\n")
    assert "a.example" in privacy("--days", "11")


def test_a_host_cannot_play_with_the_terminal(privacy, tmp_path):
    sent(tmp_path, 0, Sent("a\x1b[2J\u202e.example", "text", 1))
    assert privacy().splitlines()[1].isprintable()


def test_offline_is_switched_here_too(privacy, tmp_path):
    assert "It is offline, because you asked for it" in privacy("--offline")
    assert json.loads(privacy("--json"))["offline"]
    with store(tmp_path) as opened:
        assert SwitchTable(opened).is_on("offline")
    assert "It is not kept offline" in privacy("--online")
    with store(tmp_path) as opened:
        assert not SwitchTable(opened).is_on("offline")


def test_what_the_settings_allow_is_told(privacy):
    told = privacy("--set", 'uplink.cloud_allowed=["text"]')
    assert "The settings let out: text (uplink.cloud_allowed)." in told
    assert "let out: nothing (" in privacy("--set", "uplink.cloud_allowed=[]")


def test_a_wrong_word_in_the_settings_is_named_with_its_place(privacy, tmp_path):
    path = tmp_path / "edge.toml"
    path.write_text('[uplink]\ncloud_allowed = ["audio", "video"]\n')
    assert privacy("--config", str(path), code=2) == (
        f'xtalk-edge: {path}:2: uplink.cloud_allowed: must be a list of "audio", "text", "tools", '
        'got ["audio", "video"]\n'
    )


@pytest.mark.parametrize("days", ["0", "401", "many"])
def test_days_have_bounds(privacy, days):
    assert "--days" in privacy("--days", days, code=2)
