"""The device is killed at random moments, again and again, and nothing it has said was untrue.

40 kills belong to every run of the tests. For a thousand:

    XTALK_EDGE_KILLS=1000 python -m pytest tests/e2e/test_power_loss.py -s

A kill ends the process, not the disk: what the disk itself forgets when the plug is pulled is left
to SQLite's `synchronous=FULL` and to the disk's honesty about it.
"""

import datetime
import multiprocessing
import os
import random
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests import power_loss_child
from xtalk_edge.store.database import Database

KILLS = int(os.environ.get("XTALK_EDGE_KILLS", "40"))

LONGEST_LIFE_S = 0.3
"""Long enough for a dozen requests, and every other kill falls within the first few."""

STARTED_AT = datetime.datetime(2026, 5, 4, 16, 10, tzinfo=datetime.UTC)

HOUR = datetime.timedelta(hours=1)

NUMBERS_A_LIFE = 10_000
"""No two lives call anything by the same name."""


@dataclass
class Ledger:
    """What the device has acknowledged, and whether it is kept."""

    things: dict[str, Any] = field(default_factory=dict)
    """Name to what must be on disk: "running", [hour, minute], "kept"; None if gone."""
    unsure: set[str] = field(default_factory=set)
    """Names of which either may be true, since the kill came in the middle."""
    rung: Counter[tuple[str, int]] = field(default_factory=Counter)
    """Occurrences, each with how often its alarm had been changed, and how often it was rung."""
    changes: Counter[str] = field(default_factory=Counter)
    told: set[str] = field(default_factory=set)
    """Names of what was rung, told to have been missed, or called off."""
    ringing: dict[str, bool] = field(default_factory=dict)
    repeating: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    wall: datetime.datetime = STARTED_AT
    trying: dict[str, Any] | None = None

    def read(self, record):
        self.counts[record["what"]] += 1
        self.wall = datetime.datetime.fromisoformat(record["wall"])
        getattr(self, f"_{record['what']}")(record)

    def _born(self, _record):
        """Whatever was under way is unsure now."""
        if self.trying is not None:
            self.unsure |= self._touched(self.trying)
            self.trying = None

    def _start(self, record):
        assert record["integrity"] == "ok"
        self.compare(record["state"])

    def _end(self, record):
        self.compare(record["state"])

    def compare(self, state):
        on_disk = {}
        on_disk.update(dict.fromkeys(state["notes"] + state["items"], "kept"))
        on_disk.update(state["alarms"])
        on_disk.update(dict.fromkeys(state["running"], "running"))
        on_disk.update({f"snoozed {name}": "running" for name in state["snoozed"]})
        # Of what was asked in the middle of a kill, only the disk knows it.
        self.repeating |= set(state["repeating"])
        cut_off = {*state["cut_off"], *state["alarms_cut_off"]}
        for name in self.unsure:
            self.things[name] = on_disk.get(name)
            if name not in on_disk:
                self.told.add(name)
            if name in cut_off:
                self.ringing[name] = True
        for name in {*self.things, *on_disk}:
            expected, found = self.things.get(name), on_disk.get(name)
            if expected != found:
                # What rings is marked before it sounds, and the kill may have come between.
                began = name in cut_off or name.startswith("snoozed ")
                assert found is None, f"{name}: is {found}, not {expected}"
                assert began, f"{name}: {expected} was acknowledged, and is lost"
                self.things[name] = None
        lost = {name for name, surely in self.ringing.items() if surely} - cut_off - self.unsure
        assert not lost, f"{lost} were ringing, and nobody would be told"
        self.ringing = dict.fromkeys(cut_off, True)
        self.unsure = set()

    def _ring(self, record):
        for occurrence, title in record["rings"]:
            self.rung[occurrence, self.changes[title]] += 1
            self._sounded(title)

    def _missed(self, record):
        for _, title in record["rings"]:
            self._sounded(title)

    def _sounded(self, title):
        name = title.split()[0]
        self.told.add(name)
        if name.startswith("t"):
            self.things[name] = None
            self.ringing[name] = True
        elif self.things.get(f"snoozed {name}"):
            # Either the alarm or its snooze: the next look at the disk tells.
            self.unsure |= {name, f"snoozed {name}"}
        else:
            self.ringing[name] = True
            if name not in self.repeating:
                self.things[name] = None

    def _finishing(self, record):
        for _, title in record["rings"]:
            self.ringing[title.split()[0]] = False

    def _finished(self, record):
        for _, title in record["rings"]:
            self.ringing.pop(title.split()[0], None)

    def _try(self, record):
        self.trying = record
        if record["tool"] == "change_alarm":
            # It may ring at its new time although it has rung at its old one that day.
            self.changes[f"{record['about']} alarm"] += 1

    def _touched(self, record):
        """Return the names of everything a request may change."""
        about = record["about"].split()[0] if record["about"] else ""
        if record["tool"] == "clear_all":
            letter = power_loss_child.KINDS[record["arguments"]["what"]]
            return {each for each in self.things if each.removeprefix("snoozed ")[0] == letter}
        if record["tool"] == "delete_note":
            return set(self._kept("n")[-1:])
        return {about, f"snoozed {about}"} if about else set()

    def _kept(self, letter):
        kept = [name for name, what in self.things.items() if what and name[0] == letter]
        return sorted(kept, key=lambda name: int(name[1:]))

    def _done(self, record):
        self.trying = None
        if record["ok"]:
            self.counts["acknowledged"] += 1
            getattr(self, f"_after_{record['tool']}")(record, record["about"])

    def _after_set_timer(self, _record, name):
        self.things[name] = "running"

    def _after_change_timer(self, _record, name):
        assert self.things[name] == "running"

    def _after_cancel_timer(self, _record, name):
        self.things[name] = None
        self.told.add(name)
        self.ringing.pop(name, None)

    def _after_set_alarm(self, record, name):
        said = record["arguments"]
        self.things[name] = [said["hour"] % 12 + 12 * (said["period"] == "pm"), said["minute"]]
        if "repeat" in said:
            self.repeating.add(name)

    def _after_change_alarm(self, record, name):
        self._after_set_alarm(record, name)
        # It starts afresh; whoever changes an alarm that rings has heard it.
        self.ringing.pop(name, None)

    def _after_cancel_alarm(self, record, name):
        if record["sentence"].endswith("is off."):
            # The ring was silenced, or the snooze; the alarm itself stays as it was.
            self.unsure |= {name, f"snoozed {name}"}
        else:
            self.things[name] = None
            self.told.add(name)
        self.ringing.pop(name, None)

    def _after_snooze(self, _record, title):
        name = title.split()[0]
        self.things[f"snoozed {name}" if name.startswith("a") else name] = "running"
        self.ringing.pop(name, None)

    def _after_add_note(self, _record, name):
        self.things[name] = "kept"

    _after_add_item = _after_add_note

    def _after_delete_note(self, _record, _name):
        self.things[self._kept("n")[-1]] = None

    def _after_remove_item(self, _record, name):
        self.things[name] = None

    def _after_clear_all(self, record, _name):
        for name in self._touched(record):
            self.told.add(name)
            self.things[name] = None

    def check_the_end(self):
        """After everything had time to ring: all of it did once, or was told to be missed."""
        assert max(self.rung.values()) == 1, "an occurrence rang twice"
        still = {name for name, what in self.things.items() if what} - self.repeating
        due = {name: self.things[name] for name in still if name[0] in "ta"}
        assert not due, f"timers or alarms never rang: {due}"
        silent = {name for name in self.things if re.match(r"[ta]\d", name)} - self.told
        unset = silent - self.repeating
        assert not unset, f"{unset} neither rang nor were they told to be missed"


