"""The link to a simulated board and to the compiled firmware, over a pty, in real time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from pathlib import Path

import pytest
import serial

from firmware_bridge import ports
from firmware_bridge.errors import PortError
from firmware_bridge.faults import Faults
from firmware_bridge.messages import Action, Beat, Button, Knob, Light, Mute, SetLight, SetOutput
from firmware_bridge.ports import chosen_port, found_ports, open_port
from firmware_bridge.simulator import BoardSimulator
from tests.clocks import in_real_time
from tests.firmware import compiled
from tests.hil.rig import FirmwareBoard, Heard, linked

LOSSY = Faults(loss=0.2, corruption=0.05, duplicates=0.05, delay_s=0.003)


def actions(heard: Heard) -> list[Action]:
    return [message.action for message in heard.all_of(Button)]


@pytest.mark.parametrize("faults", [Faults(), LOSSY], ids=["good line", "bad line"])
@in_real_time
async def test_a_simulated_board_is_found_felt_and_lit(faults: Faults) -> None:
    heard = Heard()
    async with (
        BoardSimulator(faults, seed=3) as board,
        linked(board.path, heard) as link,
    ):
        assert not link.send(SetLight(Light.READY))
        await heard.until(lambda: heard.hellos)
        assert heard.hellos[0][0].name == "simulated"
        for light in (Light.LISTENING, Light.THINKING):
            assert link.send(SetLight(light))
        link.send(SetOutput(2, True))
        board.press()
        board.release()
        board.mute(True)
        await heard.until(lambda: board.lights[-1:] == [Light.THINKING] and board.outputs)
        await heard.until(lambda: Action.TAP in actions(heard))
        assert actions(heard) == [Action.PRESS, Action.RELEASE, Action.TAP]
        await heard.until(lambda: heard.all_of(Mute)[-1:] == [Mute(True)])
        await heard.until(lambda: heard.all_of(Beat) and heard.all_of(Beat)[-1].muted)
        assert board.outputs == {2: True}


@pytest.mark.slow
@pytest.mark.parametrize("faults", [Faults(), LOSSY], ids=["good line", "bad line"])
@in_real_time
async def test_the_firmware_is_found_felt_and_lit(faults: Faults) -> None:
    heard = Heard()
    async with (
        FirmwareBoard(compiled(), faults, seed=1) as board,
        linked(board.path, heard) as link,
    ):
        await heard.until(lambda: heard.hellos)
        hello, _ = heard.hellos[0]
        assert (hello.name, hello.firmware, hello.buttons, hello.outputs) == (
            "host",
            (1, 0, 0),
            2,
            4,
        )
        link.send(SetLight(Light.LISTENING))
        link.send(SetOutput(1, True))
        await heard.until(lambda: {"light 2", "output 1 1"} <= set(board.deeds))
        board.change("contacts 1")
        await heard.until(lambda: actions(heard) == [Action.PRESS])
        board.change("contacts 0")
        await heard.until(lambda: Action.TAP in actions(heard))
        assert actions(heard) == [Action.PRESS, Action.RELEASE, Action.TAP]
        board.change("mute 1")
        await heard.until(lambda: heard.all_of(Mute)[-1:] == [Mute(True)])
        # The light says so although the host asked for another one.
        await heard.until(lambda: board.deeds[-1] == f"light {Light.MUTED}")
        board.change("knob 80")
        await heard.until(lambda: heard.all_of(Knob)[-1:] == [Knob(80)])
        board.change("supply 3300")
        await heard.until(lambda: any(b.supply_mv == 3300 for b in heard.all_of(Beat)))


@pytest.mark.slow
@in_real_time
async def test_over_a_bad_line_each_press_of_the_firmware_comes_once() -> None:
    heard = Heard()
    async with (
        FirmwareBoard(compiled(), LOSSY, seed=7) as board,
        linked(board.path, heard) as link,
    ):
        await heard.until(lambda: heard.hellos)
        moves: list[Action] = []

        def felt() -> bool:
            told = [each for each in actions(heard) if each in (Action.PRESS, Action.RELEASE)]
            assert told == moves[: len(told)]
            return told == moves

        for number in range(20):
            moves.append(Action.RELEASE if number % 2 else Action.PRESS)
            board.change(f"contacts {1 - number % 2}")
            await heard.until(felt)
        assert link.ready
        assert heard.errors == []


@pytest.mark.slow
@in_real_time
async def test_a_reset_of_the_firmware_begins_a_new_session() -> None:
    heard = Heard()
    async with FirmwareBoard(compiled()) as board, linked(board.path, heard):
        await heard.until(lambda: heard.hellos)
        board.change("reset")
        await heard.until(lambda: len(heard.hellos) == 2)
        board.change("contacts 2")
        await heard.until(lambda: heard.all_of(Button))
        assert heard.all_of(Button)[0].button == 1
        assert heard.errors == []


@pytest.mark.slow
@in_real_time
async def test_firmware_that_hangs_is_lost_and_found_again() -> None:
    heard = Heard()
    async with FirmwareBoard(compiled()) as board, linked(board.path, heard):
        await heard.until(lambda: heard.hellos)
        board.change("hang")
        await heard.until(lambda: heard.errors)
        assert "says nothing any more" in str(heard.errors[0])
        board.change("go")
        await heard.until(lambda: len(heard.hellos) == 2)


def test_firmware_whose_line_is_gone_while_it_talks_ends_well() -> None:
    line, its_end = os.pipe()
    world, to_world = os.pipe()
    # Nobody will read what it says of itself.
    os.close(line)
    with subprocess.Popen(
        [str(compiled()), "serve", str(world), str(its_end)],
        stdin=subprocess.PIPE, stdout=its_end, stderr=subprocess.PIPE, pass_fds=(world, its_end),
    ) as board:  # fmt: skip
        for end in (its_end, world):
            os.close(end)
        assert board.wait(timeout=20.0) == 0
    os.close(to_world)


@pytest.mark.slow
@in_real_time
async def test_a_board_that_is_unplugged_and_back_is_found_by_its_lasting_name(
    tmp_path: Path,
) -> None:
    heard = Heard()
    name = tmp_path / "usb-xtalk_edge-if00"
    async with linked(ports.AUTO, heard, folder=tmp_path) as link:
        await heard.until(lambda: heard.errors)
        assert "no board is plugged in" in str(heard.errors[-1])
        for times in (1, 2):

            def greeted(times: int = times) -> bool:
                return len(heard.hellos) == times

            def pressed(times: int = times) -> bool:
                return len(heard.all_of(Button)) == times

            async with BoardSimulator(link=name) as board:
                await heard.until(greeted)
                board.press()
                await heard.until(pressed)
                told = len(heard.errors)

            def lost(told: int = told) -> bool:
                return len(heard.errors) > told

            await heard.until(lost)
            assert "unplugged" in str(heard.errors[told])
            assert not link.ready
        assert heard.hellos[0][1] == str(name)


@in_real_time
async def test_what_is_wrong_with_a_board_is_one_sentence() -> None:
    async def told_of(**board: object) -> str:
        heard = Heard()
        async with BoardSimulator(**board) as simulated, linked(simulated.path, heard):  # type: ignore[arg-type]
            await heard.until(lambda: heard.errors)
        return str(heard.errors[0])

    version, flood = await asyncio.gather(told_of(protocol=2), told_of(floods=True))
    assert "version 2 of the protocol" in version
    assert "floods the line" in flood


@pytest.mark.slow
@in_real_time
async def test_a_board_that_never_speaks_is_told_from_one_that_fell_silent() -> None:
    heard = Heard()
    async with BoardSimulator(silent=True) as board, linked(board.path, heard):
        await heard.until(lambda: heard.errors)
        assert "flash the board" in str(heard.errors[0])
        board.silent = False
        await heard.until(lambda: heard.hellos)


def test_a_port_that_cannot_be_opened_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PortError, match="is not there; plug the board in"):
        open_port(str(tmp_path / "gone"))
    (tmp_path / "file").write_text("no port")
    with pytest.raises(PortError, match="is no serial port"):
        open_port(str(tmp_path / "file"))
    ours, theirs = os.openpty()
    try:
        with (
            contextlib.closing(open_port(os.ttyname(theirs))),
            pytest.raises(PortError, match="used by another program"),
        ):
            open_port(os.ttyname(theirs))
    finally:
        os.close(ours)
        os.close(theirs)

    def forbidden(*_arguments: object, **_more: object) -> None:
        raise serial.SerialException(13, "could not open port: [Errno 13] Permission denied")

    monkeypatch.setattr(serial, "Serial", forbidden)
    with pytest.raises(PortError, match="group dialout"):
        open_port("/dev/ttyACM0")


def test_of_two_boards_one_must_be_named(tmp_path: Path) -> None:
    with pytest.raises(PortError, match="no board is plugged in"):
        chosen_port(ports.AUTO, tmp_path)
    (tmp_path / "usb-stick_for_something_else").touch()
    assert chosen_port(ports.AUTO, tmp_path).endswith("something_else")
    (tmp_path / "usb-XTalk_edge_1").touch()
    assert found_ports(tmp_path) == [str(tmp_path / "usb-XTalk_edge_1")]
    (tmp_path / "usb-XTalk_edge_2").touch()
    with pytest.raises(PortError, match=r"2 boards .* usb-XTalk_edge_1 and usb-XTalk_edge_2"):
        chosen_port(ports.AUTO, tmp_path)
    assert chosen_port("/dev/ttyACM7", tmp_path) == "/dev/ttyACM7"


@in_real_time
async def test_a_link_may_end_while_a_port_is_being_opened() -> None:
    heard = Heard()
    async with BoardSimulator() as board:
        async with linked(board.path, heard):
            await asyncio.sleep(0)
        async with linked(board.path, heard):
            await heard.until(lambda: heard.hellos)
