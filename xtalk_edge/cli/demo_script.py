"""What the demo's talker says, what must come back, and the one who sees to both."""

from __future__ import annotations

import asyncio
import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from xtalk_edge.appliance import Appliance
from xtalk_edge.audio.format import pcm_to_samples
from xtalk_edge.audio.room import RoomCard
from xtalk_edge.bus import handles
from xtalk_edge.clock import wall_now
from xtalk_edge.engines.interfaces import TTS
from xtalk_edge.events import (
    ASRResultFinal,
    Event,
    LatencyMetricsUpdated,
    ToolCallOccurred,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TTSStopped,
)

ANSWER_LIMIT_S = 15.0
"""A turn without an answer by then has failed: the longest question takes 3 s, the longest wait
for its end 1 s."""

PAUSE_S = 0.7
"""Between an answer and the next question, as between people."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing the talker says."""

    says: str
    wants: Callable[[], str]
    """Returns a pattern that the answer, as heard, must contain; asked when the answer is there."""
    tool: str | None = None
    """The tool that must have been called."""
    over_answer_s: float | None = None
    """Spoken over the answer before, so many seconds into it; None: after it."""
    noise_db: float | None = None
    """Level of noise in the room meanwhile, dB of full scale."""
    spelled: str | None = None
    """How the synthetic talker must spell it to sound right."""


def always(pattern: str) -> Callable[[], str]:
    """Return a pattern that does not depend on the hour."""
    return lambda: pattern


def time_now() -> str:
    """Return a pattern for the current minute and the one before: the answer takes a moment."""
    now = wall_now()
    minutes = (now, now - datetime.timedelta(minutes=1))
    return "|".join(f"{at.hour % 12 or 12}:{at.minute:02}" for at in minutes)


def date_today() -> str:
    """Return a pattern for today's date."""
    now = wall_now()
    return f"{now:%A}.*{now:%B} {now.day}"


SCRIPT = (
    Line(
        "Okay Nabu. What time is it?", time_now, "get_time", spelled="okay naboo, what time is it"
    ),
    Line("Set a timer for ten minutes.", always("ten minutes|10 minutes"), "set_timer"),
    Line("Make it twenty minutes.", always("twenty minutes|20 minutes"), "change_timer"),
    Line("How much time is left?", always("(nineteen|twenty|19|20) minutes"), "timer_left"),
    Line("What can you do?", always("You can ask me"), "help"),
    Line("What is twelve times seven?", always("84|eighty-four"), "calculate", over_answer_s=2.0),
    Line("What's the date today?", date_today, "get_date", noise_db=-45.0),
    Line("Add milk to the shopping list.", always("(?i)milk"), "add_item"),
    Line("Clear the shopping list.", always(r"(?i)shopping list.*\?"), "clear_all"),
    Line("Yes.", always("(?i)shopping list|empty|cleared|gone"), "clear_all"),
    Line("Tell me a joke.", always(r"\w+ \w+ \w+"), "tell_joke"),
    Line("Cancel the timer.", always("(?i)cancel|timer"), "cancel_timer"),
)


@dataclass(slots=True)
class Exchange:
    """What came of one line."""

    line: Line
    turn_id: int = 0
    understood: str = ""
    tools: list[str] = field(default_factory=list)
    answer: str = ""
    cut: bool = False
    latency: LatencyMetricsUpdated | None = None
    problem: str = ""
    wanted: str = ""
    """The pattern wanted when the answer was there: the time told is not the time later."""


class Talker:
    """Asks the script's questions in the room and judges the answers."""

    def __init__(self, appliance: Appliance, room: RoomCard, voice: TTS) -> None:
        self._room = room
        self._voice = voice
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        appliance.bus.register(self)

    @handles(ASRResultFinal)
    @handles(ToolCallOccurred)
    @handles(LatencyMetricsUpdated)
    @handles(TTSPlaybackStarted)
    @handles(TTSPlaybackFinished)
    @handles(TTSStopped)
    def on_event(self, event: Event) -> None:
        """Keep what the talker waits for."""
        self._events.put_nowait(event)

    async def talk(self, script: tuple[Line, ...]) -> list[Exchange]:
        """Say every line and return what came back."""
        exchanges: list[Exchange] = []
        for line, following in zip(script, (*script[1:], None), strict=True):
            if line.over_answer_s is None:
                await asyncio.sleep(PAUSE_S)
            exchange = Exchange(line)
            before = exchanges[-1] if exchanges else None
            exchanges.append(exchange)
            self._say(line)
            try:
                async with asyncio.timeout(ANSWER_LIMIT_S):
                    await self._listen(exchange, before, following)
            except TimeoutError:
                exchange.problem = f"no answer within {ANSWER_LIMIT_S:g} s"
            exchange.wanted = line.wants()
        for exchange in exchanges:
            judge(exchange)
        return exchanges

    def _say(self, line: Line) -> None:
        self._room.set_noise(line.noise_db)
        speech = pcm_to_samples(self._voice.synthesize(line.spelled or line.says))
        self._room.say(speech, self._voice.sample_rate)

    async def _listen(
        self, exchange: Exchange, before: Exchange | None, following: Line | None
    ) -> None:
        """Follow the turn until its answer has been heard, or until it is time to interrupt."""
        while True:
            event = await self._events.get()
            if before is not None and event.turn_id == before.turn_id:
                if isinstance(event, TTSStopped):
                    before.answer, before.cut = event.text, True
                continue
            match event:
                case ASRResultFinal(text=text, turn_id=turn_id):
                    exchange.understood, exchange.turn_id = text, turn_id
                case ToolCallOccurred(name=name):
                    exchange.tools.append(name)
                case TTSPlaybackStarted() if following and following.over_answer_s is not None:
                    await asyncio.sleep(following.over_answer_s)
                    self._take_latency(exchange)
                    return
                case LatencyMetricsUpdated():
                    exchange.latency = event
                case TTSPlaybackFinished(text=text):
                    exchange.answer = text
                    return
                case TTSStopped(text=text):
                    exchange.answer, exchange.cut = text, True
                    return

    def _take_latency(self, exchange: Exchange) -> None:
        """Pick up the breakdown that arrived while the talker waited to interrupt."""
        while not self._events.empty():
            event = self._events.get_nowait()
            if isinstance(event, LatencyMetricsUpdated):
                exchange.latency = event


def judge(exchange: Exchange) -> None:
    """Note what is wrong with an answer, if anything is."""
    line = exchange.line
    if exchange.problem:
        return
    if line.tool is not None and line.tool not in exchange.tools:
        exchange.problem = f"expected the tool {line.tool}"
    elif not re.search(exchange.wanted, exchange.answer):
        exchange.problem = "wrong answer"
