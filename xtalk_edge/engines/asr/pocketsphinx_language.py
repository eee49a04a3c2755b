"""PocketSphinx's model of English, cut down to the words that may be heard: 27 MB become 11.

Word sequences with a word that is in no dictionary can never be heard; all others keep their
probability to the last bit. PocketSphinx itself cannot do it: it crashes when it writes a model of
three-word sequences.

The file, little-endian: a title, the order n, n counts; the quantisation (1) and its tables of
65,536 floats, log probability and back-off for each order from 2 to n - 1, probability for n; the
unigrams (log probability, back-off, where the longer ones begin), one more than there are words;
then for each order bit-packed entries, one more than there are: the word, 16 bits of
probability, and below order n 16 bits of back-off and where the longer ones begin; at last the
words, each ended by a zero. Sequences are filed by their last word first.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.errors import ModelError

_TITLE = b"Trie Language Model"
_ORDER = 3
_QUANTISED_16 = 1
_TABLES = 3 * 65536
"""Probability and back-off of pairs, probability of triples."""
_PAIR_VALUE_BITS, _TRIPLE_VALUE_BITS = 32, 16
_UNIGRAM = np.dtype([("probability", "<f4"), ("backoff", "<f4"), ("next", "<u4")])
_PACKED_AT_A_TIME = 65536

_SENTENCE = ("<s>", "</s>", "<UNK>")

_Numbers = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class _Trie:
    tables: bytes
    unigrams: NDArray[np.void]
    pairs: tuple[_Numbers, ...]
    """Word, values, where its triples begin; one more than there are."""
    triples: tuple[_Numbers, ...]
    """Word and value."""
    words: list[bytes]


def language_of_words(model: Path, words: Collection[str], written: Path) -> None:
    """Write PocketSphinx's binary language model of three-word sequences with these words only.

    Raises:
        ModelError: the model is unreadable, damaged, or of another form.
    """
    try:
        trie = _read(model.read_bytes())
    except OSError as exc:
        raise ModelError(f"{model}: cannot be read ({exc.strerror}); install it again") from exc
    except (ValueError, IndexError) as exc:
        raise ModelError(f"{model}: is no language model as expected ({exc})") from exc
    with written.open("wb") as file:
        _write(_restricted(trie, {word.encode() for word in (*words, *_SENTENCE)}), file)


def _read(data: bytes) -> _Trie:
    if not data.startswith(_TITLE) or data[len(_TITLE)] != _ORDER:
        raise ValueError("another title or order")
    at = len(_TITLE) + 1
    counts = np.frombuffer(data, "<u4", _ORDER, at).tolist()
    at += 4 * _ORDER
    if int(np.frombuffer(data, "<u4", 1, at)[0]) != _QUANTISED_16:
        raise ValueError("another quantisation")
    at += 4
    tables = data[at : at + 4 * _TABLES]
    at += len(tables)
    unigrams = np.frombuffer(data, _UNIGRAM, counts[0] + 1, at)
    at += unigrams.nbytes
    pair_bits, triple_bits = _widths(counts)
    pairs = _unpack(data[at:], counts[1] + 1, pair_bits)
    at += _packed_bytes(counts[1], pair_bits)
    triples = _unpack(data[at:], counts[2] + 1, triple_bits)
    at += _packed_bytes(counts[2], triple_bits)
    size = int(np.frombuffer(data, "<u4", 1, at)[0])
    words = data[at + 4 : at + 4 + size].split(b"\0")[:-1]
    if len(words) != counts[0]:
        raise ValueError("it ends too early")
    # The counts include sequences that were dropped when the model was made.
    pairs = tuple(column[: int(unigrams["next"][-1]) + 1] for column in pairs)
    triples = tuple(column[: int(pairs[-1][-1]) + 1] for column in triples)
    return _Trie(tables, unigrams, pairs, triples, words)


def _widths(counts: list[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return how many bits each number of a pair and of a triple has."""
    word = counts[0].bit_length()
    return (word, _PAIR_VALUE_BITS, counts[2].bit_length()), (word, _TRIPLE_VALUE_BITS)


def _packed_bytes(count: int, widths: tuple[int, ...]) -> int:
    # Eight more than needed, so that the last number can be read as a whole machine word.
    return ((1 + count) * sum(widths) + 7) // 8 + 8


