"""The border as the owner knows it: what may leave, what has, and whether nothing is to."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from xtalk_edge.clock import wall_now
from xtalk_edge.config.schema import Config
from xtalk_edge.net.border import BORDER, Border
from xtalk_edge.store.database import Database
from xtalk_edge.store.egress import EgressTable
from xtalk_edge.store.switches import SwitchTable
from xtalk_edge.tools.device.egress import EgressLedger
from xtalk_edge.tools.device.offline import OfflineSwitch


@dataclass(frozen=True, slots=True)
class OwnersBorder:
    """What the owner can know and decide about what leaves the device."""

    border: Border
    ledger: EgressLedger
    offline: OfflineSwitch


@contextlib.contextmanager
def open_border(
    config: Config,
    border: Border = BORDER,
    clock: Callable[[], datetime.datetime] = wall_now,
) -> Iterator[OwnersBorder]:
    """Let pass what the settings and the owner's last word allow; write down the rest at the end.

    Afterwards the border is as it was before.

    Raises:
        EdgeError: the state folder cannot be read or written.
    """
    before = border.allowed, border.offline
    with contextlib.closing(Database(config.store.folder())) as database:
        ledger = EgressLedger(EgressTable(database), border, clock)
        border.allow(config.uplink.cloud_allowed)
        try:
            yield OwnersBorder(border, ledger, OfflineSwitch(SwitchTable(database), border))
        finally:
            border.allow(before[0])
            border.offline = before[1]
            ledger.write()
