"""What is asked in writing is a turn like any other."""

from __future__ import annotations

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import conversation, settings
from xtalk_edge.events import (
    ASRResultFinal,
    TextTyped,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TTSStopped,
)

LONG = "It is noon, and not a minute later than that, as far as I can tell from in here."


@on_virtual_clock
async def test_asleep_and_muted_it_answers_what_is_typed_and_may_be_interrupted_so() -> None:
    config = settings(replies=[LONG, "Monday."], mode="button")
    async with conversation(config) as talk:
        talk.appliance.capture.mute(True)
        talk.appliance.bus.publish(TextTyped(text="what time is it"))
        await talk.until(TTSPlaybackStarted)
        talk.appliance.bus.publish(TextTyped(text="what day is it"))
        stopped = await talk.until(TTSStopped)
        assert stopped.reason == "typed"
        assert stopped.text != LONG
        await talk.until(TTSPlaybackFinished, text="Monday.")
        # Nobody was listened to, and what was cut is not in what the agent remembers.
        assert talk.all_of(ASRResultFinal) == []
        assert LONG not in str(talk.appliance.agent.history())
        await talk.until_state("asleep")
