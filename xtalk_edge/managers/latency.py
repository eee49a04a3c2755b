"""Where the time of each turn went."""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.bus import EventBus, handles
from xtalk_edge.config.schema import Config
from xtalk_edge.events import (
    ASRResultFinal,
    ASRStableSegmentReady,
    LatencyMetricsUpdated,
    LLMFirstChunk,
    LLMFirstSentence,
    TTSChunkGenerated,
    TTSPlaybackStarted,
    TurnASREndRequested,
    TurnLLMAgentStartRequested,
    TurnPrepared,
    VADSpeechEnd,
    VADSpeechStart,
)
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.capture import CaptureManager


@dataclass(slots=True)
class Marks:
    """When each step of one turn happened, in monotonic seconds; None while it has not."""

    speech_end_s: float | None = None
    endpoint_s: float | None = None
    asr_final_s: float | None = None
    first_chunk_s: float | None = None
    first_sentence_s: float | None = None
    first_audio_s: float | None = None
    audible_s: float | None = None
    thought_ahead: bool = False


class LatencyManager(Manager):
    """Publishes the breakdown of a turn when its reply becomes audible."""

    def __init__(self, *, event_bus: EventBus, config: Config, capture: CaptureManager) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._capture = capture
        self._speech_end_s: float | None = None
        self._turns: dict[int, Marks] = {}
        self._prepared = TurnPrepared(text="", is_request=False)

    @handles(VADSpeechStart)
    def on_speech_start(self, event: VADSpeechStart) -> None:
        """Speech goes on: a turn that ends meanwhile, being too long, has no end of speech."""
        self._speech_end_s = None

    @handles(VADSpeechEnd)
    def on_speech_end(self, event: VADSpeechEnd) -> None:
        """Speech ended acoustically; whether the turn is over is decided later."""
        self._speech_end_s = self._capture.time_of(event.at_sample)

    @handles(TurnASREndRequested)
    def on_endpoint(self, event: TurnASREndRequested) -> None:
        """The turn is over."""
        self._turns[event.turn_id] = Marks(speech_end_s=self._speech_end_s, endpoint_s=event.at_s)

    @handles(TurnPrepared)
    def on_prepared(self, event: TurnPrepared) -> None:
        """The answer to what was said so far has begun."""
        self._prepared = event

    @handles(ASRResultFinal)
    def on_final(self, event: ASRResultFinal) -> None:
        """The text is known."""
        marks, prepared = self._of(event.turn_id), self._prepared
        marks.asr_final_s = event.at_s
        marks.thought_ahead = (event.turn_id, event.text) == (prepared.turn_id, prepared.text)

    @handles(ASRStableSegmentReady)
    def on_segment(self, event: ASRStableSegmentReady) -> None:
        """A piece of what is being said is certain, and will be answered."""
        said_s = self._capture.time_of(event.end_sample)
        self._turns[event.turn_id] = Marks(speech_end_s=said_s, endpoint_s=event.at_s)

    @handles(TurnLLMAgentStartRequested)
    def on_asked(self, event: TurnLLMAgentStartRequested) -> None:
        """The agent is asked; a piece may have waited for it since its text was known."""
        marks = self._of(event.turn_id)
        marks.asr_final_s = marks.asr_final_s or event.at_s

    @handles(LLMFirstChunk)
    def on_first_chunk(self, event: LLMFirstChunk) -> None:
        """The agent gave its first piece."""
        self._of(event.turn_id).first_chunk_s = event.at_s

    @handles(LLMFirstSentence)
    def on_first_sentence(self, event: LLMFirstSentence) -> None:
        """The first clause is speakable."""
        self._of(event.turn_id).first_sentence_s = event.at_s

    @handles(TTSChunkGenerated)
    def on_audio(self, event: TTSChunkGenerated) -> None:
        """Speech was made; the first piece counts."""
        marks = self._of(event.turn_id)
        if marks.first_audio_s is None:
            marks.first_audio_s = event.at_s

    @handles(TTSPlaybackStarted)
    def on_audible(self, event: TTSPlaybackStarted) -> None:
        """The reply can be heard: publish the breakdown."""
        marks = self._turns.pop(event.turn_id, None)
        # Later ones wait for their own sound; earlier ones will have none.
        self._turns = {turn: each for turn, each in self._turns.items() if turn > event.turn_id}
        if marks is None or marks.speech_end_s is None:
            return
        marks.audible_s = event.at_s
        self.bus.publish(
            LatencyMetricsUpdated(
                turn_id=event.turn_id,
                endpoint_wait_ms=_between(marks.speech_end_s, marks.endpoint_s),
                asr_final_ms=_between(marks.endpoint_s, marks.asr_final_s),
                llm_first_token_ms=_between(marks.asr_final_s, marks.first_chunk_s),
                llm_sentence_ms=_between(marks.first_chunk_s, marks.first_sentence_s),
                tts_first_chunk_ms=_between(marks.first_sentence_s, marks.first_audio_s),
                audible_ms=_between(marks.first_audio_s, marks.audible_s),
                voice_to_voice_ms=_between(marks.speech_end_s, marks.audible_s),
                thought_ahead=marks.thought_ahead,
            )
        )

    def _of(self, turn_id: int) -> Marks:
        return self._turns.setdefault(turn_id, Marks())


def _between(start_s: float | None, end_s: float | None) -> float | None:
    if start_s is None or end_s is None:
        return None
    return round(1000 * (end_s - start_s), 1)
