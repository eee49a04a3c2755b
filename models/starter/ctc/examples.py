"""What is trained on: features and texts, made once and kept in the cache folder."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import kaldi_native_fbank as knf
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.starter.ctc.model import LETTERS, MELS, SUBSAMPLING
from models.starter.ctc.speech import VOICES, Samples, utterances
from xtalk_edge.audio.format import RATE_HZ

PART_UTTERANCES = 1000
SILENCE = -15.94
"""What digital silence has in every band; shorter rows of a batch end in it."""
MASKS, MASKED_BANDS, MASKED_FRAMES = 2, 12, 10
"""Two stripes of up to 12 bands and two gaps of up to 100 ms, so that no single cue is enough."""

Features = NDArray[np.float32]


def features(samples: Samples) -> Features:
    """Return log mel energies (frames of 10 ms, MELS) as sherpa-onnx has them for NeMo's models.

    They are librosa's, not Kaldi's; `export.check_agreement` compares them.
    """
    options = knf.FbankOptions()
    options.frame_opts.samp_freq = RATE_HZ
    options.frame_opts.dither = 0.0
    options.frame_opts.snip_edges = False
    options.frame_opts.window_type = "hann"
    options.frame_opts.remove_dc_offset = False
    options.mel_opts.num_bins = MELS
    options.mel_opts.low_freq = 0.0
    options.mel_opts.is_librosa = True
    fbank = knf.OnlineFbank(options)
    fbank.accept_waveform(RATE_HZ, samples.astype(np.float32) / np.float32(32768))
    fbank.input_finished()
    return np.stack([fbank.get_frame(i) for i in range(fbank.num_frames_ready)])


class Examples:
    """Utterances of the training voices."""

    def __init__(self, cache: Path, count: int, seed: int) -> None:
        self._features: list[NDArray[np.float16]] = []
        self._texts: list[str] = []
        for part in range(count // PART_UTTERANCES):
            features_path, texts_path = cache / f"{part}.npz", cache / f"{part}.json"
            if not texts_path.exists():
                _write_part(features_path, texts_path, seed + part)
                print(f"spoken {(part + 1) * PART_UTTERANCES}/{count}", flush=True)
            with np.load(features_path) as kept:
                self._features += [kept[name] for name in sorted(kept.files)]
            self._texts += json.loads(texts_path.read_text(encoding="utf-8"))
        self._shortest_first = sorted(range(len(self._texts)), key=lambda i: len(self._features[i]))

    def batches(self, size: int, seed: int) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
        """Yield features, steps, letters and counts of letters, rows of like length, endlessly."""
        rng = Random(seed)
        order = self._shortest_first
        starts = list(range(0, len(order), size))
        while True:
            rng.shuffle(starts)
            for start in starts:
                yield self._batch(order[start : start + size], rng)

    def _batch(self, rows: list[int], rng: Random) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        longest = max(len(self._features[row]) for row in rows)
        frames = -(-longest // SUBSAMPLING) * SUBSAMPLING
        values = np.full((len(rows), frames, MELS), SILENCE, np.float32)
        for index, row in enumerate(rows):
            values[index, : len(self._features[row])] = self._features[row]
            _mask(values[index], rng)
        steps = torch.tensor([len(self._features[row]) // SUBSAMPLING for row in rows])
        letters = [[LETTERS.index(c) for c in self._texts[row]] for row in rows]
        counts = torch.tensor([len(row) for row in letters])
        flat = torch.tensor([letter for row in letters for letter in row])
        return torch.from_numpy(values), steps, flat, counts


def _mask(values: Features, rng: Random) -> None:
    """Hide some bands and some moments."""
    middle = float(values.mean())
    for _ in range(MASKS):
        band, frame = rng.randrange(MELS), rng.randrange(len(values))
        values[:, band : band + rng.randint(0, MASKED_BANDS)] = middle
        values[frame : frame + rng.randint(0, MASKED_FRAMES)] = middle


def _write_part(features_path: Path, texts_path: Path, seed: int) -> None:
    spoken = list(itertools.islice(utterances(seed, VOICES, held_out=False), PART_UTTERANCES))
    values = {f"{i:04}": features(each.samples).astype(np.float16) for i, each in enumerate(spoken)}
    np.savez(features_path, allow_pickle=False, **values)
    # Written last: its presence says that the part is whole.
    texts_path.write_text(json.dumps([each.text for each in spoken]), encoding="utf-8")
