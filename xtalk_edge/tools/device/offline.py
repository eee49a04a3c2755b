"""The owner's word that nothing is to leave the device: it holds until it is taken back."""

from __future__ import annotations

from xtalk_edge.net.border import Border
from xtalk_edge.store.switches import SwitchTable

NAME = "offline"
"""Of the switch in the database."""


class OfflineSwitch:
    """Closes the border and opens it, now and after the next start.

    Args:
        table: where it is written.
        border: what it closes; at once, if that was the owner's last word.
    """

    def __init__(self, table: SwitchTable, border: Border) -> None:
        self._table = table
        self._border = border
        self._written = table.is_on(NAME)
        """As it stood when it was last read or written here."""
        border.offline = self._written

    @property
    def is_on(self) -> bool:
        """Whether nothing leaves."""
        return self._border.offline

    def turn_on(self) -> None:
        """Let nothing leave.

        Raises:
            EdgeError: it counts until the next start only, since it could not be written down.
        """
        self._border.offline = True
        self._table.set(NAME, True)
        self._written = True

    def turn_off(self) -> None:
        """Let things leave again.

        Raises:
            EdgeError: it could not be written down, and nothing has changed.
        """
        self._table.set(NAME, False)
        self._written = False
        self._border.offline = False

    def look(self) -> None:
        """Do what another process has written there since. Raises EdgeError."""
        written = self._table.is_on(NAME)
        if written is not self._written:
            self._written = written
            self._border.offline = written
