"""What speech over a reply means for the reply. Pure."""

from __future__ import annotations

from enum import StrEnum

from xtalk_edge.turn.actions import StopReason
from xtalk_edge.turn.facts import StopWordSpotted
from xtalk_edge.turn.floor import Utterance
from xtalk_edge.turn.phrases import Phrases
from xtalk_edge.turn.policy import TurnPolicy
from xtalk_edge.turn.speech_track import SpeechTrack

SURE = 0.7
"""Confidence from which words over a reply are believed. The recogniser makes commands of "uh-huh",
"wow" and coughs with 0.5 to 0.67; most commands over a reply have 0.7 to 0.99."""

BRIEF_S = 1.0
"""Speech from which words are believed that the recogniser took for a command at all, once it has
heard the end of them: nobody says "uh-huh" for so long. Amidst babble and noise it sees commands
come and go; the reply stands still meanwhile, so there is no hurry."""

SURE_STOP = 0.6
"""Probability from which the spotter needs no words from the recogniser: of 336 times that somebody
said "stop", in voices it has not learnt from, nine did not end the answer (`bench stop`, twice)."""

_STOP_FILLERS = ("please", "okay", "ok", "oh", "hey", "no", "now", "it", "that", "just", "alright")


class Meaning(StrEnum):
    """Of speech over a reply, as far as it is known."""

    NOTHING = "nothing"
    """It goes on."""
    PERHAPS = "perhaps"
    """It stands still until more is known."""
    INTERRUPTION = "interruption"
    """It ends."""


class BargeIn:
    """Judges speech over a reply by how long it lasts and by its words."""

    def __init__(self, policy: TurnPolicy) -> None:
        self.policy = policy
        """May be exchanged at any time."""
        self._stop_words = Phrases(policy.stop_words, _STOP_FILLERS)
        self._backchannels = Phrases(policy.backchannels)
        self.echo_removed = True
        """Whether what is heard over a reply can be somebody's: the device may hear itself."""

    @property
    def possible(self) -> bool:
        """Whether speech over a reply is listened to; the stop word and the button always are."""
        return self.policy.barge_in != "off" and self.echo_removed

    def meaning(self, utterance: Utterance, speech_s: float) -> Meaning:
        """Return what `speech_s` seconds of speech mean, by what is known of them so far."""
        policy = self.policy
        believed = _believed(utterance, speech_s, whole=utterance.concluded)
        text = utterance.text if believed else ""
        if policy.barge_in != "interrupt" or self._backchannels.are_all_of(text):
            return Meaning.NOTHING
        needed_s = policy.verify_s if text else max(policy.verify_s, policy.verify_wordless_s)
        if utterance.clear and speech_s >= needed_s:
            return Meaning.INTERRUPTION
        return Meaning.PERHAPS if speech_s >= policy.hold_s else Meaning.NOTHING

    def settle(
        self,
        utterance: Utterance,
        text: str,
        speech: SpeechTrack,
        now_s: float,
        *,
        in_progress: bool,
    ) -> tuple[StopReason | None, bool]:
        """Return why a reply ends, None if it does not, and whether the text is to be answered.

        Args:
            utterance: what began over the reply.
            text: its final text.
            speech: where speech was heard.
            now_s: the time.
            in_progress: whether the reply has not ended meanwhile.
        """
        only_stop = not text or self._backchannels.are_all_of(text)
        said_no_more = only_stop or utterance.ends_with_stop(speech.end_s)
        if self.is_stop(text) or (utterance.stop_word_heard and said_no_more):
            return "stop word", False
        if not in_progress:
            return None, bool(text) or utterance.verified
        if self.begins_with_stop(text):
            return "stop word", True
        # However short it was: it is over, and its words are known.
        interrupts = self.policy.barge_in == "interrupt"
        believed = bool(text) and _believed(
            utterance, utterance.speech_s(speech, now_s), whole=True
        )
        if believed and interrupts and not self._backchannels.are_all_of(text):
            return "interrupted", True
        return None, False

    def is_sure(self, stop_word: StopWordSpotted) -> bool:
        """Tell whether the spotter needs no words from the recogniser."""
        return stop_word.probability >= SURE_STOP

    def begins_with_stop(self, text: str) -> bool:
        """Tell whether the reply must end at once, whatever else is said."""
        return self._stop_words.begin(text)

    def is_stop(self, text: str) -> bool:
        """Tell whether nothing but "stop" was said, to which there is nothing to answer."""
        return self._stop_words.are_all_of(text)


def _believed(utterance: Utterance, speech_s: float, *, whole: bool) -> bool:
    """Tell whether words over a reply count; coughs and machines have "words" too."""
    lasting = whole and speech_s >= BRIEF_S
    return utterance.clear and (utterance.confidence >= SURE or lasting)
