import asyncio
import datetime
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.tool_parts import make_context
from xtalk_edge.clock import run_virtual
from xtalk_edge.engines.interfaces import ToolCall
from xtalk_edge.store.database import Database
from xtalk_edge.tools.device.device_facts import DeviceFacts
from xtalk_edge.tools.device.network_facts import addresses, connection
from xtalk_edge.tools.device.system import long_words, system_status
from xtalk_edge.tools.registry import ToolBox

FIB_TRIE = """Main:
  +-- 0.0.0.0/0 3 0 5
     +-- 127.0.0.0/8 2 0 2
           |-- 127.0.0.1
              /32 host LOCAL
     +-- 172.17.0.0/16 2 0 2
           |-- 172.17.0.1
              /32 host LOCAL
     +-- 192.168.0.0/16 2 0 2
           |-- 192.168.7.12
              /32 host LOCAL
           |-- 192.168.1.0
              /24 link UNICAST
           |-- 192.168.1.20
              /32 host LOCAL
           |-- 192.168.1.255
              /32 link BROADCAST
     +-- 169.254.0.0/16 2 0 2
           |-- 169.254.9.9
              /32 host LOCAL
"""
HEAD = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
WAY_OUT = "wlan0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
ROUTES = (
    "wlan0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    "eth0\t0007A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    "usb0\t00000000\t0101A8C0\t0002\t0\t0\t0\t00000000\t0\t0\t0\n"
    "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
    "short\n"
)
STAT = "77 (xtalk edge) x) S 1 " + "0 " * 17 + "120000 0 0"


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def board(tmp_path):
    """A board whose kernel says nothing yet."""
    return DeviceFacts(tmp_path / "state", tmp_path)


def ask(tmp_path, facts, what):
    async def go():
        store = Database(tmp_path / "store")
        context = make_context(store)
        context.facts = facts
        box = ToolBox((system_status,), context)
        result = await box.run(ToolCall("system_status", {"what": what}))
        await box.aclose()
        store.close()
        return result.content

    return run_virtual(go(), datetime.datetime(2026, 5, 4, tzinfo=datetime.UTC))


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("address", "I have no address, because I'm on no network."),
        ("temperature", "I can't tell, because this device has no thermometer."),
        ("memory", "Sorry, this device doesn't tell me that."),
        ("uptime", "Sorry, this device doesn't tell me that."),
        ("network", "No, I'm offline, and I work all the same."),
        ("cloud", "Nothing. Everything stays on this device."),
        ("mood", "Sorry, the what must be address or temperature or disk or memory or uptime or"
                 " network or cloud."),
    ],
)  # fmt: skip
def test_what_is_not_known_is_admitted(tmp_path, board, what, sentence):
    assert ask(tmp_path, board, what) == sentence


def test_the_way_out_comes_first(tmp_path, board):
    write(board.proc / "net/fib_trie", FIB_TRIE)
    write(board.proc / "net/route", HEAD + WAY_OUT + ROUTES)
    assert board.addresses() == ["192.168.1.20", "192.168.7.12"]
    assert ask(tmp_path, board, "address") == (
        "My addresses are 192 dot 168 dot 1 dot 20 and 192 dot 168 dot 7 dot 12."
    )


def test_an_address_is_told_without_routes(tmp_path, board):
    write(board.proc / "net/fib_trie", "|-- 10.0.0.5\n   /32 host LOCAL\n")
    assert ask(tmp_path, board, "address") == "My address is 10 dot 0 dot 0 dot 5."
    assert ask(tmp_path, board, "network") == (
        "I'm on a network that leads nowhere else. I work without one."
    )


def test_online_needs_a_route_and_a_live_link(tmp_path, board):
    write(board.proc / "net/route", HEAD + WAY_OUT)
    assert board.connection() is None
    write(board.sys / "class/net/wlan0/carrier", "0\n")
    assert board.connection() is None
    write(board.sys / "class/net/wlan0/carrier", "1\n")
    assert ask(tmp_path, board, "network").startswith("Yes, I'm on your network by cable.")
    (board.sys / "class/net/wlan0/wireless").mkdir()
    assert ask(tmp_path, board, "network").startswith("Yes, I'm on your network by Wi-Fi.")


def test_a_way_out_may_be_ipv6_only(board):
    zeros = "0" * 32
    rows = [
        f"{zeros} 00 {zeros} 00 {zeros} 00000400 1 0 00200200       lo",
        f"{zeros} 40 {zeros} 00 {zeros} 00000400 1 0 00200200     eth1",
        f"{zeros} 00 {zeros} 00 {zeros} 00000400 1 0 00000003     eth0",
        "short",
    ]
    write(board.proc / "net/ipv6_route", "\n".join(rows))
    for name in ("lo", "eth0", "eth1"):
        write(board.sys / f"class/net/{name}/carrier", "1\n")
    found = board.connection()
    assert found is not None
    assert (found.interface, found.wireless) == ("eth0", False)


