"""Feeds rubbish to both decoders, this one and the firmware's, and compares every verdict.

python -m firmware_bridge.fuzz
python -m firmware_bridge.fuzz --bytes 100000 --frames 10000 --seed 7
"""

from __future__ import annotations

import argparse
import contextlib
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from firmware_bridge.errors import BridgeError
from firmware_bridge.faults import damaged
from firmware_bridge.host_build import build
from firmware_bridge.messages import (
    ACKNOWLEDGED,
    Ack,
    Action,
    Alive,
    Beat,
    Button,
    Greet,
    Hello,
    Knob,
    Light,
    Message,
    MessageError,
    Mute,
    SetLevel,
    SetLight,
    SetOutput,
    decode,
    encode,
)
from firmware_bridge.wire import FrameReader, Verdict, frame

POOL = 4096
"""Good messages that are mutated, all kinds among them."""

LONGEST_CHUNK = 8192
"""What is fed at a time is between one byte and this."""

MARK = 0xFFFFFFFF
"""Session of the untouched frames."""

_FEW_VALUES = bytes(value % 7 for value in range(256))
"""Turns random bytes into such that make short frames with many zero bytes."""


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    fed_bytes: int = 0
    frames: int = 0
    """Mutated ones; each is followed by an untouched one."""
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    not_resynchronised: int = 0
    """Untouched frames that were not read although only the one before them was damaged."""
    differences: int = 0
    """Verdicts on which the two decoders differ, and messages that they write differently."""
    firmware_failed: str = ""
    """What the sanitisers said."""
    python_s: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether all is well."""
        return not (self.differences or self.not_resynchronised or self.firmware_failed)


class PythonSide:
    """The host's decoder, writing down what became of each frame as `board_host verdicts` does."""

    def __init__(self) -> None:
        self._reader = FrameReader()
        self.verdicts: Counter[Verdict] = Counter()

    def feed(self, data: bytes) -> tuple[bytes, list[Message]]:
        """Take bytes; return the record of what ended in them, and the messages."""
        record = bytearray()
        messages = []
        for body in self._reader.feed(data):
            try:
                message, sequence = decode(body)
            except MessageError as error:
                record.append(error.verdict)
                self.verdicts[error.verdict] += 1
            else:
                again = encode(message, sequence)
                record += bytes((Verdict.GOOD, len(again))) + again
                messages.append(message)
                self.verdicts[Verdict.GOOD] += 1
        return bytes(record), messages


def random_bytes(count: int, seed: int) -> Iterator[bytes]:
    """Yield random bytes in chunks; every other chunk has few values, and makes short frames."""
    chance = random.Random(seed)
    few = False
    while count:
        chunk = chance.randbytes(min(count, chance.randint(1, LONGEST_CHUNK)))
        yield chunk.translate(_FEW_VALUES) if few else chunk
        count -= len(chunk)
        few = not few


def random_message(chance: random.Random) -> tuple[Message, int]:
    """Return any message with any fields, and a sequence number that it may have."""
    byte, word = chance.randrange(256), chance.randrange(1 << 32)
    name = "".join(chr(chance.randint(0x20, 0x7E)) for _ in range(chance.randint(1, 24)))
    version = (byte, chance.randrange(256), chance.randrange(256))
    message: Message = chance.choice(
        (
            Hello(word, version, byte % 9, byte % 5, byte, name),
            Beat(word, chance.randrange(1 << 32), word % 65536, bool(byte & 1), byte, byte * 7),
            Button(byte % 8, Action(byte % 5 + 1), word % 65536),
            Mute(bool(byte & 1)),
            Knob(byte % 101),
            Greet(word | 1),
            Alive(word),
            SetLight(Light(byte % 7)),
            SetLevel(byte),
            SetOutput(byte % 8, bool(word & 1)),
            Ack(byte % 255 + 1),
        )
    )
    return message, byte % 255 + 1 if isinstance(message, ACKNOWLEDGED) else 0


def mutated(body: bytes, chance: random.Random) -> bytes:
    """Return a frame with one thing wrong with it; sometimes with nothing wrong."""
    whole = frame(body)
    match chance.randrange(8):
        case 0:
            return whole
        case 1:
            # A wrong field behind a right CRC.
            return frame(damaged(body, chance))
        case 2:
            return frame(body + chance.randbytes(chance.randint(1, 64 - len(body))))
        case 3:
            return frame(body[: chance.randint(2, len(body))])
        case 4:
            return whole[: chance.randint(1, len(whole))]
        case 5:
            at = chance.randrange(len(whole))
            return whole[:at] + chance.randbytes(chance.randint(1, 80)) + whole[at:]
        case 6:
            at = chance.randrange(len(whole))
            return whole[:at] + whole[at + chance.randint(1, 4) :]
    return damaged(whole, chance)


