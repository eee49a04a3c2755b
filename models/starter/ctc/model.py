"""The network: causal convolutions over log mel energies, one letter or blank every 30 ms.

Nothing looks ahead: each block remembers its last inputs, which is all the state there is.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own name for it

LETTERS = " 'abcdefghijklmnopqrstuvwxyz"
BLANK = len(LETTERS)
"""Last, where NeMo's models have it."""
MELS = 80
SUBSAMPLING = 3
"""Frames of 10 ms a step: fast speech has 18 letters a second, of at most 33 steps."""

# Log energies of speech, samples from -1 to 1, lie around here; silence at -16.
CENTRE, SCALE = -11.0, 0.25


@dataclass(frozen=True, slots=True)
class Shape:
    """Size of the network."""

    width: int = 176
    hidden: int = 416
    blocks: int = 6
    kernel: int = 9
    """Steps a block sees: 6 blocks of 9 reach back 1.5 s."""


class Block(nn.Module):
    """One causal depthwise convolution, then a mix of the channels, added to the input."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.reach = shape.kernel - 1
        self.past = nn.Conv1d(shape.width, shape.width, shape.kernel, groups=shape.width)
        self.norm = nn.LayerNorm(shape.width)
        self.wide = nn.Linear(shape.width, shape.hidden)
        self.narrow = nn.Linear(shape.hidden, shape.width)

    def forward(self, x: Tensor, cache: Tensor) -> tuple[Tensor, Tensor]:
        """Take (batch, time, width) and (batch, width, reach); return both for the next time."""
        seen = torch.cat((cache, x.transpose(1, 2)), dim=2)
        y = self.norm(self.past(seen).transpose(1, 2))
        return x + self.narrow(F.relu(self.wide(y))), seen[:, :, -self.reach :]


class Speller(nn.Module):
    """Log probabilities of letters from features."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.enter = nn.Linear(MELS * SUBSAMPLING, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.blocks))
        self.norm = nn.LayerNorm(shape.width)
        self.leave = nn.Linear(shape.width, BLANK + 1)

    def caches(self, batch: int) -> Tensor:
        """Return the state before any sound (batch, blocks, width, kernel - 1)."""
        shape = self.shape
        return torch.zeros(batch, shape.blocks, shape.width, shape.kernel - 1)

    def forward(self, features: Tensor, caches: Tensor) -> tuple[Tensor, Tensor]:
        """Take (batch, frames, MELS); return (batch, steps, letters) and the next state."""
        batch, frames, _ = features.shape
        stacked = features.reshape(batch, frames // SUBSAMPLING, SUBSAMPLING * MELS)
        x = self.enter((stacked - CENTRE) * SCALE)
        after = []
        for index, block in enumerate(self.blocks):
            x, cache = block(x, caches[:, index])
            after.append(cache)
        return self.leave(self.norm(x)).log_softmax(dim=2), torch.stack(after, dim=1)

    def parameter_count(self) -> int:
        """Return the number of trained values."""
        return sum(p.numel() for p in self.parameters())


def spelled(best: list[int]) -> str:
    """Return the text of the likeliest symbol of each step."""
    changes = [now for now, before in zip(best, [BLANK, *best], strict=False) if now != before]
    return "".join(LETTERS[symbol] for symbol in changes if symbol != BLANK).strip()
