"""PocketSphinx decoders on the same audio: two know the grammar, one everyday English.

Of the two, one has its sounds from people and one from a speech synthesiser: people who speak
through a device have commands too, and to the former it mumbles.
"""

from __future__ import annotations

import tempfile
from collections import deque
from pathlib import Path
from typing import Any

from xtalk_edge.engines.asr.pocketsphinx_grammar import compact_grammar
from xtalk_edge.engines.asr.pocketsphinx_kept import english_of_words
from xtalk_edge.engines.asr.pocketsphinx_lexicon import Lexicon, grammar_words

# Cepstral mean of everyday speech: what is expected before anything is heard, and what keeps one
# utterance from colouring the next (PocketSphinx starts from "40,3,-1,0,...").
_USUAL_MEAN = (44.0, 0.0, -4.0, 6.0, -6.0, 0.0, -6.0, -8.0, -2.0, -3.0, 2.0, -3.0, 0.0)

# A voice, a room and a level move that mean, and a wrong one costs a command in thirteen. So
# the first second is only measured; the search begins with what was found, the usual mean
# counting as 1 s more: with 3 s, 2 of 56 commands fewer were heard right. Silence counts as
# much as speech here, so a long lead costs: 0.5 s of it 3 of those 56. Then it catches up at
# twice the pace of speech.
_MEASURED_BYTES = 1 * 32000
_USUAL_FRAMES = 100
_CATCH_UP_CHUNKS = 2

# PocketSphinx adds what it hears to a given mean as if that had come from 500 frames.
_GIVEN_FRAMES = 500
_FRAME_BYTES = 320
# What the decoder searches while it only measures: next to nothing.
_MEASURING = "measuring"
_ONE_WORD = "#JSGF V1.0; grammar g; public <g> = the;"

# PocketSphinx's own beams (1e-48, 7e-29) lose one synthetic command in seven; wider ones than
# these (1e-80, 1e-56) find no more and cost a fifth more. A language weight of 6.5 is for
# n-grams: with it rare numbers were never heard.
_COMMAND_SEARCH = {
    "beam": 1e-64,
    "pbeam": 1e-64,
    "wbeam": 1e-48,
    "maxhmmpf": -1,
    "lw": 4.0,
    # Pauses within a command are common; at 0.005 their sound is read as words instead.
    "silprob": 0.1,
}


class PairedSearch:
    """The decoders and what they have heard of one utterance.

    Args:
        pocketsphinx: the library.
        model: folder of its English model.
        aided: folder with the means and variances of a synthesiser's sounds.
        lexicon: every word that may be heard.
        grammar: path of a JSGF grammar.

    Raises:
        ValueError, RuntimeError: PocketSphinx refuses the grammar.
        ModelError: its language model is damaged.
    """

    def __init__(
        self, pocketsphinx: Any, model: Path, aided: Path, lexicon: Lexicon, grammar: Path
    ) -> None:
        with tempfile.TemporaryDirectory(prefix="xtalk-edge-") as folder:
            english = english_of_words(model / "en-us.lm.bin", lexicon.words(), Path(folder))
            common = {
                "hmm": str(model / "en-us"),
                "loglevel": "FATAL",
                # Lattice rescoring cuts grammar results short, and a second pass is late.
                "bestpath": False,
                "fwdflat": False,
            }
            words = grammar_words(grammar.read_text(encoding="utf-8"))
            listening = {
                **common,
                **_COMMAND_SEARCH,
                "dict": _written(lexicon.of(words), Path(folder) / "commands.dict"),
            }
            # What reads a grammar by itself crashes where this refuses.
            pocketsphinx.Decoder(**listening, jsgf=str(grammar))
            listening["fsg"] = str(
                compact_grammar(pocketsphinx, grammar, lexicon, Path(folder), _COMMAND_SEARCH["lw"])
            )
            self.command = pocketsphinx.Decoder(**listening)
            self.aided = pocketsphinx.Decoder(
                **listening, mean=str(aided / "means"), var=str(aided / "variances")
            )
            self.language = pocketsphinx.Decoder(
                **common, dict=_written(lexicon, Path(folder) / "english.dict"), lm=str(english)
            )
        self._grammar_search = self.command.current_search()
        self.command.add_jsgf_string(_MEASURING, _ONE_WORD)
        self._measuring = False
        self._active: tuple[Any, ...] = ()
        """The decoders that search."""
        self._waiting: deque[bytes] = deque()
        self._heard_bytes = 0
        self._open_hearings: dict[Any, Any] = {}

    @property
    def searching(self) -> bool:
        """Return whether there may be something to read; not in the first second."""
        return bool(self._active)

    def leave(self, *decoders: Any) -> None:
        """Search no further with some of the decoders; what they have heard stays."""
        for decoder in decoders:
            if decoder in self._active:
                decoder.end_utt()
        self._active = tuple(each for each in self._active if each not in decoders)

    def hear(self, chunk: bytes) -> None:
        """Take the next 100 ms or less."""
        self._heard_bytes += len(chunk)
        self._waiting.append(chunk)
        if self._active:
            self._search(_CATCH_UP_CHUNKS)
            return
        if not self._measuring:
            self.command.activate_search(_MEASURING)
            self.command.set_cmn(_mean_text(_USUAL_MEAN))
            self.command.start_utt()
            self._measuring = True
        self.command.process_raw(chunk, no_search=True)
        if self._heard_bytes >= _MEASURED_BYTES:
            self._begin()

    def finish(self) -> None:
        """Search what is left; the decoders then hold the final hearings."""
        if self._measuring:
            self._begin()
        self._search(len(self._waiting))
        self._open_hearings = {each: each.hyp() for each in self._active}
        self.stop()

    def open_hearing(self, decoder: Any) -> str:
        """Return what a decoder heard up to `finish` without having to complete a sentence."""
        heard = self._open_hearings.get(decoder)
        return heard.hypstr if heard is not None else ""

    def stop(self) -> None:
        """Forget what is left, ready for another utterance."""
        self._stop_measuring()
        self.leave(*self._active)
        self._waiting.clear()
        self._heard_bytes = 0

    def _begin(self) -> None:
        mean = _mean_after(self.command.get_cmn(True), self._heard_bytes // _FRAME_BYTES)
        self._stop_measuring()
        self._active = (self.command, self.aided, self.language)
        for decoder in self._active:
            decoder.set_cmn(_mean_text(mean))
            decoder.start_utt()

    def _stop_measuring(self) -> None:
        if self._measuring:
            self.command.end_utt()
            self.command.activate_search(self._grammar_search)
        self._measuring = False

    def _search(self, chunks: int) -> None:
        for _ in range(min(chunks, len(self._waiting))):
            chunk = self._waiting.popleft()
            for decoder in self._active:
                decoder.process_raw(chunk)


def _written(lexicon: Lexicon, dictionary: Path) -> str:
    dictionary.write_text(lexicon.text(), encoding="latin-1")
    return str(dictionary)


def _mean_after(found: str, frames: int) -> tuple[float, ...]:
    """Return the mean to expect after `frames` frames, from the one PocketSphinx found."""
    # Its own moves too slowly for one utterance: undo its weighing and apply ours.
    pull = (_GIVEN_FRAMES + frames) / (_USUAL_FRAMES + frames)
    return tuple(
        usual + (float(value) - usual) * pull
        for usual, value in zip(_USUAL_MEAN, found.split(","), strict=True)
    )


def _mean_text(mean: tuple[float, ...]) -> str:
    return ",".join(f"{value:.4f}" for value in mean)