def _restricted(trie: _Trie, wanted: set[bytes]) -> _Trie:
    """Return what is left without all but the wanted words."""
    kept = np.array([word in wanted for word in trie.words])
    number = np.cumsum(kept) - kept
    unigrams = trie.unigrams
    pair_word, pair_values, pair_next = trie.pairs
    triple_word, triple_values = trie.triples
    last_of_pair = _parents(unigrams["next"])
    keep_pair = kept[pair_word[:-1]] & kept[last_of_pair]
    pair_of_triple = _parents(pair_next)
    keep_triple = kept[triple_word[:-1]] & keep_pair[pair_of_triple]
    pairs_before = _count_before(keep_pair)
    triples_before = _count_before(keep_triple)

    some = np.append(kept, True)
    fewer = unigrams[some].copy()
    fewer["next"] = pairs_before[unigrams["next"][some]]
    pair = np.append(keep_pair, True)
    triple = np.append(keep_triple, True)
    return _Trie(
        tables=trie.tables,
        unigrams=fewer,
        pairs=(_renumbered(number, pair_word[pair]), pair_values[pair],
               triples_before[pair_next[pair]]),
        triples=(_renumbered(number, triple_word[triple]), triple_values[triple]),
        words=[word for word, keep in zip(trie.words, kept, strict=True) if keep],
    )  # fmt: skip


def _parents(begins: NDArray[np.unsignedinteger]) -> NDArray[np.intp]:
    """Return of each longer sequence which shorter one it belongs to."""
    borders = begins.astype(np.int64)
    return np.repeat(np.arange(len(borders) - 1), borders[1:] - borders[:-1])


def _count_before(keep: NDArray[np.bool_]) -> _Numbers:
    """Return how many are kept before each, and in all."""
    return np.concatenate(([0], np.cumsum(keep))).astype(np.uint64)


def _renumbered(number: NDArray[np.int64], words: _Numbers) -> _Numbers:
    found = number[words].astype(np.uint64)
    found[-1] = 0
    return found


def _unpack(data: bytes, count: int, widths: tuple[int, ...]) -> tuple[_Numbers, ...]:
    """Return the bit-packed numbers, one array for each width; none is wider than 57 bits."""
    needed = (count * sum(widths) + 7) // 8 + 8
    if len(data) < needed:
        raise ValueError("it ends too early")
    # A machine word from every byte on.
    machine_words = np.ndarray(needed - 8, "<u8", data, strides=(1,))
    begins = np.arange(count, dtype=np.uint64) * np.uint64(sum(widths))
    found = []
    for width in widths:
        shifted = machine_words[begins >> np.uint64(3)] >> (begins & np.uint64(7))
        found.append(shifted & np.uint64((1 << width) - 1))
        begins += np.uint64(width)
    return tuple(found)


def _pack(numbers: tuple[_Numbers, ...], widths: tuple[int, ...]) -> bytes:
    """Return numbers bit-packed, the inverse of `_unpack`."""
    packed = []
    # A multiple of eight entries fills whole bytes.
    for start in range(0, len(numbers[0]), _PACKED_AT_A_TIME):
        columns = [
            (column[start : start + _PACKED_AT_A_TIME, None] >> np.arange(width, dtype=np.uint64))
            & np.uint64(1)
            for column, width in zip(numbers, widths, strict=True)
        ]
        bits = np.concatenate(columns, axis=1).astype(np.uint8)
        packed.append(np.packbits(bits, bitorder="little").tobytes())
    return b"".join(packed).ljust(_packed_bytes(len(numbers[0]) - 1, widths), b"\0")


def _write(trie: _Trie, file: BinaryIO) -> None:
    counts = [len(trie.words), len(trie.pairs[0]) - 1, len(trie.triples[0]) - 1]
    pair_bits, triple_bits = _widths(counts)
    names = b"".join(word + b"\0" for word in trie.words)
    file.write(_TITLE + bytes([_ORDER]))
    file.write(np.array([*counts, _QUANTISED_16], "<u4").tobytes())
    file.write(trie.tables)
    file.write(trie.unigrams.tobytes())
    file.write(_pack(trie.pairs, pair_bits))
    file.write(_pack(trie.triples, triple_bits))
    file.write(np.array([len(names)], "<u4").tobytes())
    file.write(names)
