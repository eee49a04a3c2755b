"""Takes out of a passage what answers a question (pure)."""

from __future__ import annotations

from xtalk_edge.documents.splitting import sentences
from xtalk_edge.tools.kept.word_search import word_stems


def excerpt(passage: str, question: str, most_chars: int) -> str:
    """Return the neighbouring sentences that share most words with the question, cut to fit."""
    parts = sentences(passage)
    if len(" ".join(parts)) <= most_chars:
        return " ".join(parts)
    wanted = word_stems(question)
    shared = [wanted & word_stems(each) for each in parts]
    best, most_shared = "", -1
    # It begins with what was asked for, and goes on as far as there is room.
    for start in [at for at, words in enumerate(shared) if words] or range(len(parts)):
        end = start + 1
        while end < len(parts) and len(" ".join(parts[start : end + 1])) <= most_chars:
            end += 1
        found = len(frozenset().union(*shared[start:end]))
        if found > most_shared:
            best, most_shared = " ".join(parts[start:end]), found
    if len(best) <= most_chars:
        return best
    return best[:most_chars].rsplit(" ", 1)[0].rstrip(",;:") + " ..."
