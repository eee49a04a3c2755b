"""Whole appliances take their time: each test of them counts as slow."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them, so that they need not say so themselves."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.slow)
