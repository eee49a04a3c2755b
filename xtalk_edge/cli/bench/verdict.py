"""How a bench that judges its rows tells what came of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Protocol, TypeVar

import click


class Judged(Protocol):
    """A row that knows whether it is good enough; a dataclass."""

    @property
    def passed(self) -> bool:
        """Tell whether an owner may be content."""


R = TypeVar("R", bound=Judged)


def tell(found: Sequence[R], print_table: Callable[[Sequence[R]], None], *, as_json: bool) -> None:
    """Print the rows and the verdict; end the program with 1 unless every row passed."""
    passed = all(row.passed for row in found)
    if as_json:
        rows = [_as_dict(row) | {"passed": row.passed} for row in found]
        click.echo(json.dumps({"passed": passed, "rows": rows}))
    else:
        print_table(found)
        click.echo("PASS" if passed else "FAIL")
    if not passed:
        raise click.exceptions.Exit(1)


def _as_dict(row: Any) -> dict[str, Any]:
    return asdict(row)
