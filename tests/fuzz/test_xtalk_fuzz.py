"""Whatever a server sends, a session gives facts or an UplinkError, and never spins or leaks.

    XTALK_FUZZ_INPUTS=1000000 python -m pytest tests/fuzz/test_xtalk_fuzz.py

gives it a million inputs in place of the few thousand of every test run, and says how long they
took. `XTALK_FUZZ_SEED` picks others than usual.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from xtalk_edge.errors import UplinkError
from xtalk_edge.uplink.xtalk.facts import Able, Action, ReplySound, ReplyText, Send
from xtalk_edge.uplink.xtalk.protocol import XTalkProtocol
from xtalk_edge.uplink.xtalk.reading import _READERS

INPUTS = int(os.environ.get("XTALK_FUZZ_INPUTS", "8000"))
SEED = int(os.environ.get("XTALK_FUZZ_SEED", "1"))

INPUTS_A_SESSION = 300

ACTIONS = [*_READERS, "full_audio_frame", "session_config", "", "\x1b[2J", "attach_session"]

TEXTS = ["", "It", "It is", "It is ten.", "It is ten. And", "今天", "\ud800", "\x1b[31m", "a" * 300]
VALUES: list[Any] = [
    *TEXTS, None, True, False, 0, 1, 2, 3, -1, 1.5, 2**53 + 1, 10**400, float("nan"), float("inf"),
    [], {}, ["x"], {"text": "It"}, "r1", "r2", "1", "a" * 600,
]  # fmt: skip
FIELDS = [
    "text", "turn_id", "response_id", "session_id", "chunk_index", "position", "limit", "active",
    "client_timestamp", "server_recv_timestamp", "submit_text", "speak", "name", "args", "origin",
    "message", "speaker_id", "asr_latency_ms", "is_final",
]  # fmt: skip
GOOD: dict[str, Callable[[random.Random], Any]] = {
    "text": lambda r: r.choice(TEXTS),
    "turn_id": lambda r: r.choice([None, 1, 2, 3, 4]),
    "response_id": lambda r: r.choice([None, "r1", "r2", "r3"]),
    "session_id": lambda r: r.choice(["s1", "s2"]),
    "chunk_index": lambda r: r.randrange(20),
}


WAV_HEAD = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\x3e\0\0\0\0\0\0\2\0\x10\0data"


class Fuzzer:
    """One session, and somebody who does anything to it."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.protocol = XTalkProtocol(
            may_attach=chance.random() < 0.5, session_id=chance.choice(["", "s1"])
        )
        self.protocol.plays = chance.random() < 0.5
        self.now_s = chance.choice([0.0, 1e6])
        self.sounds: list[ReplySound] = []
        self.protocol.open(self.now_s)

    def step(self) -> None:
        """Do one thing, and look at what came of it."""
        try:
            actions = self.input()
        except UplinkError as error:
            assert str(error).isprintable()
            return
        for action in actions:
            self.check(action)

    def input(self) -> list[Action]:
        """Choose what happens next, and have it happen."""
        roll = self.chance.random()
        if roll < 0.55:
            return self.protocol.receive(self.message(), self.now_s)
        if roll < 0.70:
            return self.protocol.receive(self.binary(), self.now_s)
        if roll < 0.85:
            return self.pass_time()
        return self.ask()

    def message(self) -> str:
        """Return a message that is right, or nearly, or not at all."""
        chance = self.chance
        if chance.random() < 0.05:
            return "".join(chr(chance.randrange(0xD7FF)) for _ in range(chance.randrange(20)))
        data: Any = {}
        for field in chance.sample(FIELDS, chance.randrange(5)):
            wrong = chance.random() < 0.15 or field not in GOOD
            data[field] = chance.choice(VALUES) if wrong else GOOD[field](chance)
        if chance.random() < 0.1:
            data = chance.choice(VALUES)
        key = "type" if chance.random() < 0.05 else "action"
        whole: dict[str, Any] = {key: chance.choice(ACTIONS)}
        whole |= data if isinstance(data, dict) and chance.random() < 0.3 else {"data": data}
        text = json.dumps(whole)
        if chance.random() < 0.05:
            at = chance.randrange(len(text))
            text = text[:at] + chr(chance.randrange(0x2FF)) + text[at + chance.randrange(3) :]
        return text

    def binary(self) -> bytes:
        """Return sound, or something else."""
        chance = self.chance
        length = chance.choice([0, 1, 2, 3, 64, 960, 9_600])
        roll = chance.random()
        if roll < 0.1:
            return self.message().encode("utf-8", "replace")
        if roll < 0.2:
            head = bytearray(
                b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\x3e\0\0\0\0\0\0\2\0\x10\0data"
            )
            head += chance.choice([0, 2, 64, 2**32 - 1]).to_bytes(4, "little")
            for _ in range(chance.randrange(3)):
                head[chance.randrange(len(head))] = chance.randrange(256)
            return bytes(head[: chance.randrange(len(head) + 1)]) + bytes(length)
        return chance.randbytes(length)

    def pass_time(self) -> list[Action]:
        """Let some time pass; what is due by then is done by one call, and is not due again."""
        wake_s = self.protocol.wake_at_s
        if wake_s is not None and self.chance.random() < 0.5:
            self.now_s = max(self.now_s, wake_s)
        else:
            self.now_s += self.chance.choice([0.0, 0.01, 0.1, 1.0, 5.0])
        actions: list[Action] = []
        for _ in range(5):
            actions += self.protocol.tick(self.now_s)
            wake_s = self.protocol.wake_at_s
            if wake_s is None or wake_s > self.now_s:
                return actions
        raise AssertionError("it wants to be called again and again")

    def ask(self) -> list[Action]:
        """Be the device."""
        protocol, chance, at_s = self.protocol, self.chance, self.now_s
        pcm = bytes(chance.choice([0, 1, 500, 1_024, 5_000]))
        text = chance.choice(TEXTS)
        deeds: list[Callable[[], list[Action]]] = [
            lambda: protocol.submit_text(text, at_s),
            lambda: protocol.speak(text, at_s),
            lambda: protocol.stop(at_s),
            lambda: protocol.begin_speech(pcm, at_s),
            lambda: protocol.send_speech(pcm, at_s),
            lambda: protocol.end_speech(at_s),
            lambda: protocol.playback_finished(at_s),
            lambda: protocol.playback_stopped(chance.random() * 1000),
        ]
        if self.sounds:
            deeds += [lambda: protocol.played(self.sounds.pop(0), at_s)] * 3
        return chance.choice(deeds)()

    def check(self, action: Action) -> None:
        """Look whether an action is what it is said to be."""
        match action:
            case Send(bytes() as frame):
                assert len(frame) == 1_024
            case Send(str() as message):
                assert isinstance(json.loads(message)["action"], str)
                message.encode()
            case ReplySound(pcm, rate_hz):
                assert len(pcm) % 2 == 0
                assert 8_000 <= rate_hz <= 192_000
                if self.protocol.plays:
                    self.sounds.append(action)
            case ReplyText(piece, whole):
                assert piece
                assert whole.endswith(piece)
                assert not any(unicodedata.category(each)[0] == "C" for each in piece)
            case Able():
                assert action.submit_text in (True, False)
            case _:
                repr(action).encode()


