"""Fields of the settings' dataclasses."""

from __future__ import annotations

from dataclasses import field
from typing import Any


def number(default: float | None, at_least: float, at_most: float) -> Any:
    """Return a field whose value must lie within limits; None: it may be left out."""
    return field(default=default, metadata={"at_least": at_least, "at_most": at_most})


def tables(item: type) -> Any:
    """Return a field that holds any number of tables, each one an `item`."""
    return field(default=(), metadata={"item": item})
