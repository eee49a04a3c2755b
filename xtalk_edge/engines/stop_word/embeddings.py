"""Speech as a row of numbers each 80 ms: the speech embedding that pyopen-wakeword brings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pyopen_wakeword import OpenWakeWordFeatures

from xtalk_edge.audio.format import Samples

FRAME_SAMPLES = 1280
"""80 ms; the library takes no less."""

EMBEDDING_SIZE = 96


class Embeddings:
    """A stream of sound as a stream of embeddings, each of the last 775 ms."""

    def __init__(self) -> None:
        self._features = OpenWakeWordFeatures.from_builtin()
        self.reset()

    def of(self, frame: Samples) -> NDArray[np.float32] | None:
        """Take the next frame; return its embedding, None while too little was heard."""
        # The library drops what it has used only when its iterator is read to the end.
        rows = [each.reshape(EMBEDDING_SIZE) for each in
                self._features.process_streaming(frame.tobytes())]  # fmt: skip
        return rows[-1] if rows else None

    def reset(self) -> None:
        """Forget earlier sound."""
        self._features.reset()
        # It begins with eight seconds of silence of its own, which cost a tenth of a second.
        self._features.new_audio_samples = 0
