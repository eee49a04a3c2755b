"""Rules by which a recogniser's text is written otherwise: "twenty five" as 25, or as you like it.

Finite-state transducers over the bytes of a text, as sherpa-onnx publishes them (itn_zh_number.fst)
and Pynini makes them: inverse text normalisation. The library takes files whose arcs lead nowhere
and crashes at the first text, so that a child of this process puts one through them before.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xtalk_edge.audio.format import RATE_HZ, pcm_to_samples
from xtalk_edge.audio.resample import convert
from xtalk_edge.config.files import data_path
from xtalk_edge.engines.asr.sherpa_kinds import inspect_model
from xtalk_edge.engines.preflight import preflight
from xtalk_edge.errors import ConfigError

_SEPARATOR = ","
_SENTENCE = "set a timer for five minutes"
_AROUND_BYTES = RATE_HZ * 2 // 2
"""Half a second of silence, in which the recogniser writes its last word."""


def rule_arguments(rules: Sequence[str], version: str) -> dict[str, str]:
    """Return what a recogniser's constructor is told of the rules; nothing without any.

    Args:
        rules: paths of the files, which are applied in this order.
        version: of sherpa-onnx; verdicts about files are kept by it.

    Raises:
        ConfigError: they are no list of paths, or one has a comma.
        ModelError: a file is missing, damaged, or lets no text through.
    """
    if isinstance(rules, str) or not all(isinstance(each, str) for each in rules):
        raise ConfigError(f"asr.rules: must be a list of paths in quotes, got {rules!r}")
    paths = [Path(each).expanduser() for each in rules]
    for number, path in enumerate(paths):
        if _SEPARATOR in str(path):
            raise ConfigError(f"asr.rules: {path} has a comma in its name; rename it")
        # Some read only what those before them write.
        before = paths[:number]
        told = {"before": [str(each) for each in before]} if before else {}
        check = f"{__name__}:check_rules"
        preflight(path, f"{version} rules", check, others=before, settings=told)
    return {"rule_fsts": _SEPARATOR.join(map(str, paths))} if paths else {}


def check_rules(path: str, before: Sequence[str] = ()) -> None:
    """Let the built-in model hear a sentence and write it by the rules: for `preflight`."""
    # Not at the top: it uses this file.
    from xtalk_edge.engines.asr.sherpa_streaming import STARTER, hear
    from xtalk_edge.engines.tts.espeak import EspeakTTS

    folder = data_path(STARTER)
    model = inspect_model(folder / "letters.onnx")
    recognizer = model.load(
        folder / "tokens.txt", 1, {"rule_fsts": _SEPARATOR.join([*before, path])}
    )
    voice = EspeakTTS()
    speech = convert(pcm_to_samples(voice.synthesize(_SENTENCE)), voice.sample_rate, RATE_HZ)
    stream = recognizer.create_stream()
    hear(recognizer, stream, bytes(_AROUND_BYTES) + speech.tobytes() + bytes(2 * _AROUND_BYTES))
    if not recognizer.get_result(stream):
        raise ValueError("no text comes out of these rules")
