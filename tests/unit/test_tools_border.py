"""What the owner can know and decide about what leaves the device."""

import contextlib
import datetime

import pytest

from tests.unit.tool_parts import make_context
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.places import StoreConfig
from xtalk_edge.config.schema import Config
from xtalk_edge.config.uplink import UplinkConfig
from xtalk_edge.engines.interfaces import ToolCall
from xtalk_edge.errors import EdgeError, UplinkError
from xtalk_edge.net.border import BORDER, KINDS, Border, Sent
from xtalk_edge.store.database import FILE_NAME, Database
from xtalk_edge.store.egress import EgressTable
from xtalk_edge.tools.device import egress
from xtalk_edge.tools.device.egress import KEPT_DAYS, EgressLedger
from xtalk_edge.tools.device.owners_border import open_border
from xtalk_edge.tools.device.privacy import OFFLINE, go_offline, go_online, on_border
from xtalk_edge.tools.device.system import system_status
from xtalk_edge.tools.registry import ToolBox

NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)
WHAT_LEFT = ToolCall("system_status", {"what": "cloud"})


class Clock:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def device(tmp_path, clock):
    """Return what opens the border of a device that has been off for as long as one likes."""

    def switched_on(border=None, allowed=KINDS):
        config = Config(
            store=StoreConfig(str(tmp_path)), uplink=UplinkConfig(cloud_allowed=tuple(allowed))
        )
        return open_border(config, border or Border(), clock)

    return switched_on


def run(tmp_path, border, *calls, yes=False):
    """Return what the tools say to calls, one after another, and to a yes behind them."""

    async def go():
        with contextlib.closing(Database(tmp_path)) as store:
            context = make_context(store)
            context.border = border
            box = ToolBox((system_status, go_offline, go_online), context)
            async with contextlib.aclosing(box):
                told = [(await box.run(call)).content for call in calls]
                if yes and (result := await box.settle("yes")) is not None:
                    told.append(result.content)
                return told[0] if len(told) == 1 else told

    return run_virtual(go(), NOON)


@contextlib.contextmanager
def full_disk(monkeypatch):
    """Let nothing be written meanwhile."""

    def refuse(self, *_):
        raise EdgeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Database, "change", refuse)
        yield


# -- the ledger ------------------------------------------------------------------------------


def test_what_passed_the_border_is_on_the_disk_at_the_end(device):
    with device() as first:
        first.border.send("a.example", "audio", 700)
        first.ledger.write()
        first.border.send("a.example", "audio", 7)
    with device() as second:
        assert [each.n_bytes for each in second.ledger.today()] == [707]


def test_it_is_on_the_disk_also_where_the_device_ended_badly(device):
    with pytest.raises(ZeroDivisionError), device() as first:
        first.border.send("a.example", "text", 5)
        raise ZeroDivisionError
    with device() as second:
        assert [each.n_bytes for each in second.ledger.today()] == [5]


def test_a_disk_that_is_full_for_a_while_loses_nothing(device, monkeypatch):
    with device() as opened:
        opened.border.send("a.example", "text", 5)
        with full_disk(monkeypatch):
            with pytest.raises(EdgeError):
                opened.ledger.write()
            opened.border.send("a.example", "text", 6)
            with pytest.raises(EdgeError):
                opened.ledger.write()
        assert [each.n_bytes for each in opened.ledger.today()] == [11]


def test_days_are_the_owners_and_end_at_their_midnight(device, clock):
    with device() as opened:
        clock.now = datetime.datetime(2026, 5, 4, 23, 59, 59, tzinfo=datetime.UTC)
        opened.border.send("a.example", "text", 1)
        clock.now += datetime.timedelta(seconds=1.5)
        opened.ledger.write()
        assert opened.ledger.today() == []
        clock.now += MINUTE
        opened.border.send("a.example", "text", 2)
        assert [each.n_bytes for each in opened.ledger.today()] == [2]
        assert [each.n_bytes for each in opened.ledger.days(2)] == [2, 1]
        assert len(opened.ledger.days(10**6)) == 2


def test_nothing_is_written_where_nothing_was_sent(device, monkeypatch):
    with full_disk(monkeypatch), device() as opened:
        opened.ledger.write()
        assert opened.ledger.is_empty()


def test_old_days_go(device, clock, monkeypatch):
    assert KEPT_DAYS > 365
    monkeypatch.setattr(egress, "KEPT_DAYS", 5)
    with device() as opened:
        for _ in range(8):
            opened.border.send("a.example", "text", 1)
            opened.ledger.write()
            clock.now += datetime.timedelta(days=1)
        assert len(opened.ledger.days(10**5)) == 5


# -- offline ---------------------------------------------------------------------------------


def test_offline_holds_over_a_restart(device):
    with device() as first:
        assert not first.offline.is_on
        first.offline.turn_on()
        with pytest.raises(UplinkError):
            first.border.send("a.example", "text", 1)
    border = Border()
    with device(border) as second:
        assert second.offline.is_on
        assert not border.is_open("text")
        second.offline.turn_off()
        assert border.is_open("text")
    with device() as third:
        assert not third.offline.is_on


def test_another_process_is_obeyed(device):
    with device() as running, device() as command:
        command.offline.turn_on()
        assert not running.offline.is_on
        running.offline.look()
        assert running.offline.is_on
        command.offline.turn_off()
        running.offline.look()
        assert not running.offline.is_on


def test_a_word_that_cannot_be_written_down_closes_all_the_same(device, monkeypatch):
    with device() as opened:
        with full_disk(monkeypatch), pytest.raises(EdgeError):
            opened.offline.turn_on()
        opened.offline.look()
        assert opened.offline.is_on
        opened.offline.turn_on()
        with full_disk(monkeypatch), pytest.raises(EdgeError):
            opened.offline.turn_off()
        opened.offline.look()
        assert opened.offline.is_on


