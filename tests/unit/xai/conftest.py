from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fake_xai import KEY, FakeXAI, running
from xtalk_edge.net.border import BORDER, KINDS


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeXAI]:
    monkeypatch.setenv("XAI_API_KEY", KEY)
    BORDER.take()
    with running() as server:
        yield server
    BORDER.offline = False
    BORDER.allow(KINDS)
