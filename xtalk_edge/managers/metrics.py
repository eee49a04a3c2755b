"""Counts what the device does, from the events of the bus; no words and no secrets are in it."""

from __future__ import annotations

from collections.abc import Callable

from xtalk_edge import __version__
from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.bus import EventBus, handles
from xtalk_edge.clock import now_s
from xtalk_edge.config.schema import Config
from xtalk_edge.events import (
    ASRResultFinal,
    AudioGap,
    CardLost,
    EchoMeasured,
    ErrorOccurred,
    GovernorStepped,
    HealthChanged,
    LatencyMetricsUpdated,
    LoopLagged,
    MicrophoneMuted,
    RecoveryStepTaken,
    TTSPlaybackStarted,
    TTSStopped,
    UplinkSideChosen,
    UplinkStateChanged,
    WakeWordDetected,
    WakeWordYielded,
)
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.net.border import BORDER, KINDS
from xtalk_edge.service.counts import Counts
from xtalk_edge.service.machine_state import MachineState, look_at_machine
from xtalk_edge.service.metrics import FAMILIES
from xtalk_edge.service.turn_budget import STAGES, TurnBudget

TIMED = (*STAGES, "voice_to_voice_ms")

ABILITIES = ("full", "agent", "tts")

MIB = 2**20


