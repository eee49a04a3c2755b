"""The owner's choices about turn-taking. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class TurnPolicy:
    """How turns are taken; all durations in seconds, none negative."""

    mode: Literal["wake-word", "button", "always"] = "wake-word"
    button: Literal["tap", "hold"] = "tap"
    """Press and speak, and press again to end at once; or hold it down while speaking."""
    silence_s: float = 0.5
    """Silence that ends a turn."""
    request_silence_s: float = 0.3
    """The same after what the agent can act upon as it is; never more."""
    unfinished_silence_s: float = 0.9
    """The same after what sounds as if more is to come; never less."""
    think_ahead: bool = True
    """Whether the agent thinks before the turn is over."""
    prepare_s: float = 0.1
    """Silence after which the agent thinks about what was said so far."""
    pre_roll_s: float = 0.3
    """Sound before the detected start of speech that is recognised too."""
    no_speech_s: float = 6.0
    """How long to wait for speech after the wake word, the button, or asking again."""
    max_turn_s: float = 30.0
    """Recognised sound of one turn, at most."""
    follow_up_s: float = 5.0
    """How long the owner may speak without the wake word after a reply."""
    barge_in: Literal["interrupt", "duck-only", "off"] = "interrupt"
    verify_s: float = 0.3
    """Speech with words over a reply that stops it."""
    hold_s: float = 0.4
    """Speech without words over a reply that lets it stand still."""
    verify_wordless_s: float = 2.5
    """Speech without words over a reply that stops it; never less than with words."""
    stop_words: tuple[str, ...] = (
        *("stop", "be quiet", "quiet", "shut up", "silence", "enough", "never mind"),
    )
    """Phrases that stop a reply at once, and are not answered when nothing else is said."""
    backchannels: tuple[str, ...] = (
        *("mhm", "mm", "hmm", "uh huh", "uh", "um", "ah", "aha", "oh", "wow", "i see"),
        *("okay", "ok", "right", "all right", "alright", "really", "go on"),
        *("hello", "hi", "good morning", "good afternoon", "good evening"),
    )
    """Phrases that mean "go on": over a reply they change nothing. Nobody greets in the midst of an
    answer; recognisers hear greetings in "uh-huh" and in babble."""
    final_wait_s: float = 30.0
    """How long a final text may take before the utterance counts as not understood."""

    @property
    def tap_ends(self) -> bool:
        """Whether the button, pressed while somebody speaks, ends the turn at once."""
        return self.mode == "button" and self.button == "tap"
