import pytest

from xtalk_edge.net.proxies import proxy_before


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "wss_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("proxy", "shown"),
    [
        ("http://squid.example:3128", "squid.example:3128"),
        ("http://owner:wo//rd@squid.example:3128/", "squid.example:3128"),
        ("owner:word@squid.example:3128", "squid.example:3128"),
        ("socks5h://[::1]:9", "[::1]:9"),
        ("http://[::1", "[::1"),
        ("", ""),
    ],
)
def test_it_is_named_without_its_password(monkeypatch, proxy, shown):
    monkeypatch.setenv("https_proxy", proxy)
    assert proxy_before("voice.example:443", ["https"]) == shown


def test_the_likeliest_is_named_and_none_where_none_is_used(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://usual.example:1")
    monkeypatch.setenv("wss_proxy", "http://own.example:2")
    assert proxy_before("voice.example:443", ["wss", "https"]) == "own.example:2"
    assert proxy_before("voice.example:80", ["http"]) == ""
    monkeypatch.setenv("no_proxy", "voice.example:443")
    assert proxy_before("voice.example:443", ["wss", "https"]) == ""
    assert proxy_before("voice.example:8443", ["https"]) == "usual.example:1"
