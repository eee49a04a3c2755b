"""Trains the speller from nothing and writes letters.onnx and tokens.txt.

python -m models.starter.ctc.train --help   says what each choice costs.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - torch's own name for it

from models.starter.ctc import export
from models.starter.ctc.examples import Examples
from models.starter.ctc.model import BLANK, Shape, Speller

CACHE = Path.home() / ".cache" / "xtalk-edge" / "starter-ctc"
HERE = Path(__file__).parent
SAVE_EVERY_STEPS = 100
WARM_UP_STEPS = 200
MATRIX_RATE, VECTOR_RATE = 4e-3, 2e-3
"""Peak rates: of Muon, which moves the blocks' matrices, and of AdamW, which moves the rest."""


def share_of_peak(step: int, steps: int) -> float:
    """Return how much of the peak rate a step gets: a short rise, then half a cosine to none."""
    rise = (step + 1) / WARM_UP_STEPS
    return min(1.0, rise) * (0.5 + 0.5 * math.cos(math.pi * step / steps))


class Optimizers:
    """Muon and AdamW with one common share of their peak rates."""

    def __init__(self, model: Speller) -> None:
        matrices = [p for p in model.blocks.parameters() if p.ndim == 2]
        taken = {id(p) for p in matrices}
        others = [p for p in model.parameters() if id(p) not in taken]
        self._peaks = (MATRIX_RATE, VECTOR_RATE)
        self._each: tuple[torch.optim.Optimizer, ...] = (
            torch.optim.Muon(
                matrices, lr=MATRIX_RATE, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"
            ),
            torch.optim.AdamW(others, lr=VECTOR_RATE, weight_decay=0.0, betas=(0.9, 0.98)),
        )

    def step(self, share: float) -> None:
        """Move the network by its gradients at a share of the peak rates, and clear them."""
        for optimizer, peak in zip(self._each, self._peaks, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = share * peak
            optimizer.step()
            optimizer.zero_grad()

    def state(self) -> list[dict[str, object]]:
        """Return what `restore` needs."""
        return [optimizer.state_dict() for optimizer in self._each]

    def restore(self, states: list[dict[str, object]]) -> None:
        """Go on from a saved state."""
        for optimizer, state in zip(self._each, states, strict=True):
            optimizer.load_state_dict(state)


def train(options: argparse.Namespace) -> Speller:
    """Return the trained network; continues from the cache's checkpoint if there is one."""
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    examples = Examples(options.cache, options.utterances, options.seed * 1000)
    model = Speller(Shape())
    optimizers = Optimizers(model)
    saved, first = options.cache / "checkpoint.pt", 0
    if saved.exists():
        state = torch.load(saved, weights_only=True)
        model.load_state_dict(state["model"])
        optimizers.restore(state["optimizers"])
        first = state["step"]
        print(f"resuming at step {first}", flush=True)
    print(f"{model.parameter_count():,} parameters, {options.steps} steps", flush=True)
    batches = examples.batches(options.batch, options.seed + first)
    began_at_s, smooth = time.monotonic(), 0.0
    for step in range(first, options.steps):
        features, steps, letters, counts = next(batches)
        with torch.autocast("cpu", torch.bfloat16):
            scores, _ = model(features, model.caches(len(features)))
        loss = F.ctc_loss(
            scores.float().transpose(0, 1), letters, steps, counts, BLANK, zero_infinity=True
        )
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizers.step(share_of_peak(step, options.steps))
        smooth = loss.item() if step == first else 0.98 * smooth + 0.02 * loss.item()
        if (step + 1) % 50 == 0:
            left_s = (time.monotonic() - began_at_s) / (step + 1 - first)
            left_s *= options.steps - step - 1
            print(
                f"step {step + 1}/{options.steps}  loss {smooth:.4f}  {left_s / 60:.1f} min left",
                flush=True,
            )
        if (step + 1) % SAVE_EVERY_STEPS == 0:
            partial = saved.with_suffix(".partial")
            torch.save({"model": model.state_dict(), "optimizers": optimizers.state(),
                        "step": step + 1}, partial)  # fmt: skip
            partial.replace(saved)
    return model.eval()


def parse_options() -> argparse.Namespace:
    """Return the command line's choices."""
    parser = argparse.ArgumentParser(
        description="Train the streaming speller on espeak-ng and write letters.onnx.",
        epilog="Stop it at any time: the same command goes on from the last checkpoint. "
        "Delete the cache folder to begin again.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--steps", type=int, default=6500, help="more is better, up to a point")
    parser.add_argument("--batch", type=int, default=32, help="utterances a step")
    parser.add_argument("--utterances", type=int, default=10000, help="spoken once, then kept")
    parser.add_argument("--threads", type=int, default=2, help="processor cores to use")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same sentences")
    parser.add_argument("--cache", type=Path, default=CACHE, help="speech and checkpoint")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to")
    return parser.parse_args()


def main() -> None:
    """Train, export, and hold what sherpa-onnx spells against what the trained network does."""
    options = parse_options()
    options.cache.mkdir(parents=True, exist_ok=True)
    model = train(options)
    path = export.write(options.out, model)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB", flush=True)
    export.check_agreement(options.out, model)
    print("next: python -m models.starter.ctc.evaluate")


if __name__ == "__main__":
    main()
