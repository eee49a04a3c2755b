import ipaddress
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from xtalk_edge.errors import ConfigError
from xtalk_edge.net.address import HIGHEST_PORT, LONGEST_CHARS, Address, address_of
from xtalk_edge.net.host_names import is_this_machine, normal_host

WS = ("ws", "wss")
ALL = ("ws", "wss", "http", "https")


def of(url, schemes=WS, **how):
    return address_of("uplink.url", url, schemes, **how)


@pytest.mark.parametrize(
    ("url", "host", "port", "normal"),
    [
        ("wss://example.org/ws", "example.org", 443, "wss://example.org/ws"),
        ("wss://example.org:8443/ws?a=b", "example.org", 8443, "wss://example.org:8443/ws?a=b"),
        ("WSS://Example.ORG./Ws", "example.org", 443, "wss://example.org/Ws"),
        ("wss://example.org:", "example.org", 443, "wss://example.org"),
        ("wss://example.org:65535", "example.org", 65535, "wss://example.org:65535"),
        ("wss://xn--bcher-kva.example", "xn--bcher-kva.example", 443,
         "wss://xn--bcher-kva.example"),
        ("wss://my_box-2.lan", "my_box-2.lan", 443, "wss://my_box-2.lan"),
        ("wss://[2001:DB8::1]:9000/ws", "2001:db8::1", 9000, "wss://[2001:db8::1]:9000/ws"),
        ("wss://[fe80::1%eth0]/ws", "fe80::1%eth0", 443, "wss://[fe80::1%eth0]/ws"),
        ("wss://[fe80::1%25Wlan0]/ws", "fe80::1%Wlan0", 443, "wss://[fe80::1%Wlan0]/ws"),
        ("ws://127.0.0.1", "127.0.0.1", 80, "ws://127.0.0.1"),
        ("ws://localhost.:8000", "localhost", 8000, "ws://localhost:8000"),
        ("ws://[::1]", "::1", 80, "ws://[::1]"),
    ],
)  # fmt: skip
def test_an_address_is_read_as_every_library_reads_it(url, host, port, normal):
    found = of(url)
    assert (found.host, found.port, found.url) == (host, port, normal)
    assert found.is_encrypted is url.lower().startswith("wss")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "begins with wss:// or ws://"),
        ("example.org", "begins with wss:// or ws://"),
        ("https://example.org", "begins with wss:// or ws://"),
        ("wss://", "begins with"),
        ("wss:///ws", "begins with"),
        ("wss:example.org", "begins with"),
        ("wss://:443/ws", "begins with"),
        ("wss://example.org:0", "ports go from 1 to 65535"),
        ("wss://example.org:65536", "ports go from 1 to 65535"),
        ("wss://example.org:-1", "a host, a colon and a number"),
        ("wss://example.org:80:90", "a host, a colon and a number"),
        ("wss://example.org:٤٤٣", "a host, a colon and a number"),
        ("wss://[::1]x:9", "a host, a colon and a number"),
        ("wss://[::1", "Invalid IPv6"),
        ("wss://[example.org]", "is no address"),
        ("wss://[v1.x]/", "a host, a colon and a number"),
        ("wss://[::g]", "is no address"),
        ("wss://[fe80::1%e/th]", "is no address"),
        ("wss://[fe80::1%]", "is no address"),
        ("wss://::1/ws", "a host, a colon and a number"),
        (" wss://example.org", "one word"),
        ("wss://example.org\n", "one word"),
        ("wss://exam\tple.org", "one word"),
        ("wss://example.org/a b", "one word"),
        ("wss://example.org\u2028", "one word"),
        ("wss://example.org\\@evil.example", "one word"),
        ("wss://example.org/\x00", "one word"),
        ("wss://" + "a" * LONGEST_CHARS, "one word"),
        ("wss://bücher.example", "xn--"),
        ("wss://１２７.0.0.1", "xn--"),
        ("wss://example。org", "xn--"),
        ("wss://exa%6dple.org", "no machine can be called so"),
        ("wss://a..b", "no machine can be called so"),
        ("wss://-a.example", "no machine can be called so"),
        ("wss://" + "a" * 64, "no machine can be called so"),
        ("wss://" + ".".join(["a" * 60] * 5), "no machine can be called so"),
        ("ws://127.1", "four parts"),
        ("ws://2130706433", "four parts"),
        ("ws://0x7f000001", "four parts"),
        ("ws://0177.0.0.1", "four parts"),
        ("ws://127.0.0.256", "four parts"),
        ("ws://example.0x7f", "four parts"),
        ("wss://0.0.0.0", "no single machine"),
        ("wss://224.0.0.1", "no single machine"),
        ("wss://[::]", "no single machine"),
        ("wss://[::ffff:0.0.0.0]", "no single machine"),
        ("wss://example.org/#part", "behind #"),
        ("wss://example.org#", "behind #"),
    ],
)  # fmt: skip
def test_what_is_no_address_is_told_with_the_reason(url, why):
    with pytest.raises(ConfigError) as refused:
        of(url)
    assert str(refused.value).startswith("uplink.url: ")
    assert why in str(refused.value)
    assert str(refused.value).isprintable()


