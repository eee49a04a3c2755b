"""Silero voice activity detection in plain C, with its model inside the package.

Slower than the same network through onnxruntime, but needs neither it nor a file. It always has
a child process: its package and llama-cpp-python bring different libraries under one name
(libggml.so.0), and whichever is imported second in a process fails.
"""

from __future__ import annotations

from xtalk_edge.engines.interfaces import VAD
from xtalk_edge.engines.isolated import IsolatedEngine
from xtalk_edge.engines.vad.frames import check_frame

_CHILD = "xtalk_edge.engines.vad.pysilero_child:PysileroInChild"

# A frame takes 1 ms; a machine that needs a second for it cannot hold a conversation.
_FRAME_TIMEOUT_S = 5.0


class PysileroVAD(VAD):
    """Silero 6.2 on 32 ms frames, about 1 ms each, in a child process.

    Raises:
        EngineError: its package is missing.
    """

    frame_samples = 512

    def __init__(self) -> None:
        self._child = IsolatedEngine("vad", _CHILD, {}, call_timeout_s=_FRAME_TIMEOUT_S)

    def probability(self, frame: bytes) -> float:
        """Return the chance of speech in the next 512 samples.

        Raises:
            EngineError: the frame has another size, or the child died.
        """
        check_frame(frame, self.frame_samples)
        return float(self._child.probability(frame))

    def reset(self) -> None:
        """Forget earlier frames."""
        self._child.reset()

    def close(self) -> None:
        """End the child."""
        self._child.close()
