import asyncio
import base64
import contextlib
import hashlib
import os
import ssl
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.certificates import identity
from xtalk_edge.errors import ConfigError, UplinkError
from xtalk_edge.net.public_key import public_key_of
from xtalk_edge.net.trust import Trust, check_pin, shown_pin, tls_context


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def authority(place):
    return identity(place, "authority.example", authority=True)


@pytest.fixture(scope="module")
def server(place, authority):
    return identity(place, "localhost", issuer=authority)


@pytest.fixture(scope="module")
def device(place, authority):
    return identity(place, "device.example", issuer=authority)


def refusal(**trust):
    with pytest.raises(ConfigError) as refused:
        tls_context("uplink", Trust(**{name: str(value) for name, value in trust.items()}))
    return str(refused.value)


def connected(server, client, *, wants_client=None):
    """Return what a client saw of a server on this machine, and what the server saw of it."""
    seen = {}

    async def answer(reader, writer):
        shown = writer.get_extra_info("ssl_object")
        seen["client"] = shown.getpeercert(binary_form=True)
        writer.write(b"hello")
        await writer.drain()
        writer.close()

    async def go():
        serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        serving.load_cert_chain(server.cert_file, server.key_file)
        if wants_client is not None:
            serving.verify_mode = ssl.CERT_REQUIRED
            serving.load_verify_locations(wants_client.cert_file)
        async with asyncio.timeout(20):
            listening = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=serving)
            port = listening.sockets[0].getsockname()[1]
            async with listening:
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", port, ssl=client, server_hostname="localhost"
                )
                seen["word"] = await reader.read()
                seen["ssl"] = writer.get_extra_info("ssl_object")
                writer.close()
                with contextlib.suppress(ssl.SSLError, ConnectionError):
                    await writer.wait_closed()
        return seen

    return asyncio.run(go())


# -- authorities -----------------------------------------------------------------------------


def test_without_files_the_system_is_believed():
    context = tls_context("uplink", Trust())
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_a_server_of_the_owners_own_authority_is_believed(server, authority):
    client = tls_context("uplink", Trust(ca_file=str(authority.cert_file)))
    assert connected(server, client)["word"] == b"hello"


def test_a_server_that_signs_for_itself_is_believed_where_it_is_named(place):
    alone = identity(place, "localhost", file_name="alone")
    client = tls_context("uplink", Trust(ca_file=str(alone.cert_file)))
    assert connected(alone, client)["word"] == b"hello"


def test_a_server_of_another_authority_is_not(server, place):
    other = identity(place, "other.example", authority=True)
    client = tls_context("uplink", Trust(ca_file=str(other.cert_file)))
    with pytest.raises(ssl.SSLCertVerificationError):
        connected(server, client)


@pytest.mark.parametrize("days", [(-30, -1), (1, 30)])
def test_a_certificate_out_of_its_time_is_not_believed(place, authority, days):
    late = identity(place, "localhost", issuer=authority, days=days, file_name="late")
    with pytest.raises(ssl.SSLCertVerificationError):
        connected(late, tls_context("uplink", Trust(ca_file=str(authority.cert_file))))


def test_a_certificate_of_somebody_else_is_not_believed(place, authority):
    other = identity(place, "example.org", issuer=authority)
    with pytest.raises(ssl.SSLCertVerificationError):
        connected(other, tls_context("uplink", Trust(ca_file=str(authority.cert_file))))


def test_a_file_that_holds_no_authority_is_told(tmp_path, server):
    (tmp_path / "words.pem").write_text("no certificate")
    (tmp_path / "empty.pem").write_text("")
    (tmp_path / "der.pem").write_bytes(server.der)
    for name in ("words.pem", "empty.pem", "der.pem"):
        assert refusal(ca_file=tmp_path / name) == (
            f"uplink.ca_file: {tmp_path / name} is no certificate in PEM form"
        )
    assert "cannot be read: No such file" in refusal(ca_file=tmp_path / "none.pem")
    assert "uplink.ca_file: " in refusal(ca_file=tmp_path)
    assert "is no path" in refusal(ca_file="~nobody-of-that-name/ca.pem")


# -- who the device is -----------------------------------------------------------------------


def test_the_device_shows_who_it_is(server, device, authority, place):
    both = place / "both.pem"
    both.write_bytes(device.cert_file.read_bytes() + device.key_file.read_bytes())
    both.chmod(0o600)
    for shown in ({"client_cert": str(device.cert_file), "client_key": str(device.key_file)},
                  {"client_cert": str(both)}):  # fmt: skip
        client = tls_context("uplink", Trust(ca_file=str(authority.cert_file), **shown))
        assert connected(server, client, wants_client=authority)["client"] == device.der


def test_what_does_not_fit_together_is_told(device, server, tmp_path):
    fits_not = refusal(client_cert=device.cert_file, client_key=server.key_file)
    assert "do not fit together" in fits_not
    (tmp_path / "empty.pem").write_text("")
    (tmp_path / "empty.pem").chmod(0o600)
    assert "PEM" in refusal(client_cert=tmp_path / "empty.pem")
    missing = refusal(client_cert=device.cert_file, client_key=tmp_path / "none.key")
    assert f"{tmp_path / 'none.key'} cannot be read: No such file" in missing
    missing = refusal(client_cert=tmp_path / "none.pem", client_key=device.key_file)
    assert "cannot be read: No such file" in missing
    alone = tmp_path / "alone.pem"
    alone.write_bytes(device.cert_file.read_bytes())
    alone.chmod(0o600)
    assert "do not fit together" in refusal(client_cert=alone)
    assert "set client_cert too" in refusal(client_key=device.key_file)