SECRETS = (
    "wss://somebody:hunter2@example.org/ws",
    "wss://hunter2@example.org/ws",
    "wss://@hunter2",
    "wss://x:hunter2@example.org:99999",
    "wss://x:hunter2@[::1",
    "wss:x:hunter2@example.org",
    "ftp://x:hunter2@example.org",
    "wss://x:hunter2@/ws",
    "wss://example.org/ws?token=hunter2",
    "wss://example.org/ws?a=b&API_KEY=hunter2",
)


@pytest.mark.parametrize("url", SECRETS)
def test_a_password_in_an_address_is_refused_and_not_repeated(url):
    with pytest.raises(ConfigError) as refused:
        of(url)
    if url != "wss://@hunter2":
        assert "hunter2" not in str(refused.value)


def test_what_stands_behind_the_question_mark_is_not_shown():
    assert "private" not in repr(of("wss://example.org/ws?who=private"))
    with pytest.raises(ConfigError) as refused:
        of("wss://0.0.0.0/ws?who=private")
    assert "private" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    ["ws://example.org", "ws://192.168.1.5:8000", "ws://localhost.example.org", "ws://box.localhost",
     "ws://[fe80::1%eth0]", "ws://[2001:db8::1]", "ws://[::ffff:8.8.8.8]", "ws://126.255.255.255"],
)  # fmt: skip
def test_the_clear_leads_out_of_this_machine_only_where_that_was_allowed(url):
    with pytest.raises(ConfigError, match=r"read by anybody on the way; use wss://.* allow_plain"):
        of(url)
    assert not of(url, allow_plain=True).is_encrypted
    assert not of(url.replace("ws:", "wss:")).is_loopback


def test_the_better_scheme_of_http_is_https():
    with pytest.raises(ConfigError, match="use https://"):
        of("http://example.org", ("http", "https"))


@pytest.mark.parametrize(
    "url", ["ws://localhost", "ws://LOCALHOST.", "ws://127.0.0.1", "ws://127.9.9.9", "ws://[::1]",
            "ws://[0:0:0:0:0:0:0:1]", "ws://[::ffff:127.0.0.1]", "ws://[::ffff:7f00:1]"],
)  # fmt: skip
def test_this_machine_may_be_spoken_to_in_the_clear(url):
    assert of(url).is_loopback


HOSTS = st.one_of(
    st.from_regex(r"\A[a-zA-Z0-9-]{1,8}(\.[a-zA-Z0-9]{1,5}){0,3}\.?\Z"),
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(lambda number: f"[{number}]"),
    st.text(max_size=8),
)
PORTS = st.one_of(st.just(""), st.integers(-1, 70_000).map(":{}".format), st.text(max_size=4))
RESTS = st.one_of(st.just(""), st.text(max_size=12).map("/{}".format), st.text(max_size=8))
URLS = st.one_of(
    st.builds("{}://{}{}{}".format, st.sampled_from([*ALL, "WSS", "file"]), HOSTS, PORTS, RESTS),
    st.text(max_size=40),
)


@given(URLS, st.booleans())
@example("ws://[::ffff:127.0.0.1]", False)
@example("//[", False)
def test_whatever_is_written_there_is_an_address_or_a_sentence(url, allow_plain):
    try:
        found = of(url, ALL, allow_plain=allow_plain)
    except ConfigError as refused:
        assert str(refused).startswith("uplink.url: ")
        return
    assert isinstance(found, Address)
    assert 1 <= found.port <= HIGHEST_PORT
    parts = urlsplit(found.url)
    assert parts.hostname == found.host.lower()
    assert parts.port in (None, found.port)
    assert parts.username is None
    assert of(found.url, ALL, allow_plain=allow_plain) == found
    assert found.is_encrypted or allow_plain or _stays_here(found.host)


def _stays_here(host):
    number = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    return (getattr(number, "ipv4_mapped", None) or number).is_loopback


@given(st.text(max_size=30))
def test_a_host_is_normal_once_and_for_all(text):
    try:
        host = normal_host(text)
    except ValueError:
        return
    assert host.isascii()
    assert normal_host(host) == host
    assert is_this_machine(host) in (True, False)


@pytest.mark.parametrize(
    ("host", "why"),
    [("fe80::1%e/th", "no interface"), ("fe80::1%", "no interface"), ("::g", "no IPv6 address")],
)
def test_a_number_that_is_none_is_told(host, why):
    with pytest.raises(ValueError, match=why):
        normal_host(host)


def test_an_interface_may_be_called_by_its_number():
    assert normal_host("fe80::1%25") == "fe80::1%25"
    assert normal_host("fe80::1%2525") == "fe80::1%25"