@pytest.mark.parametrize(
    ("zones", "sentence"),
    [
        ({"cpu-thermal": "52300"}, "I'm fine, at 52 degrees Celsius."),
        ({"CPU-therm": "81000", "GPU-therm": "90000"}, "I'm hot, at 81 degrees Celsius."),
        ({"PMIC-Die": "100000", "AO-therm": "40400", "iwl": "35000"},
         "I'm fine, at 40 degrees Celsius."),
        ({"cpu-thermal": "-256000", "soc": "broken", "board": "30000"},
         "I'm fine, at 30 degrees Celsius."),
        ({"cpu-thermal": ""}, "I can't tell, because this device has no thermometer."),
    ],
)  # fmt: skip
def test_temperature(tmp_path, board, zones, sentence):
    for number, (kind, value) in enumerate(zones.items()):
        zone = board.sys / f"class/thermal/thermal_zone{number}"
        write(zone / "type", f"{kind}\n")
        write(zone / "temp", f"{value}\n")
    (board.sys / "class/thermal/thermal_zone99").mkdir()
    assert ask(tmp_path, board, "temperature") == sentence


def test_the_disk_is_the_one_of_the_state_folder_even_before_there_is_one(tmp_path, board):
    free, total = board.disk()
    assert 0 < free <= total
    assert ask(tmp_path, board, "disk").endswith(" are free on my disk.")


def test_memory_and_uptime(tmp_path, board):
    write(board.proc / "meminfo", "MemTotal:  8388608 kB\nMemAvailable:  2202009 kB\n")
    write(board.proc / "self/status", "Name:\tx\nVmRSS:\t  215040 kB\n")
    assert ask(tmp_path, board, "memory") == (
        "2.1 gigabytes of 8 gigabytes of memory are free. I use 205 megabytes myself."
    )
    write(board.proc / "uptime", "90000.50 1.0\n")
    write(board.proc / "self/stat", STAT)
    assert ask(tmp_path, board, "uptime") == (
        "I've been running for one day, and the device for one day and one hour."
    )
    write(board.proc / "self/stat", STAT.replace("120000", "4500"))
    assert ask(tmp_path, board, "uptime") == "I've been running for one day."
    write(board.proc / "self/status", "Name:\tx\n")
    assert ask(tmp_path, board, "memory") == "Sorry, this device doesn't tell me that."


def test_this_machine_answers_everything_in_real_time(tmp_path):
    async def go():
        store = Database(tmp_path)
        context = make_context(store)
        context.facts = DeviceFacts(tmp_path)
        box = ToolBox((system_status,), context)
        kinds = system_status.properties["what"]["enum"]
        results = [await box.run(ToolCall("system_status", {"what": kind})) for kind in kinds]
        await box.aclose()
        store.close()
        return results

    assert all(result.ok for result in asyncio.run(go()))
    assert system_status.in_words({"what": "uptime"}) == "tell you my uptime"
    assert system_status.in_words({"what": "cloud"}) == "tell you what I sent away"


@pytest.mark.slow
def test_a_dead_disk_is_given_up_and_then_named(tmp_path, board):
    released = threading.Event()

    class DeadDisk(DeviceFacts):
        def disk(self):
            released.wait(30)
            return 1, 2

    async def go():
        store = Database(tmp_path)
        context = make_context(store)
        context.facts = DeadDisk()
        box = ToolBox((system_status,), context)
        call = ToolCall("system_status", {"what": "disk"})
        sentences = [(await box.run(call)).content for _ in range(2)]
        await box.aclose()
        store.close()
        released.set()
        return sentences

    assert asyncio.run(go()) == [
        "Sorry, that took too long.",
        "I can't tell: the disk doesn't answer.",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "one minute"),
        (3600, "one hour"),
        (7500, "two hours and five minutes"),
        (4 * 86400 + 7500, "four days and two hours"),
    ],
)
def test_long_times_are_told_roughly(seconds, words):
    assert long_words(seconds) == words


@settings(max_examples=40)
@given(text=st.text(st.sampled_from("|- 0123456789./\nhostLOCAL"), max_size=60) | st.text())
@pytest.mark.slow
def test_no_file_breaks_the_readers(tmp_path_factory, text):
    root = tmp_path_factory.mktemp("root")
    for name in ("net/fib_trie", "net/route", "net/ipv6_route"):
        write(root / name, HEAD + text.replace("\r", ""))
    for reader in (lambda: addresses(root), lambda: connection(root, root)):
        try:
            reader()
        except ValueError:
            continue
