"""The live view: finished lines everywhere, a status line only on a terminal."""

from __future__ import annotations

import io
import sys

import pytest

from xtalk_edge.cli.live import LiveView
from xtalk_edge.cli.progress import CLEAR_LINE
from xtalk_edge.events import (
    ASRResultPartial,
    AudioGap,
    BoardConnected,
    CardOpened,
    ErrorOccurred,
    InterpretingLagged,
    LatencyMetricsUpdated,
    MicrophoneMuted,
    PageOpened,
    TextTyped,
    ToolCallOccurred,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TTSStopped,
    TurnStateChanged,
    VerificationResult,
    WakeWordDetected,
)


class Terminal(io.StringIO):
    """An output that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def hold_a_turn(view: LiveView) -> None:
    view.on_card(CardOpened(name="room", rate_hz=16000, block_ms=10.0, latency_ms=30.0))
    view.on_state(TurnStateChanged(state="attending"))
    view.on_wake(WakeWordDetected(phrase="okay nabu", at_sample=1))
    view.on_partial(ASRResultPartial(text="what time"))
    view.on_final(VerificationResult(text="what time is it", is_valid=True))
    view.on_tool(ToolCallOccurred(name="get_time", args={"zone": "here"}))
    view.on_speaking(TTSPlaybackStarted())
    view.on_latency(LatencyMetricsUpdated(voice_to_voice_ms=650.0, endpoint_wait_ms=600.0))
    view.on_latency(LatencyMetricsUpdated())
    view.on_spoken(TTSPlaybackFinished(text="It is ten."))
    view.on_spoken(TTSPlaybackFinished(text=""))
    view.on_final(VerificationResult(text="", is_valid=False))
    view.on_final(VerificationResult(text="uh huh", is_valid=False))
    view.on_cut(TTSStopped(text="You can", reason="interrupted"))
    view.on_gap(AudioGap(at_sample=0, samples=160, reason="ring full"))
    view.on_error(ErrorOccurred(error_type="x", error_message="it broke", component="tts"))
    view.close()


def test_a_page_and_what_is_typed_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    view = LiveView()
    view.on_page(PageOpened(url="http://127.0.0.1:8380/"))
    view.on_typed(TextTyped(text="what time\x1b[2J is it"))
    assert capsys.readouterr().out.splitlines() == [
        "          status page: http://127.0.0.1:8380/",
        "     you  what time [2J is it",
    ]


def test_a_board_and_a_mute_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    view = LiveView()
    view.on_board(BoardConnected(name="pico", firmware="1.0.0", port="/dev/board"))
    view.on_muted(MicrophoneMuted(muted=True, by="switch"))
    view.on_muted(MicrophoneMuted(muted=False, by="switch"))
    assert [line.strip() for line in capsys.readouterr().out.splitlines()] == [
        "board pico, firmware 1.0.0, on /dev/board",
        "the microphone is muted (by switch)",
        "the microphone is on again (by switch)",
    ]


def test_a_file_gets_finished_lines_only(capsys: pytest.CaptureFixture[str]) -> None:
    hold_a_turn(LiveView())
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\r" not in out
    lines = [line.strip() for line in out.splitlines()]
    assert "you  what time is it" in lines
    assert "device  It is ten." in lines
    assert "get_time(zone='here')" in lines
    assert "device  You can — [interrupted]" in lines
    assert "error  tts: it broke" in lines
    assert "lost 10 ms of sound: ring full" in lines
    assert not [line for line in lines if line.startswith("listening")]


def test_pieces_that_wait_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    view = LiveView()
    view.on_lag(InterpretingLagged(pieces=6))
    view.on_lag(InterpretingLagged(pieces=6, left_out="good morning"))
    first, second = capsys.readouterr().out.splitlines()
    assert first.strip() == "6 pieces wait for their answer"
    assert second.strip() == '6 pieces wait for their answer; this has no answer: "good morning"'


def test_a_terminal_shows_the_partial_text_and_takes_it_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    hold_a_turn(LiveView())
    out = terminal.getvalue()
    assert "listening: what time …" in out
    assert out.count(CLEAR_LINE) > 5
    assert out.endswith(CLEAR_LINE)


def test_no_text_rules_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    view = LiveView()
    view.on_partial(ASRResultPartial(text="a\x1b[2Jb"))
    view.on_spoken(TTSPlaybackFinished(text="c\x1b]0;title\x07\nd\u202e"))
    view.on_error(ErrorOccurred(error_type="x", error_message="e\x9b2Jf", component="agent"))
    for stray in ("\x1b[2J", "\x1b]0", "\x07", "\u202e", "\x9b", "\nd"):
        assert stray not in terminal.getvalue()
    assert "c ]0;title  d" in terminal.getvalue()