def one_life(context, arguments, ledger, length_s):
    """Start the device, and kill it after `length_s`; let it end by itself when None."""
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(
        target=power_loss_child.live, args=(arguments[0], theirs, *arguments[1:])
    )
    process.start()
    theirs.close()
    ends_s = None if length_s is None else time.monotonic() + length_s
    records = []
    try:
        while True:
            left_s = None if ends_s is None else max(0.0, ends_s - time.monotonic())
            if not ours.poll(left_s):
                process.kill()
                ends_s = None
                continue
            record = ours.recv()
            if record["what"] == "born" and length_s is not None:
                ends_s = time.monotonic() + length_s
            records.append(record)
    except (EOFError, OSError):
        process.join()
    ours.close()
    for record in records:
        ledger.read(record)
    return process.exitcode


@pytest.mark.timeout(max(120, KILLS))
def test_what_was_acknowledged_survives_every_kill(tmp_path):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.power_loss_child"])
    luck = random.Random(KILLS)
    ledger = Ledger()
    farthest = ledger.wall
    # The first start makes the tables; an interrupted one is tested by those after it.
    for life in range(KILLS):
        farthest = max(farthest, ledger.wall)
        off_s = luck.choice([0, 10, 300, 3600, -3600])
        began = max(ledger.wall + datetime.timedelta(seconds=off_s), farthest - HOUR)
        arguments = (tmp_path, life, life * NUMBERS_A_LIFE, began)
        exitcode = one_life(context, arguments, ledger, luck.uniform(0, LONGEST_LIFE_S))
        assert exitcode == -9, f"life {life} ended by itself"
    last = (tmp_path, KILLS, KILLS * NUMBERS_A_LIFE, ledger.wall, 20)
    assert one_life(context, last, ledger, None) == 0
    ledger.check_the_end()
    store = Database(tmp_path)
    assert store.rows("PRAGMA integrity_check") == [("ok",)]
    store.close()
    counts = ledger.counts
    print(
        f"\n{KILLS} kills, {counts['start']} starts, {counts['acknowledged']} acknowledged,"
        f" {sum(ledger.rung.values())} rings, {counts['missed']} reports of missed ones"
    )
