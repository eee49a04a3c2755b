"""The kinds of voice that sherpa-onnx runs, and what a voice's folder says about it.

The one place where a kind is added: what its network calls itself, and which files it comes with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xtalk_edge.engines.graphics import CPU
from xtalk_edge.engines.onnx_facts import model_facts
from xtalk_edge.engines.tokens_file import read_tokens
from xtalk_edge.errors import ModelError

_CURE = (
    "name the folder of a VITS, Matcha, Kokoro or Kitten voice for sherpa-onnx, or fetch it again"
)

_VOCODERS = ("vocos", "hifigan")
_LEAST_HZ, _MOST_HZ = 8_000, 48_000


@dataclass(frozen=True, slots=True)
class VoiceKind:
    """One family of voices."""

    name: str
    """In the network's metadata, and in the name of sherpa-onnx's settings for it."""
    settings: str
    """Class of those settings in sherpa_onnx."""
    network: str = "model"
    """What they call the network."""
    beside: Mapping[str, str] = field(default_factory=dict)
    """Which further files it needs: what the settings call each, and a pattern of its name."""


VOICE_KINDS = (
    VoiceKind("vits", "OfflineTtsVitsModelConfig"),
    VoiceKind("matcha", "OfflineTtsMatchaModelConfig", "acoustic_model", {"vocoder": "*.onnx"}),
    VoiceKind("kokoro", "OfflineTtsKokoroModelConfig", beside={"voices": "voices*.bin"}),
    VoiceKind("kitten", "OfflineTtsKittenModelConfig", beside={"voices": "voices*.bin"}),
)


@dataclass(frozen=True, slots=True)
class SherpaVoice:
    """The files of a voice and what it says about itself."""

    kind: VoiceKind
    network: Path
    beside: dict[str, Path]
    tokens: Path
    lexicons: tuple[Path, ...]
    rules: tuple[Path, ...]
    """Finite-state transducers that write out numbers and dates."""
    rate_hz: int
    espeak_voice: str
    """Whose phonemes it was taught; "" where it reads letters or words of a lexicon."""
    speakers: dict[str, int]

    @property
    def files(self) -> list[Path]:
        """All that the library reads, the network first."""
        return [self.network, *self.beside.values(), self.tokens, *self.lexicons, *self.rules]

    def load(self, threads: int, provider: str = CPU) -> Any:
        """Return a sherpa_onnx.OfflineTts.

        The files must have passed their preflight: sherpa-onnx ends the process over a bad one.
        """
        import sherpa_onnx

        files = {name: str(path) for name, path in self.beside.items()}
        files[self.kind.network] = str(self.network)
        if self.lexicons:
            files["lexicon"] = ",".join(map(str, self.lexicons))
        settings = getattr(sherpa_onnx, self.kind.settings)(tokens=str(self.tokens), **files)
        model = sherpa_onnx.OfflineTtsModelConfig(
            **{self.kind.name: settings}, num_threads=threads, provider=provider
        )
        rules = ",".join(map(str, self.rules))
        return sherpa_onnx.OfflineTts(sherpa_onnx.OfflineTtsConfig(model=model, rule_fsts=rules))


def inspect_voice(path: Path) -> SherpaVoice:
    """Return what kind of voice a folder holds, or the one around a network.

    Raises:
        ModelError: a file is missing or damaged, there are two voices, or none of a known kind.
    """
    folder = path if path.is_dir() else path.parent
    networks = [each for each in sorted(folder.glob("*.onnx")) if not _is_vocoder(each)]
    if not path.is_dir():
        networks = [path]
    elif len(networks) != 1:
        names = ", ".join(each.name for each in networks)
        what = f"more than one network ({names})" if networks else "no network"
        raise ModelError(f"{folder} holds {what}; {_CURE}")
    network, tokens = networks[0], folder / "tokens.txt"
    facts = model_facts(network, _CURE).metadata
    called = facts.get("model_type", "")
    kind = next((each for each in VOICE_KINDS if called.startswith(each.name)), None)
    if kind is None:
        raise ModelError(f"{network} is no voice that is known here; {_CURE}")
    read_tokens(tokens, _CURE)
    return SherpaVoice(
        kind=kind,
        network=network,
        beside={name: _beside(folder, name, glob) for name, glob in kind.beside.items()},
        tokens=tokens,
        lexicons=tuple(sorted(folder.glob("lexicon*.txt"))),
        rules=tuple(sorted(folder.glob("*.fst"))),
        rate_hz=_rate_hz(network, facts),
        espeak_voice=_espeak_voice(facts),
        speakers=_speakers(facts),
    )


def _is_vocoder(path: Path) -> bool:
    return any(name in path.name.lower() for name in _VOCODERS)


def _beside(folder: Path, name: str, pattern: str) -> Path:
    found = [
        each for each in sorted(folder.glob(pattern)) if name != "vocoder" or _is_vocoder(each)
    ]
    if len(found) != 1:
        what = f"more than one file for its {name}" if found else f"no file for its {name}"
        raise ModelError(f"{folder} holds {what}; {_CURE}")
    return found[0]


def _rate_hz(network: Path, facts: Mapping[str, str]) -> int:
    text = facts.get("sample_rate", "")
    rate_hz = int(text) if text.isdecimal() else 0
    if not _LEAST_HZ <= rate_hz <= _MOST_HZ:
        raise ModelError(f"{network} does not say its sample rate; {_CURE}")
    return rate_hz


def _espeak_voice(facts: Mapping[str, str]) -> str:
    return facts.get("voice") or "en-us" if facts.get("has_espeak") == "1" else ""


def _speakers(facts: Mapping[str, str]) -> dict[str, int]:
    """Return the speakers by name; by number where they have none."""
    names = [name.strip() for name in facts.get("speaker_names", "").split(",") if name.strip()]
    count = facts.get("n_speakers", "")
    if not names:
        names = [str(number) for number in range(int(count) if count.isdecimal() else 1)]
    return {name: number for number, name in enumerate(names)}