def mutated_frames(count: int, seed: int) -> Iterator[bytes]:
    """Yield mutated frames, each with an untouched one behind it that carries its number."""
    chance = random.Random(seed)
    bodies = [encode(*random_message(chance)) for _ in range(POOL)]
    for number in range(count):
        yield mutated(chance.choice(bodies), chance) + marker(number)


def marker(number: int) -> bytes:
    """Return the untouched frame with that number."""
    return frame(encode(Beat(MARK, number, 0, False, 0, 0)))


def compare(stream: Iterator[bytes], firmware: Path, outcome: Outcome, frames: int = 0) -> None:
    """Feed a stream to both decoders and add up what came of it.

    Args:
        stream: of any chunks; the two sides get it cut differently.
        firmware: the compiled `board_host`.
        outcome: is added to.
        frames: how many untouched frames are in it.
    """
    side = PythonSide()
    next_marker = 0
    with tempfile.TemporaryFile() as theirs, tempfile.TemporaryFile() as ours:
        child = subprocess.Popen(
            [str(firmware), "verdicts"],
            stdin=subprocess.PIPE,
            stdout=theirs,
            stderr=subprocess.PIPE,
        )
        assert child.stdin is not None
        # One whose sanitiser has spoken reads no more; it is asked below why.
        with contextlib.suppress(BrokenPipeError):
            for chunk in stream:
                child.stdin.write(chunk)
                outcome.fed_bytes += len(chunk)
                began_s = time.perf_counter()
                record, messages = side.feed(chunk)
                outcome.python_s += time.perf_counter() - began_s
                ours.write(record)
                next_marker = _follow(next_marker, messages)
        complaint = child.communicate()[1].decode("utf-8", "replace")
        if child.returncode != 0:
            outcome.firmware_failed = complaint or f"it ended with {child.returncode}"
        outcome.differences += _differences(ours, theirs)
    outcome.verdicts += side.verdicts
    outcome.frames += frames
    outcome.not_resynchronised += frames - next_marker


def _follow(next_marker: int, messages: list[Message]) -> int:
    """Return the number of the next untouched frame, once these were read."""
    for message in messages:
        if isinstance(message, Beat) and message.session == MARK:
            next_marker += message.uptime_ms == next_marker
    return next_marker


def _differences(ours: BinaryIO, theirs: BinaryIO) -> int:
    """Return how many bytes of the two records differ."""
    ours.seek(0)
    theirs.seek(0)
    count = 0
    while True:
        one, other = ours.read(1 << 16), theirs.read(1 << 16)
        if not (one or other):
            return count
        if one != other:
            count += abs(len(one) - len(other))
            count += sum(a != b for a, b in zip(one, other, strict=False))


def fuzz(firmware: Path, n_bytes: int, n_frames: int, seed: int) -> Outcome:
    """Feed both decoders so many random bytes and mutated frames."""
    outcome = Outcome()
    compare(random_bytes(n_bytes, seed), firmware, outcome)
    compare(mutated_frames(n_frames, seed + 1), firmware, outcome, n_frames)
    return outcome


def report(outcome: Outcome) -> str:
    """Return what came of it, for people."""
    lines = [
        f"{outcome.fed_bytes:,} bytes, {outcome.frames:,} mutated frames among them",
        *(f"  {verdict.name.lower():15} {count:>11,}" for verdict, count in
          sorted(outcome.verdicts.items())),
        f"verdicts that differ between Python and C: {outcome.differences}",
        f"next frame not read: {outcome.not_resynchronised} of {outcome.frames:,}",
        f"sanitisers: {outcome.firmware_failed or 'silent'}",
        f"Python decoder: {outcome.fed_bytes / max(outcome.python_s, 1e-9) / 1e6:.1f} MB/s",
    ]  # fmt: skip
    return "\n".join(lines)


def main() -> int:
    """Run from the command line; return the exit code."""
    options = argparse.ArgumentParser(
        prog="python -m firmware_bridge.fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--bytes", type=int, default=10_000_000, help="random bytes")
    options.add_argument("--frames", type=int, default=1_000_000, help="mutated frames")
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="bridge-fuzz-") as folder:
            outcome = fuzz(build(Path(folder)), given.bytes, given.frames, given.seed)
    except BridgeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(report(outcome) + "\n")
    return 0 if outcome.passed else 1


if __name__ == "__main__":
    sys.exit(main())