class MetricsManager(Manager):
    """Keeps plain counts; `text` writes them as Prometheus reads them.

    Args:
        event_bus: where it listens.
        config: the settings.
        capture: knows the card's own counts.
        machine: looks at the machine.
    """

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        capture: CaptureManager,
        machine: Callable[[], MachineState] = look_at_machine,
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self.counts = Counts(FAMILIES)
        self._capture = capture
        self._machine = machine
        self._budget = TurnBudget()
        self._unanswered_turn_id = 0
        """The turn that was understood last, until its answer is heard."""
        self._write: Callable[[], str] | None = None
        self.counts.put("info", 1.0, __version__)

    def text(self) -> str:
        """Return all of it in Prometheus' text format; call it on the loop."""
        if self._write is None:
            # Not at the top: most devices are never asked.
            from xtalk_edge.service.metrics_text import MetricsText

            self._write = MetricsText(self.counts).text
        self._look()
        return self._write()

    # -- turns -----------------------------------------------------------------------------

    @handles(ASRResultFinal)
    def on_heard(self, event: ASRResultFinal) -> None:
        """Count a turn."""
        self.counts.add("turns_total", "understood" if event.text else "not understood")
        self._unanswered_turn_id = event.turn_id

    @handles(TTSPlaybackStarted)
    def on_answer(self, event: TTSPlaybackStarted) -> None:
        """Count an answer; what the device says of its own accord is none."""
        if event.turn_id == self._unanswered_turn_id != 0:
            self._unanswered_turn_id = 0
            self.counts.add("answers_total")

    @handles(TTSStopped)
    def on_cut(self, event: TTSStopped) -> None:
        """Count a reply that was cut off."""
        self.counts.add("answers_cut_total", event.reason or "unknown")

    @handles(LatencyMetricsUpdated)
    def on_times(self, event: LatencyMetricsUpdated) -> None:
        """Take where the time of a turn went."""
        self._budget.add(event)
        self.counts.add("answers_ahead_total", by=float(event.thought_ahead))
        for stage in TIMED:
            took_ms = getattr(event, stage)
            if took_ms is not None:
                self.counts.time("stage_seconds", took_ms / 1000, stage.removesuffix("_ms"))

    @handles(WakeWordDetected)
    def on_wake(self, _event: WakeWordDetected) -> None:
        """Count a wake phrase."""
        self.counts.add("wake_words_total", "answered")

    @handles(WakeWordYielded)
    def on_yielded(self, _event: WakeWordYielded) -> None:
        """Count one that a neighbour answered."""
        self.counts.add("wake_words_total", "yielded")

    # -- sound -----------------------------------------------------------------------------

    @handles(EchoMeasured)
    def on_echo(self, event: EchoMeasured) -> None:
        """Take how well the device's own voice is removed."""
        self.counts.put("echo_removed_db", event.removed_db)
        self.counts.put("echo_delay_seconds", event.delay_ms / 1000)

    @handles(AudioGap)
    def on_gap(self, event: AudioGap) -> None:
        """Count sound that was lost."""
        self.counts.add("audio_gaps_total", event.reason)
        self.counts.add("audio_lost_seconds_total", by=event.samples / RATE_HZ)

    @handles(CardLost)
    def on_card_lost(self, _event: CardLost) -> None:
        """Count a sound device that went away."""
        self.counts.add("card_losses_total")

    @handles(MicrophoneMuted)
    def on_muted(self, _event: MicrophoneMuted) -> None:
        """Take whether anything is heard; of several reasons for that, one may still hold."""
        self.counts.put("microphone_muted", float(self._capture.muted))

    # -- the device ------------------------------------------------------------------------

    @handles(LoopLagged)
    def on_lag(self, event: LoopLagged) -> None:
        """Take how late the loop was."""
        self.counts.time("loop_lag_seconds", event.lag_s)

    @handles(ErrorOccurred)
    def on_error(self, event: ErrorOccurred) -> None:
        """Count a failure."""
        self.counts.add("errors_total", event.component)

    @handles(GovernorStepped)
    def on_step(self, event: GovernorStepped) -> None:
        """Take what the device gave up, or took back."""
        self.counts.put("governor_eased", float(event.eased), event.rung)
        self.counts.add("governor_steps_total", event.rung, "down" if event.eased else "up")

    @handles(HealthChanged)
    def on_health(self, event: HealthChanged) -> None:
        """Take whether something goes on."""
        self.counts.put("healthy", float(event.healthy), event.check)
        self.counts.add("health_losses_total", event.check, by=float(not event.healthy))

    @handles(RecoveryStepTaken)
    def on_recovery(self, event: RecoveryStepTaken) -> None:
        """Count what was done about it."""
        self.counts.add("recovery_steps_total", event.step)

    # -- the server ------------------------------------------------------------------------

    @handles(UplinkStateChanged)
    def on_uplink(self, event: UplinkStateChanged) -> None:
        """Take what the server can do."""
        for ability in ABILITIES:
            self.counts.put("uplink_able", float(ability in event.abilities), ability)

    @handles(UplinkSideChosen)
    def on_side(self, event: UplinkSideChosen) -> None:
        """Count who answered."""
        self.counts.add("uplink_sides_total", event.ability, event.side, event.why)

    # -- what is only looked at when somebody asks -------------------------------------------

    def _look(self) -> None:
        counts, card = self.counts, self._capture.card
        core = card.core.counters()
        counts.put("audio_xruns_total", core.input_overflows, "input")
        counts.put("audio_xruns_total", core.output_underflows, "output")
        counts.put("audio_starved_seconds_total", core.playback_starved_frames / card.rate_hz)
        for kind in KINDS:
            counts.put("egress_bytes_total", BORDER.sent_bytes(kind), kind)
        for stage in TIMED:
            spread = self._budget.stage(stage, now_s())
            for quantile in ("p50", "p95") if spread else ():
                value_s = getattr(spread, quantile) / 1000
                counts.put("recent_stage_seconds", value_s, stage.removesuffix("_ms"), quantile)
        machine = self._machine()
        for name, value in (
            ("temperature_celsius", machine.temperature_c),
            ("throttled", machine.throttled),
            ("memory_free_bytes", machine.memory_free_mb and machine.memory_free_mb * MIB),
            ("memory_stalled_ratio", _share(machine.memory_stalled_percent)),
        ):
            if value is not None:
                counts.put(name, float(value))


def _share(percent: float | None) -> float | None:
    return None if percent is None else percent / 100
