"""The starter recogniser: PocketSphinx with a grammar of commands, and rejection of the rest.

Decoders hear the same audio in step: some know only the grammar, one a few thousand words of
everyday English. Their comparison (`rejection.py`) tells commands from other speech.
It refuses dictation. PocketSphinx holds the interpreter's lock: run it in its own process.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from xtalk_edge.config.files import data_path
from xtalk_edge.engines.asr.paired_search import PairedSearch
from xtalk_edge.engines.asr.pocketsphinx_lexicon import (
    Lexicon,
    grammar_words,
    read_lexicon,
    spelling,
)
from xtalk_edge.engines.asr.rejection import (
    LEAST_LIKENESS,
    Heard,
    Rejection,
    likeness,
    load_rejection,
    measure,
    measure_aided,
    text_of,
)
from xtalk_edge.engines.interfaces import ASR
from xtalk_edge.errors import EngineError, ModelError

_CHUNK_BYTES = 3200
"""100 ms: one decoder call then holds the interpreter's lock for about 10 ms."""

# Nobody says a command for 12 s; what is longer is rejected, which bounds time and memory.
_LONGEST_BYTES = 12 * 32000
# The shortest command, "stop", takes 250 ms; less is a click.
_SHORTEST_BYTES = 32 * 200

# Partial texts three times a second: reading both hearings costs a tenth of making them.
_CHUNKS_A_PARTIAL = 3

# Nats a frame by which the synthesiser's sounds fit better where one speaks: 0.7 to 4.5 of 33
# commands by espeak-ng, -0.8 to -0.2 of people's.
_AIDED_BY = 0.4
# From here on there is no doubt any more, and the others need not search on.
_SURELY_AIDED_BY, _SURELY_PERSON_BY = 1.5, -0.8

# Digital silence has no spectrum, and PocketSphinx's mean suffers from it; this is a tenth of a
# second of noise at -80 dBFS. Rejection was fitted with it: another moves likenesses a little.
_DITHER = "models/starter/dither.s16"

_PAUSE_LABELS = frozenset({"<s>", "</s>", "<sil>", "[NOISE]", "[SPEECH]"})
# PocketSphinx keeps scores of sounds divided by this, to fit 32 bits.
_SCORE_SCALE = 1024.0


