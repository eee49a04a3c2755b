"""Trains the stop word's network on what was said over talking devices, and writes stop.npz.

    pip install torch ttspico pyopen-wakeword; apt install flite festival festvox-kallpc16k \\
        festvox-kdlpc16k
    python -m models.starter.stop.train --audio FOLDER   # less than two hours on one core

FOLDER holds recordings: `rir/` (impulse responses of rooms) and, listed in manifest.jsonl, people
who do not say "stop". What is heard in each room is kept in the cache; a second run begins there.
"""

from __future__ import annotations

import argparse
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - torch's own name for it

from models.starter.stop.heard import Heard, exam, training
from xtalk_edge.engines.stop_word.embedding import FRAMES

HERE = Path(__file__).parent
CACHE = Path.home() / ".cache" / "xtalk-edge" / "starter-stop"
SEED = 5
HIDDEN = (128, 64)
NETWORKS = 2
"""Learn side by side and answer together. Each alone is sure of some sound that is not the word;
they seldom agree on one."""

STEPS = 12_000
BATCH = 1024
RATE, DECAY = 2e-3, 1e-2
NOISE = 0.5
"""Added to the standardised embeddings: there are fewer voices than people."""

CLEAREST = 2
"""Of the four frames behind a word, so many must tell that it was spoken."""

THRESHOLD = 0.4
"""By `xtalk-edge bench stop` and `bench resume`: from here on "stop" is seldom missed, and
"uh-huh", coughs and noises are seldom taken for it."""


class Network(nn.Sequential):
    """Two hidden layers."""

    def __init__(self, inputs: int, hidden: tuple[int, int] = HIDDEN) -> None:
        sizes = (inputs, *hidden)
        layers: list[nn.Module] = []
        for before, after in pairwise(sizes):
            layers += [nn.Linear(before, after), nn.ReLU(), nn.Dropout(0.3)]
        super().__init__(*layers, nn.Linear(hidden[-1], 1))

    @property
    def linear(self) -> list[nn.Linear]:
        """The layers that hold weights."""
        return [layer for layer in self if isinstance(layer, nn.Linear)]


def train(heard: Heard, steps: int) -> tuple[Network, np.ndarray, np.ndarray]:
    """Return the network and what its inputs are standardised by: mean and scale."""
    inputs, words = heard.examples()
    mean, scale = inputs.mean(0), 1.0 / (inputs.std(0) + 1e-3)
    values = torch.tensor((inputs - mean) * scale, dtype=torch.float32)
    spoken = torch.tensor(words, dtype=torch.int64)
    networks = [_trained(values, spoken, steps, SEED + n) for n in range(NETWORKS)]
    return _together(networks), mean, scale


def _trained(values: torch.Tensor, words: torch.Tensor, steps: int, seed: int) -> Network:
    torch.manual_seed(seed)
    behind, no = torch.nonzero(words >= 0)[:, 0], torch.nonzero(words < 0)[:, 0]
    wanted = (words >= 0).float()
    yes = behind
    network = Network(values.shape[1])
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    hard = no
    for step in range(steps):
        if step and step % 500 == 0:
            hard = _hardest(network, values, no)
            yes = _clearest(network, values, behind, words[behind])
        rows = torch.cat((
            yes[torch.randint(len(yes), (BATCH // 4,))],
            no[torch.randint(len(no), (BATCH // 2,))],
            hard[torch.randint(len(hard), (BATCH // 4,))],
        ))  # fmt: skip
        noisy = values[rows] + NOISE * torch.randn(len(rows), values.shape[1])
        loss = F.binary_cross_entropy_with_logits(network(noisy)[:, 0], wanted[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 500 == 0:
            print(f"step {step}: loss {loss.item():.4f}")
    return network


@torch.no_grad()
def _together(networks: list[Network]) -> Network:
    """Return one network whose answer is the mean of theirs, before it becomes a probability."""
    several = len(networks)
    one = Network(networks[0].linear[0].in_features, (several * HIDDEN[0], several * HIDDEN[1]))
    first, second, last = zip(*(network.linear for network in networks), strict=True)
    joined = (
        (torch.cat([each.weight for each in first]), torch.cat([each.bias for each in first])),
        (torch.block_diag(*(each.weight for each in second)),
         torch.cat([each.bias for each in second])),
        (torch.cat([each.weight for each in last], 1) / several,
         torch.stack([each.bias for each in last]).mean(0)),
    )  # fmt: skip
    for layer, (weight, bias) in zip(one.linear, joined, strict=True):
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)
    return one.eval()


@torch.no_grad()
def _hardest(network: Network, values: torch.Tensor, no: torch.Tensor) -> torch.Tensor:
    """Return the hundredth of the negatives that sound most like the word."""
    network.eval()
    scores = torch.cat([network(values[part])[:, 0] for part in no.split(65_536)])
    network.train()
    return no[scores.topk(max(1, len(no) // 100)).indices]


@torch.no_grad()
def _clearest(
    network: Network, values: torch.Tensor, behind: torch.Tensor, words: torch.Tensor
) -> torch.Tensor:
    """Return the frames behind each word that sound most like it: a few are enough to spot it."""
    network.eval()
    order = torch.argsort(network(values[behind])[:, 0], descending=True)
    network.train()
    order = order[torch.argsort(words[order], stable=True)]
    _, counts = torch.unique_consecutive(words[order], return_counts=True)
    within = torch.cat([torch.arange(count) for count in counts.tolist()])
    return behind[order[within < CLEAREST]]


@torch.no_grad()
def scores(network: Network, mean: np.ndarray, scale: np.ndarray, heard: Heard) -> np.ndarray:
    """Return the probability at each frame of each stream; (streams, frames)."""
    windows = heard.windows()
    values = torch.tensor((windows - mean) * scale, dtype=torch.float32)
    found = torch.sigmoid(network(values.reshape(-1, values.shape[-1]))[:, 0]).numpy()
    return np.pad(found.reshape(len(windows), -1), ((0, 0), (FRAMES - 1, 0)))


def main() -> None:
    """Listen, train, examine and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--audio", type=Path, help="folder of recordings and rooms")
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--streams", type=int, default=400, help="minutes to learn from")
    parser.add_argument("--exam-streams", type=int, default=20, help="minutes of the exam")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--threshold", type=float, default=THRESHOLD)
    parser.add_argument("--output", type=Path, default=HERE / "stop.npz")
    args = parser.parse_args()
    # Two threads wait for each other more than they work.
    torch.set_num_threads(1)
    known = training(args.audio, args.cache, args.streams)
    network, mean, scale = train(known, args.steps)
    held_out = exam(args.audio, args.cache, args.exam_streams)
    found = scores(network, mean, scale, held_out)
    for threshold in (args.threshold, 0.5, 0.7, 0.9, 0.97):
        print(json.dumps({"threshold": threshold, **held_out.figures(found, threshold)}))
    np.savez_compressed(
        args.output,
        mean=mean.astype(np.float32),
        scale=scale.astype(np.float32),
        threshold=np.float32(args.threshold),
        **{f"weight{n}": each.weight.detach().numpy().T.astype(np.float16)
           for n, each in enumerate(network.linear)},
        **{f"bias{n}": each.bias.detach().numpy() for n, each in enumerate(network.linear)},
    )  # fmt: skip


if __name__ == "__main__":
    main()