def test_whatever_a_server_sends() -> None:
    chance = random.Random(SEED)
    began_s = time.perf_counter()
    fuzzer = Fuzzer(chance)
    for number in range(INPUTS):
        if number % INPUTS_A_SESSION == 0:
            fuzzer = Fuzzer(chance)
        fuzzer.step()
    if INPUTS >= 1_000_000:
        print(f"{INPUTS} inputs in {time.perf_counter() - began_s:.0f} s", file=sys.stderr)


def test_the_inputs_reach_the_middle_of_conversations() -> None:
    """A fuzzer whose every session ends in a refusal would find nothing."""
    chance = random.Random(SEED)
    seen: set[str] = set()
    for _ in range(30):
        fuzzer = Fuzzer(chance)
        for _ in range(INPUTS_A_SESSION):
            try:
                seen |= {type(action).__name__ for action in fuzzer.input()}
            except UplinkError:
                seen.add("UplinkError")
    assert seen >= {
        "Ready", "Queued", "Able", "Heard", "Rejected", "Stopped", "Paused", "Resumed", "ReplyText",
        "ReplyTextComplete", "ReplySound", "ReplyOver", "Unanswered", "Nonsense", "Send",
        "UplinkError", "ServerError", "SpeechNoticed", "Recognised",
    }  # fmt: skip


@pytest.mark.parametrize("length", [2**20, 4 * 2**20, 5 * 2**20])
def test_huge_messages(length: int) -> None:
    protocol = XTalkProtocol()
    protocol.open(0.0)
    huge = "a" * length
    for message in (huge, json.dumps({"action": "update_resp", "data": {"text": huge}})):
        assert protocol.receive(message, 0.0) != []
    protocol.receive(huge.encode(), 0.0)
