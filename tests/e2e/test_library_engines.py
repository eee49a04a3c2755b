"""One conversation through the real libraries in every slot at once, in one process.

The networks are small and made here. What this shows is that the libraries, each with a runtime of
its own inside, bear one another, and that the slots fit together.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np

from tests.clocks import on_virtual_clock
from tests.contract import models
from tests.contract.sound import noise
from tests.e2e.room_conversation import conversation, settings, state_folder
from xtalk_edge.engines import hosting
from xtalk_edge.events import (
    ASRResultFinal,
    CaptionUpdated,
    SpeakerRecognized,
    SpeechRequested,
    ThoughtUpdated,
    TTSPlaybackFinished,
    TurnDetected,
    WakeWordDetected,
)
from xtalk_edge.managers.speaker import encoder_name
from xtalk_edge.tools.household import open_people

LIBRARY = {
    "asr": "sherpa",
    "tts": "sherpa",
    "enhancer": "sherpa",
    "wake": "sherpa",
    "turn_detector": "smart-turn",
    "speaker": "sherpa",
    "captioner": "sherpa",
    "thought_rewriter": "llama",
    "embeddings": "llama",
}
BURST = noise(0.5, level=3_000.0)
"""The recogniser and the wake word take it for "loud quiet"."""


def needed(slot: str, name: str, folder: Path) -> dict[str, Any]:
    own = folder / slot
    own.mkdir()
    return {"type": name, **models.NEEDS[slot, name](own)}


@on_virtual_clock
async def test_every_slot_is_filled_by_a_library(tmp_path: Path) -> None:
    sections: dict[str, Any] = {
        slot: needed(slot, name, tmp_path) for slot, name in LIBRARY.items()
    }
    # The same sound is the phrase and the question.
    sections["wake"]["refractory_s"] = 30.0
    # It would have a process of its own.
    sections["captioner"]["isolation"] = "thread"
    config = settings(
        mode="wake-word",
        replies=["You were loud, and then you were quiet."],
        vad={"type": "tests.scripted:LoudnessVAD"},
        turn={"follow_up_s": 0.0},
        echo={"type": "speex"},
        **sections,
    )
    with state_folder(config) as config, open_people(config) as people:
        with contextlib.closing(hosting.create("speaker", config.speaker)) as encoder:
            voice = encoder.extract(np.concatenate((BURST, BURST)).tobytes())
            people.enrol("Ann", voice, encoder_name(config))
            people.set_greeting("Ann", "Hello, Ann.")
        async with conversation(config) as talk:
            talk.say(BURST, after_s=1.0)
            await talk.until(WakeWordDetected, phrase="loud quiet")
            await talk.until_state("attending")
            talk.say(BURST, after_s=1.0)
            talk.say(BURST, after_s=1.5)
            await talk.until(ASRResultFinal, text="loud quiet")
            finished = await talk.until(TTSPlaybackFinished)
            assert finished.text == "You were loud, and then you were quiet."
            assert [event.name for event in talk.all_of(SpeakerRecognized)] == ["Ann"]
            assert talk.all_of(TurnDetected)[-1].finished is not None
            assert [event.text for event in talk.all_of(SpeechRequested)] == ["Hello, Ann."]
            assert (await talk.until(TTSPlaybackFinished)).text == "Hello, Ann."
            played = talk.played()
            assert np.abs(played).max() > 3_000
            assert (await talk.until(ThoughtUpdated)).text == "Sound"
            talk.say(noise(8.0))
            await talk.until(CaptionUpdated, text="A dog barking can be heard.")
