"""A sound card made of files: one is heard by the microphone, one takes what is played."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.paced import PacedCard
from xtalk_edge.audio.sound_file import WavWriter, read_sound


class WavCard(PacedCard):
    """Plays a sound file to the appliance, then silence, and writes down what it answers.

    Sample i of the output leaves the loudspeaker when sample i of the input is at the microphone.

    Raises:
        DeviceError: the input cannot be read.
    """

    def __init__(
        self,
        input_path: Path,
        output_path: Path | None = None,
        *,
        rate_hz: int = 16000,
        block_ms: float = 10.0,
    ) -> None:
        super().__init__(input_path.name, rate_hz, block_ms, output_latency_s=0.0)
        self._output_path = output_path
        self._sound: NDArray[np.int16] = read_sound(input_path, self.rate_hz).samples
        self._writer: WavWriter | None = None

    def start(self, now_s: float) -> None:
        """Begin the output; raises DeviceError if it cannot be written."""
        if self.started_at_s is None and self._output_path is not None:
            self._writer = WavWriter(self._output_path, self.rate_hz)
            self._writer.write(np.zeros(self.latency_frames, np.int16))
        super().start(now_s)

    def ended(self) -> str | None:
        """Return "the file is over" once all of it was heard."""
        if self.started_at_s is not None and self.position >= len(self._sound):
            return "the file is over"
        return None

    def close(self) -> None:
        """Stop, and give the output its name; raises DeviceError if that fails."""
        self.core.close()
        if self._writer is not None:
            self._writer.close()

    def abort(self) -> None:
        """Stop, and leave no output."""
        self.core.close()
        if self._writer is not None:
            self._writer.abort()

    def _microphone(self, start: int) -> NDArray[np.int16]:
        heard = self._sound[start : start + self.block_frames]
        return np.pad(heard, (0, self.block_frames - len(heard)))

    def _loudspeaker(self, start: int, played: NDArray[np.int16]) -> None:
        if self._writer is not None:
            self._writer.write(played)

    def _lose_blocks(self, count: int) -> None:
        super()._lose_blocks(count)
        for _ in range(count):
            self._loudspeaker(0, np.zeros(self.block_frames, np.int16))
