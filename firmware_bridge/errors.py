"""What can be wrong with a board."""

from __future__ import annotations


class BridgeError(Exception):
    """Something is wrong with the board or the way to it; one sentence the owner can act on."""


class BoardLostError(BridgeError):
    """The board was there and is gone, or says nothing any more."""


class BoardVersionError(BridgeError):
    """The board speaks another version of the protocol."""


class PortError(BridgeError):
    """There is no port to open, or it cannot be opened."""
