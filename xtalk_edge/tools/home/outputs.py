"""What can be switched on and off: the interface, and outputs that exist in memory only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol


class DeviceOutputs(Protocol):
    """The lamps, fans and sockets that the owner named."""

    def names(self) -> list[str]:
        """Return what can be switched, in the owner's words and order."""

    def is_on(self, name: str) -> bool:
        """Tell how a device was switched last."""

    async def switch(self, names: list[str], on: bool) -> None:
        """Switch devices, all of them named by `names`.

        Raises:
            EdgeError: one could not be reached.
        """


class MemoryOutputs:
    """Outputs that remember how they were switched, for trying out and for tests; off at first."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._on = dict.fromkeys(names, False)

    def names(self) -> list[str]:
        """Return what can be switched, in the owner's order."""
        return list(self._on)

    def is_on(self, name: str) -> bool:
        """Tell how a device was switched last."""
        return self._on[name]

    async def switch(self, names: list[str], on: bool) -> None:
        """Switch devices."""
        self._on.update(dict.fromkeys(names, on))


class WiredOutputs(MemoryOutputs):
    """Outputs some of which hang on a board; the others remember only.

    Args:
        names: of all, in the owner's order.
        wires: of those on the board, the number of the board's output.
        put: switches an output of the board; raises LinkError.
    """

    def __init__(
        self,
        names: Iterable[str],
        wires: Mapping[str, int],
        put: Callable[[int, bool], None],
    ) -> None:
        super().__init__(names)
        self._wires = wires
        self._put = put

    async def switch(self, names: list[str], on: bool) -> None:
        """Switch devices; raises LinkError at the first that cannot be reached."""
        for name in names:
            if name in self._wires:
                self._put(self._wires[name], on)
            await super().switch([name], on)

    def restore(self) -> None:
        """Switch a board that has just come as it was asked before; raises LinkError."""
        # The lowest first: what a smaller board lacks comes last.
        for name, output in sorted(self._wires.items(), key=lambda wire: wire[1]):
            self._put(output, self.is_on(name))