class PocketSphinxASR(ASR):
    """Hears the commands of a JSGF grammar; anything else is "".

    Args:
        grammar: path of a JSGF grammar with one public rule; "" means the starter commands.
        rejection: path of a fitted rejection; "" means the one fitted for everyday commands.
        threshold: confidence from which a text counts, 0.0 to 1.0; None means the fitted one.
        words: pronunciations the dictionary lacks, ARPAbet: {"nabu": "N AA B UW"}.

    Raises:
        ModelError: a file is missing or damaged, or a word of the grammar has no pronunciation.
        EngineError: PocketSphinx is not installed.
    """

    def __init__(
        self,
        grammar: str = "",
        rejection: str = "",
        threshold: float | None = None,
        words: Mapping[str, str] | None = None,
    ) -> None:
        self._arguments = (grammar, rejection, threshold, words)
        try:
            import pocketsphinx
        except ImportError as exc:
            raise EngineError(
                "asr 'pocketsphinx' needs its library: pip install pocketsphinx"
            ) from exc
        path = Path(grammar) if grammar else data_path("models/starter/commands.jsgf")
        aided = data_path("models/starter/speaking_aids")
        fitted = Path(rejection) if rejection else data_path("models/starter/rejection.json")
        for name in ("means", "variances"):
            if not (aided / name).is_file():
                raise ModelError(f"{aided / name}: is missing; install again")
        self._rejection: Rejection = load_rejection(fitted)
        self._threshold = self._rejection.threshold if threshold is None else threshold
        model = Path(str(pocketsphinx.get_model_path())) / "en-us"
        try:
            rules = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as exc:
            raise ModelError(f"{path}: the grammar cannot be read ({exc})") from exc
        wanted = grammar_words(rules)
        if not wanted:
            raise ModelError(f"{path}: the grammar has no words")
        self._lexicon = read_lexicon(
            model / "cmudict-en-us.dict", wanted | set(self._rejection.vocabulary)
        )
        self._lexicon.add(words or {})
        missing = self._lexicon.missing(wanted)
        if missing:
            raise ModelError(
                f"{path}: no pronunciation is known for {', '.join(missing)}; "
                "spell differently or add it under `words`"
            )
        try:
            self._search = PairedSearch(pocketsphinx, model, aided, self._lexicon, path)
        except (ValueError, RuntimeError) as exc:
            raise ModelError(
                f"{path}: PocketSphinx cannot load this grammar; "
                "check it for syntax errors and for exactly one public rule"
            ) from exc
        self._dither = array("h", data_path(_DITHER).read_bytes())
        self._next_partial_bytes = 0
        self.thorough = False
        """Whether to search to the end with sounds that fit badly too; for fitting."""
        self.aided = False
        """Whether the last text was said by a synthesiser; for fitting."""
        self.best_text = ""
        """The text before rejection; for fitting."""
        self.reset()

    def recognize(self, audio: bytes) -> str:
        """Return the command of one whole utterance; "" when it was none."""
        self.reset()
        return self.recognize_stream(audio, is_final=True)

    def recognize_stream(
        self, audio: bytes, *, is_final: bool = False, chat_history: str | None = None
    ) -> str:
        """Take the next piece of any size; return the command so far, "" while it is unlikely."""
        if self._finished and audio:
            self.reset()
        if not self._finished:
            self._feed(audio)
            if is_final:
                self._end()
            elif self._search.searching and self._heard_bytes >= self._next_partial_bytes:
                self._next_partial_bytes = self._heard_bytes + _CHUNKS_A_PARTIAL * _CHUNK_BYTES
                self._judge()
        return self._text

    def confidence(self) -> float:
        """Return the chance that the last text was really said; below the threshold it is ""."""
        return self._confidence

    def semantic_tag(self) -> str:
        """Return "<incomplete>" when words had to be added to what was heard to make a command."""
        added = bool(self._text) and self._open_text != self.best_text
        return "<incomplete>" if added else "<complete>"

    def stream_chunk_bytes_hint(self) -> int:
        """Return 100 ms."""
        return _CHUNK_BYTES

    def reset(self) -> None:
        """Forget the utterance."""
        self._search.stop()
        self._finished = False
        self._too_long = False
        self._pending = b""
        self._heard_bytes: int = 0
        self._next_partial_bytes = 0
        self._text: str = ""
        self._confidence = 0.0
        self.aided = False
        self.best_text = ""
        self._open_text = ""

    def hearings(self) -> tuple[list[Heard], list[Heard], list[Heard]]:
        """Return the utterance as by a person, as by a synthesiser, and in everyday English."""
        search = self._search
        return self._heard(search.command), self._heard(search.aided), self._heard(search.language)

    def clone(self) -> PocketSphinxASR:
        """Return an independent recogniser; decoders cannot share their models."""
        return PocketSphinxASR(*self._arguments)

    def _feed(self, audio: bytes) -> None:
        self._pending += audio
        whole = len(self._pending) // _CHUNK_BYTES * _CHUNK_BYTES
        for start in range(0, whole, _CHUNK_BYTES):
            self._decode(self._pending[start : start + _CHUNK_BYTES])
        self._pending = self._pending[whole:]

    def _decode(self, chunk: bytes) -> None:
        if self._heard_bytes + len(chunk) > _LONGEST_BYTES:
            self._too_long = True
            return
        # Without numpy, which would make this process 7 MB larger for 3 ms less a second.
        pairs = zip(memoryview(chunk).cast("h"), self._dither, strict=False)
        data = array("h", [min(32767, max(-32768, a + b)) for a, b in pairs]).tobytes()
        self._heard_bytes += len(data)
        self._search.hear(data)

    def _end(self) -> None:
        rest = self._pending[: len(self._pending) // 2 * 2]
        if rest:
            self._decode(rest)
        self._pending = b""
        if self._heard_bytes:
            self._search.finish()
            self._judge()
            heard_by = self._search.aided if self.aided else self._search.command
            words = self._search.open_hearing(heard_by).split()
            self._open_text = " ".join(map(spelling, words))
        self._finished = True

    def _judge(self) -> None:
        self._text, self._confidence = "", 0.0
        if self._heard_bytes < _SHORTEST_BYTES or self._too_long:
            return
        command, aided, language = self.hearings()
        likenesses = likeness(command), likeness(aided)
        fits_better_by = likenesses[1] - likenesses[0]
        self.aided = fits_better_by > _AIDED_BY
        heard = aided if self.aided else command
        if not any(piece.word for piece in heard):
            return
        measures = measure_aided(heard) if self.aided else measure(heard, language)
        self._confidence = self._rejection.confidence(measures, aided=self.aided)
        self.best_text = text_of(heard)
        if self._confidence >= self._threshold:
            self._text = self.best_text
        # While one has heard no word there is nothing to compare.
        if min(likenesses) > LEAST_LIKENESS and not self.thorough:
            self._leave_the_worse(fits_better_by)

    def _leave_the_worse(self, fits_better_by: float) -> None:
        search = self._search
        if fits_better_by > _SURELY_AIDED_BY:
            search.leave(search.command, search.language)
        elif fits_better_by < _SURELY_PERSON_BY:
            search.leave(search.aided)

    def _heard(self, decoder: Any) -> list[Heard]:
        """Return a decoder's hearing so far; empty when it has none."""
        if decoder.hyp() is None:
            return []
        return heard_from(decoder.seg(), self._lexicon)


def heard_from(segments: Iterable[Any], lexicon: Lexicon) -> list[Heard]:
    """Return PocketSphinx's segments as `Heard`, without the grammar's empty steps."""
    return [
        Heard(
            "" if part.word in _PAUSE_LABELS else spelling(part.word),
            lexicon.phones(part.word),
            part.start_frame,
            part.end_frame,
            # An utterly impossible sound underflows to 0.0.
            math.log(max(part.ascore, 1e-300)) * _SCORE_SCALE,
        )
        for part in segments
        if part.word != "(NULL)" and part.end_frame >= part.start_frame
    ]
