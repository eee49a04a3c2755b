"""A service manager is told how the device is."""

import contextlib
import os
import socket
import threading

import pytest

from xtalk_edge.service.notify import ServiceManager, watchdog_s


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    address = str(tmp_path / "notify") if request.param == "path" else f"@{tmp_path}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
        wire.bind(address.replace("@", "\0"))
        wire.setblocking(False)
        yield address, wire


def test_it_is_told_in_its_own_words(manager, monkeypatch):
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    address, wire = manager
    told = ServiceManager(address)
    told.ready()
    told.status("Waits for\nthe wake phrase.")
    told.alive()
    told.extend(12.5)
    told.stopping()
    assert [wire.recv(100) for _ in range(5)] == [
        b"READY=1",
        b"STATUS=Waits for the wake phrase.",
        b"WATCHDOG=1",
        b"EXTEND_TIMEOUT_USEC=12500000",
        b"STOPPING=1",
    ]


def test_a_reload_says_when_it_began(manager):
    address, wire = manager
    ServiceManager(address).reloading()
    first, second = wire.recv(100).decode().splitlines()
    assert first == "RELOADING=1"
    assert int(second.removeprefix("MONOTONIC_USEC=")) > 0


def test_a_manager_that_is_gone_or_full_disturbs_nobody(manager):
    address, wire = manager
    for _ in range(10_000):
        ServiceManager(address).alive()
    wire.close()
    ServiceManager(address).alive()


def test_what_is_said_once_waits_for_room(manager):
    address, wire = manager
    told = ServiceManager(address)
    for _ in range(10_000):
        told.alive()
    ready = threading.Thread(target=told.ready)
    ready.start()
    said: list[bytes] = []
    while ready.is_alive() or said[-1] != b"READY=1":
        with contextlib.suppress(BlockingIOError):
            said.append(wire.recv(100))
    assert set(said) == {b"WATCHDOG=1", b"READY=1"}


def test_without_a_manager_nothing_is_told(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    ServiceManager().ready()


def test_it_takes_the_manager_of_its_surroundings(manager, monkeypatch):
    address, wire = manager
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    ServiceManager().ready()
    assert wire.recv(100) == b"READY=1"


@pytest.mark.parametrize(
    ("surroundings", "period_s"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "2000000"}, 2.0),
        ({"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": str(os.getpid())}, 2.0),
        ({"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
    ],
)
def test_the_watchdog_is_whose_it_says(surroundings, period_s, monkeypatch):
    for name in ("WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    assert watchdog_s() == period_s


def test_what_loads_is_not_watched_until_it_is_ready(manager, monkeypatch):
    address, wire = manager
    monkeypatch.setenv("WATCHDOG_USEC", "20000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    told = ServiceManager(address)
    told.ready()
    told.extend(180)
    told.ready()
    told.ready()
    assert [wire.recv(100) for _ in range(4)] == [
        b"READY=1",
        b"EXTEND_TIMEOUT_USEC=180000000\nWATCHDOG_USEC=180000000",
        b"READY=1\nWATCHDOG_USEC=20000000",
        b"READY=1",
    ]


def test_the_watchdogs_patience_is_never_made_shorter(manager, monkeypatch):
    address, wire = manager
    monkeypatch.setenv("WATCHDOG_USEC", "20000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    ServiceManager(address).extend(1)
    assert wire.recv(100) == b"EXTEND_TIMEOUT_USEC=1000000\nWATCHDOG_USEC=20000000"
