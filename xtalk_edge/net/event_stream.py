"""Server-sent events: from bytes as they come to what each event carries (pure)."""

from __future__ import annotations

import re

from xtalk_edge.errors import UplinkError

LONGEST_EVENT_BYTES = 1 << 20
"""A token takes some hundred bytes, a whole answer with a call some thousand."""

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class EventStream:
    """Cuts a stream into events, however it was cut on its way.

    Only what stands behind "data:" is kept, the lines of one event joined; comments, by which
    servers keep a connection open, give nothing.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._scanned = 0
        """Up to where there is no line end in the buffer."""
        self._data: list[bytes] = []
        self._size = 0
        """Of the event so far."""
        self._after_return = False
        """Whether the last line ended with a carriage return: a line feed then belongs to it."""
        self._at_start = True

    @property
    def is_new(self) -> bool:
        """Whether nothing has come yet."""
        return self._at_start and not self._buffer

    def feed(self, piece: bytes) -> list[str]:
        """Return the data of the events that these bytes complete.

        Raises:
            UplinkError: an event does not end.
        """
        self._buffer += piece
        events: list[str] = []
        while (line := self._line()) is not None:
            if line:
                self._take(line)
            elif self._data:
                events.append(self._event())
        if self._size + len(self._buffer) > LONGEST_EVENT_BYTES:
            raise UplinkError("the server sends an event that does not end; check the address")
        return events

    def end(self) -> list[str]:
        """Return the last event of a server that forgot the empty line behind it."""
        line, self._buffer = bytes(self._buffer), bytearray()
        if line:
            self._take(line)
        return [self._event()] if self._data else []

    def _line(self) -> bytes | None:
        """Take the next whole line out of the buffer; None where there is none."""
        if self._after_return and self._buffer:
            self._after_return = False
            if self._buffer.startswith(b"\n"):
                del self._buffer[:1]
        found = _LINE_END.search(self._buffer, self._scanned)
        if found is None:
            self._scanned = len(self._buffer)
            return None
        line = bytes(self._buffer[: found.start()])
        self._after_return = found.group() == b"\r" and found.end() == len(self._buffer)
        del self._buffer[: found.end()]
        self._scanned = 0
        return line

    def _take(self, line: bytes) -> None:
        if self._at_start:
            line = line.removeprefix(_BYTE_ORDER_MARK)
            self._at_start = False
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
            self._size += len(value) + 1

    def _event(self) -> str:
        data, self._data, self._size = b"\n".join(self._data), [], 0
        return data.decode("utf-8", "replace")