@pytest.mark.parametrize("mode", [0o604, 0o666, 0o602])
def test_a_key_that_everybody_may_read_is_refused(place, authority, mode):
    known = identity(place, "known.example", issuer=authority)
    known.key_file.chmod(mode)
    told = refusal(client_cert=known.cert_file, client_key=known.key_file)
    assert told == (
        f"uplink.client_key: others may read {known.key_file}; run chmod 600 {known.key_file}"
    )


def test_a_key_of_a_group_is_the_systems_way_and_taken(place, authority):
    shared = identity(place, "shared.example", issuer=authority)
    shared.key_file.chmod(0o640)
    trust = Trust(client_cert=str(shared.cert_file), client_key=str(shared.key_file))
    assert tls_context("uplink", trust)


def test_a_key_with_a_password_is_refused(place, authority):
    locked = identity(place, "locked.example", issuer=authority, password=b"hunter2")
    told = refusal(client_cert=locked.cert_file, client_key=locked.key_file)
    assert told.startswith(f"uplink.client_key: {locked.key_file} needs a password")


ASKS = """
import sys
from xtalk_edge.errors import ConfigError
from xtalk_edge.net.trust import Trust, tls_context
try:
    tls_context("uplink", Trust(client_cert=sys.argv[1], client_key=sys.argv[2]))
except ConfigError as error:
    print(error)
"""


def test_nobody_is_asked_for_a_password_on_the_terminal(place, authority):
    locked = identity(place, "asked.example", issuer=authority, password=b"hunter2")
    ours, theirs = os.openpty()
    done = subprocess.run(
        [sys.executable, "-c", ASKS, str(locked.cert_file), str(locked.key_file)],
        stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, timeout=60, start_new_session=True,
        check=True,
    )  # fmt: skip
    os.set_blocking(ours, False)
    with pytest.raises(BlockingIOError):
        os.read(ours, 1000)
    os.close(ours)
    os.close(theirs)
    assert b"needs a password" in done.stdout


# -- the pinned key --------------------------------------------------------------------------


class Shown:
    """A connection that shows a certificate."""

    def __init__(self, der):
        self._der = der

    def getpeercert(self, binary_form, /):
        assert binary_form
        return self._der


def pins_of(key):
    digest = hashlib.sha256(key.spki).digest()
    colons, base = digest.hex(":").upper(), base64.b64encode(digest).decode()
    return [digest.hex(), colons, base, f"sha256//{base}", f"SHA256:{colons}", f" {digest.hex()}\n"]


def test_the_pinned_key_is_believed_in_every_way_to_write_it(server):
    for pin in pins_of(server):
        trust = Trust(pinned_sha256=pin)
        tls_context("uplink", trust)
        check_pin(trust, Shown(server.der))


def test_another_key_is_refused_and_a_renewed_certificate_not(place, server, authority):
    trust = Trust(pinned_sha256=shown_pin(Shown(server.der)))
    renewed = identity(place, "localhost", issuer=authority, key=server.key, file_name="renewed")
    assert renewed.der != server.der
    check_pin(trust, Shown(renewed.der))
    other = identity(place, "localhost", issuer=authority, file_name="other")
    for shown in (Shown(other.der), Shown(None), Shown(b""), Shown(b"0\x03abc"), None):
        with pytest.raises(UplinkError, match="another key than the pinned one"):
            check_pin(trust, shown)


def test_without_a_pin_every_certificate_that_is_valid_will_do(server):
    check_pin(Trust(), Shown(server.der))
    check_pin(Trust(), None)
    assert shown_pin(None) == ""
    assert shown_pin(Shown(b"rubbish")) == ""


def test_a_real_connection_shows_its_key(server, authority):
    client = tls_context("uplink", Trust(ca_file=str(authority.cert_file)))
    shown = connected(server, client)["ssl"]
    assert shown_pin(shown) == server.pin


@pytest.mark.parametrize("pin", ["abc", "00" * 31, "00" * 33, "z" * 64, "sha256//", "ü" * 64, " "])
def test_what_is_no_pin_is_told_at_the_start(pin):
    assert refusal(pinned_sha256=pin).startswith("uplink.pinned_sha256: must be the SHA-256")


def test_the_key_is_found_in_every_kind_of_certificate(server, authority, device):
    for each in (server, authority, device):
        assert public_key_of(each.der) == each.spki


def element(tag, content):
    """Return DER: a tag, a length of one byte or three, and the content."""
    length = len(content)
    short = length < 0x80
    return bytes([tag, length] if short else [tag, 0x82, *length.to_bytes(2)]) + content


@pytest.mark.parametrize("version", [b"", element(0xA0, element(0x02, b"\x02"))])
def test_certificates_of_the_first_version_have_no_version(version):
    key = element(0x30, b"k" * 200)
    before = element(0x02, b"\x01") + element(0x30, b"") * 4
    certificate = element(0x30, element(0x30, version + before + key + b"more") + b"signature")
    assert public_key_of(certificate) == key


@given(st.binary(max_size=200))
def test_what_is_no_certificate_is_a_value_error(data):
    with contextlib.suppress(ValueError):
        public_key_of(data)


@given(st.data())
def test_a_damaged_certificate_gives_a_key_or_a_value_error(server, data):
    der = bytearray(server.der[: data.draw(st.integers(0, len(server.der)))])
    for _ in range(data.draw(st.integers(0, 3))):
        if der:
            der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ValueError):
        assert public_key_of(bytes(der)) in bytes(der)
