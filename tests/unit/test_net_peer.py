import ssl

import pytest

from xtalk_edge.errors import ConfigError
from xtalk_edge.net.address import address_of
from xtalk_edge.net.peer import peer_of
from xtalk_edge.net.trust import Trust
from xtalk_edge.net.way_faults import Goal

PIN = "ab" * 32


def goal(url):
    address = address_of("uplink.url", url, ("ws", "wss"), allow_plain=True)
    return Goal(address, "uplink.url", "the server")


def test_whoever_is_talked_to_encrypted_must_be_believed():
    peer = peer_of(goal("wss://voice.example/ws"), Trust(pinned_sha256=PIN))
    assert isinstance(peer.tls, ssl.SSLContext)
    assert peer.tls.verify_mode is ssl.CERT_REQUIRED
    assert (peer.name, peer.address.host) == ("the server", "voice.example")
    with pytest.raises(ConfigError, match=r"^uplink\.ca_file: .*none\.pem cannot be read"):
        peer_of(goal("wss://voice.example/ws"), Trust(ca_file="/none.pem"))


def test_a_key_is_pinned_only_where_one_is_shown():
    assert peer_of(goal("ws://voice.example/ws"), Trust()).tls is None
    with pytest.raises(ConfigError, match=r"^uplink\.pinned_sha256: .* not encrypted"):
        peer_of(goal("ws://voice.example/ws"), Trust(pinned_sha256=PIN))


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("wss://Voice.example/ws", "voice.example:443"),
        ("ws://[::1]:7635/ws", "[::1]:7635"),
        ("ws://127.0.0.1/", "127.0.0.1:80"),
    ],
)
def test_where_it_is_reads_as_an_address_does(url, where):
    assert goal(url).where == where