def test_the_border_is_given_back_as_it_was(device):
    before = BORDER.allowed, BORDER.offline
    with device(BORDER, ["text"]) as opened:
        opened.offline.turn_on()
        assert (set(BORDER.allowed), BORDER.offline) == ({"text"}, True)
    assert (BORDER.allowed, BORDER.offline) == before


def test_only_what_the_settings_allow_may_leave(device):
    with device(allowed=["text"]) as opened:
        opened.border.send("a.example", "text", 1)
        with pytest.raises(UplinkError):
            opened.border.send("a.example", "audio", 1)


def test_a_state_folder_that_cannot_be_read_is_told_and_the_border_left(tmp_path):
    (tmp_path / "file").write_text("")
    border = Border()
    config = Config(store=StoreConfig(str(tmp_path / "file")))
    with pytest.raises(EdgeError), open_border(config, border):
        raise AssertionError
    assert border.is_open(*KINDS)


# -- what is said ----------------------------------------------------------------------------


def test_what_left_is_told(device, tmp_path, clock):
    with device() as opened:
        assert run(tmp_path, opened, WHAT_LEFT) == "Nothing has ever left this device."
        opened.border.send("voice.example", "audio", 1_234_567)
        opened.border.send("voice.example", "text", 3_000)
        assert run(tmp_path, opened, WHAT_LEFT) == (
            "Today I sent 1.2 megabytes of sound and 3 kilobytes of words to voice.example."
        )
        opened.border.send("agent.example", "tools", 1)
        assert run(tmp_path, opened, WHAT_LEFT).endswith(
            "1 byte of tool calls, 1.2 megabytes of sound and 3 kilobytes of words "
            "to agent.example and voice.example."
        )
        opened.border.send("third.example", "tools", 1)
        assert run(tmp_path, opened, WHAT_LEFT).endswith("to three other machines.")
        clock.now += datetime.timedelta(days=1)
        assert run(tmp_path, opened, WHAT_LEFT) == "Nothing today."


def test_whether_anything_may_leave_is_told_too(device, tmp_path):
    with device(allowed=[]) as opened:
        told = run(tmp_path, opened, WHAT_LEFT)
        assert told == "Nothing has ever left this device. Your settings don't let anything out."
        opened.offline.turn_on()
        told = run(tmp_path, opened, WHAT_LEFT)
        assert told == f"Nothing has ever left this device. {OFFLINE}"
        assert run(tmp_path, opened, ToolCall("system_status", {"what": "network"})) == OFFLINE


def test_a_ledger_that_cannot_be_read_is_not_called_empty(device, tmp_path, monkeypatch):
    with device() as opened:
        opened.border.send("a.example", "text", 1)
        with full_disk(monkeypatch):
            told = run(tmp_path, opened, WHAT_LEFT)
    assert told == "I can't tell: my disk doesn't answer."


def test_going_offline_is_confirmed(device, tmp_path):
    with device() as opened:
        told = run(tmp_path, opened, ToolCall("go_offline"), ToolCall("go_offline"))
        assert told == ["I'm offline now. Nothing leaves this device until you say: go online."] * 2
        assert opened.offline.is_on


def test_going_online_is_asked_about_first(device, tmp_path):
    with device() as opened:
        assert run(tmp_path, opened, ToolCall("go_online")) == "I'm not kept offline."
        opened.offline.turn_on()
        assert run(tmp_path, opened, ToolCall("go_online")) == "Should I go online again?"
        assert opened.offline.is_on
        told = run(tmp_path, opened, ToolCall("go_online"), yes=True)
        assert told == ["Should I go online again?", "I'm online again."]
        assert not opened.offline.is_on
    with device(allowed=[]) as opened:
        opened.offline.turn_on()
        told = run(tmp_path, opened, ToolCall("go_online"), yes=True)
        assert told[1] == "I'm online again, but your settings don't let anything out."


def test_what_could_not_be_written_down_is_said(device, tmp_path, monkeypatch):
    with device() as opened:
        with full_disk(monkeypatch):
            told = run(tmp_path, opened, ToolCall("go_offline"))
            assert told.endswith("I could not write it down: a restart would end it.")
            told = run(tmp_path, opened, ToolCall("go_online"), yes=True)
        assert told[1] == "I could not write that down, so I stay offline."
        assert opened.offline.is_on


def test_where_nothing_can_leave_there_is_nothing_to_close(tmp_path):
    for call in (ToolCall("go_offline"), ToolCall("go_online")):
        assert run(tmp_path, None, call) == "There is nothing here that could send anything."
    assert run(tmp_path, None, WHAT_LEFT) == "Nothing. Everything stays on this device."


def test_the_owners_word_asks_for_a_tool():
    assert on_border("Go offline, please.") == ToolCall("go_offline")
    assert on_border("what did you send today") == WHAT_LEFT
    assert on_border("what time is it") is None


def test_the_ledger_needs_no_clock_of_its_own(tmp_path):
    with contextlib.closing(Database(tmp_path)) as store:
        border = Border()
        border.send("a.example", "text", 1)
        ledger = EgressLedger(EgressTable(store), border)
        assert [each.n_bytes for each in ledger.today()] == [1]
        assert border.take() == []
        assert Sent("a.example", "text", 1) not in border.take()


def test_the_disk_of_the_ledger_is_the_households(device, tmp_path):
    with device() as opened:
        opened.offline.turn_on()
    assert (tmp_path / FILE_NAME).exists()
