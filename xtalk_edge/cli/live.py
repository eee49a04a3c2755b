"""Shows a conversation in the terminal while it happens."""

from __future__ import annotations

import shutil
import sys

import click

from xtalk_edge.bus import handles
from xtalk_edge.cli.progress import CLEAR_LINE
from xtalk_edge.events import (
    ASRResultPartial,
    AudioGap,
    BoardConnected,
    CardLost,
    CardOpened,
    EchoMeasured,
    ErrorOccurred,
    HealthChanged,
    InterpretingLagged,
    LatencyMetricsUpdated,
    MicrophoneMuted,
    PageOpened,
    RecoveryStepTaken,
    TextTyped,
    ToolCallOccurred,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TTSStopped,
    TurnStateChanged,
    VerificationResult,
    WakeWordDetected,
    WakeWordYielded,
)
from xtalk_edge.net.printable import printable


class LiveView:
    """Prints who speaks, what was understood, the reply as heard, and each turn's latency.

    On a terminal the last line is a live status (state, partial text); in a file or pipe only
    finished lines are written. Texts may come from a server: none of them rules the terminal.
    """

    def __init__(self) -> None:
        self._live = sys.stdout.isatty()
        self._status = ""
        self._half_duplex = False

    def line(self, who: str, text: str, colour: str) -> None:
        """Print one finished line."""
        self._clear()
        click.echo(click.style(f"{who:>8}  ", fg=colour, bold=True) + printable(text))
        self._show()

    def note(self, text: str) -> None:
        """Print a remark in a quiet colour."""
        self._clear()
        click.echo(click.style(f"{'':8}  {printable(text)}", dim=True))
        self._show()

    def close(self) -> None:
        """Take the live line away."""
        self._clear()
        self._status = ""

    @handles(CardOpened)
    def on_card(self, event: CardOpened) -> None:
        """Say what is being listened to."""
        self.note(
            f"{event.name}: {event.rate_hz} Hz, blocks of {event.block_ms:g} ms, "
            f"device latency {event.latency_ms:.0f} ms"
        )

    @handles(CardLost)
    def on_card_lost(self, event: CardLost) -> None:
        """Say that the device is being waited for."""
        self.line("error", f"{event.reason}; waiting for it", "red")

    @handles(HealthChanged)
    def on_health(self, event: HealthChanged) -> None:
        """Say what is wrong, or well again."""
        if event.healthy:
            self.note(f"{event.check}: all is well again")
        else:
            self.line("error", f"{event.check}: {event.detail}", "red")

    @handles(RecoveryStepTaken)
    def on_recovery(self, event: RecoveryStepTaken) -> None:
        """Say what the device does about it."""
        self.note(f"{event.check}: {event.step} ({event.count})")

    @handles(BoardConnected)
    def on_board(self, event: BoardConnected) -> None:
        """Say that a board is there."""
        self.note(f"board {event.name}, firmware {event.firmware}, on {event.port}")

    @handles(PageOpened)
    def on_page(self, event: PageOpened) -> None:
        """Say where the status page is."""
        self.note(f"status page: {event.url}")

    @handles(MicrophoneMuted)
    def on_muted(self, event: MicrophoneMuted) -> None:
        """Say that nothing is heard, or something is again."""
        self.note(f"the microphone is {'muted' if event.muted else 'on again'} (by {event.by})")

    @handles(TurnStateChanged)
    def on_state(self, event: TurnStateChanged) -> None:
        """Show who has the floor."""
        self._set_status(event.state)

    @handles(WakeWordDetected)
    def on_wake(self, event: WakeWordDetected) -> None:
        """Show that the wake phrase was heard."""
        self.note(f"heard the wake phrase: {event.phrase}")

    @handles(WakeWordYielded)
    def on_yield(self, event: WakeWordYielded) -> None:
        """Show that another device answers."""
        self.note(f"heard the wake phrase: {event.phrase}; a neighbour heard it better")

    @handles(ASRResultPartial)
    def on_partial(self, event: ASRResultPartial) -> None:
        """Show the text so far."""
        self._set_status(f"listening: {event.text} …")

    @handles(VerificationResult)
    def on_final(self, event: VerificationResult) -> None:
        """Print what was understood."""
        if event.is_valid:
            self.line("you", event.text, "cyan")
        elif event.text:
            self.note(f'(heard "{event.text}", which does not interrupt)')
        else:
            self.note("(not understood as a request)")

    @handles(TextTyped)
    def on_typed(self, event: TextTyped) -> None:
        """Print what is asked in writing."""
        self.line("you", event.text, "cyan")

    @handles(ToolCallOccurred)
    def on_tool(self, event: ToolCallOccurred) -> None:
        """Print the tool call."""
        arguments = ", ".join(f"{key}={value!r}" for key, value in event.args.items())
        self.note(f"{event.name}({arguments})")

    @handles(TTSPlaybackStarted)
    def on_speaking(self, event: TTSPlaybackStarted) -> None:
        """Show that the device speaks."""
        self._set_status("speaking")

    @handles(TTSPlaybackFinished)
    def on_spoken(self, event: TTSPlaybackFinished) -> None:
        """Print the reply as heard."""
        if event.text:
            self.line("device", event.text, "green")

    @handles(TTSStopped)
    def on_cut(self, event: TTSStopped) -> None:
        """Print the part of the reply that was heard."""
        self.line("device", f"{event.text} — [{event.reason}]".strip(), "green")

    @handles(LatencyMetricsUpdated)
    def on_latency(self, event: LatencyMetricsUpdated) -> None:
        """Print where the time went."""
        if event.voice_to_voice_ms is not None:
            self.note(
                f"answered {event.voice_to_voice_ms:.0f} ms after the end of speech ("
                f"waiting for the end {event.endpoint_wait_ms or 0:.0f}, "
                f"text {event.asr_final_ms or 0:.0f}, "
                f"first word {event.llm_first_token_ms or 0:.0f}, "
                f"first sound {event.tts_first_chunk_ms or 0:.0f} ms)"
            )

    @handles(AudioGap)
    def on_gap(self, event: AudioGap) -> None:
        """Print that sound was lost."""
        self.note(f"lost {event.samples / 16:.0f} ms of sound: {event.reason}")

    @handles(EchoMeasured)
    def on_echo(self, event: EchoMeasured) -> None:
        """Print when it can listen while it talks no more, or can again."""
        if event.poor is not self._half_duplex:
            self._half_duplex = event.poor
            now = (
                'only "stop" and the button interrupt me' if event.poor else "you may interrupt me"
            )
            self.note(f"{event.removed_db:.0f} dB of my own voice are removed: {now}")

    @handles(InterpretingLagged)
    def on_lag(self, event: InterpretingLagged) -> None:
        """Print that answers come too slowly."""
        lost = f'; this has no answer: "{event.left_out}"' if event.left_out else ""
        self.note(f"{event.pieces} pieces wait for their answer{lost}")

    @handles(ErrorOccurred)
    def on_error(self, event: ErrorOccurred) -> None:
        """Print a contained failure."""
        self.line("error", f"{event.component}: {event.error_message}", "red")

    def _set_status(self, text: str) -> None:
        self._clear()
        self._status = printable(text)
        self._show()

    def _clear(self) -> None:
        if self._live and self._status:
            sys.stdout.write(CLEAR_LINE)

    def _show(self) -> None:
        if self._live and self._status:
            width = shutil.get_terminal_size().columns
            sys.stdout.write(click.style(f"{'':8}  {self._status}"[: width - 1], dim=True))
            sys.stdout.flush()
