"""Sending webhooks over real sockets: once, to an address that was looked at, following nowhere."""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from aftersales.ports import Reception
from connectors.webhooks.addresses import Refused, is_public, resolve
from connectors.webhooks.sender import HttpWebhookSender
from tests.receivers import open_receiver


async def post(url: str, *, timeout: float = 5.0, local: bool = True, **options: Any) -> Reception:
    async with HttpWebhookSender(local=local, timeout=timeout, **options) as sender:
        return await sender.post(url, headers={"webhook-id": "evt_1"}, body=b'{"type":"ping"}')


async def test_it_arrives_as_it_was_given() -> None:
    async with open_receiver() as receiver:
        assert await post(receiver.url) == Reception(status=204)
    (got,) = receiver.got
    assert (got.body, got.id) == (b'{"type":"ping"}', "evt_1")
    assert got.headers["host"] == receiver.url.split("/")[2]


@pytest.mark.parametrize("status", [301, 307, 400, 410, 500, 503])
async def test_every_other_status_is_a_failure_and_redirects_are_not_followed(status: int) -> None:
    async with open_receiver() as receiver, open_receiver() as elsewhere:
        receiver.answers.append(
            f"HTTP/1.1 {status} No\r\nlocation: {elsewhere.url}\r\ncontent-length: 0\r\n\r\n".encode()
        )
        reception = await post(receiver.url)
        assert (reception.status, reception.is_success, elsewhere.got) == (status, False, [])


async def test_one_that_does_not_answer_is_given_up_in_time() -> None:
    async with open_receiver() as receiver:
        receiver.answers.append(None)
        assert await post(receiver.url, timeout=0.3) == Reception(failure="timeout")


async def test_one_that_drips_its_answer_is_given_up_in_time_too() -> None:
    async with open_receiver() as receiver:
        receiver.answers.append(b"HTTP/1.1 200 Yes\r\ncontent-length: 4000\r\n\r\n....")
        assert (await post(receiver.url, timeout=0.5)).is_success is False


async def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    async with open_receiver() as receiver:
        receiver.answers.append(b"HTTP/1.1 200 Yes\r\ncontent-length: 99999999\r\n\r\n" + b"x" * 70_000)
        assert await post(receiver.url) == Reception(status=200)


async def test_one_that_is_not_there_or_speaks_no_http_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert await post(f"http://127.0.0.1:{port}/") == Reception(failure="not_connected")
    assert await post("http://no-such-host.invalid/") == Reception(failure="not_found")
    async with open_receiver() as receiver:
        receiver.answers.append(b"what?\r\n\r\n")
        assert await post(receiver.url) == Reception(failure="broken_off")


async def test_the_certificate_is_checked_for_the_name_though_the_address_is_connected_to(tmp_path: Path) -> None:
    served = _certificate(tmp_path, name="localhost")
    trusting = ssl.create_default_context(cafile=tmp_path / "certificate.pem")
    async with open_receiver(served) as receiver:
        named = receiver.url.replace("127.0.0.1", "localhost")
        assert await post(named, verify=trusting) == Reception(status=204)
        assert await post(receiver.url, verify=trusting) == Reception(failure="tls")
        assert await post(named) == Reception(failure="tls")
        assert len(receiver.got) == 1


def _certificate(folder: Path, *, name: str) -> ssl.SSLContext:
    """What a server uses that calls itself `name`; its certificate is in certificate.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "255.255.255.255", "192.0.2.1", "240.0.0.1", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2002:7f00:1::"),
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)
def test_addresses_that_are_not_public_are_known(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::808:808"]
)
def test_public_addresses_are_known(address: str) -> None:
    assert is_public(ip_address(address))


async def test_nothing_is_sent_into_the_own_network() -> None:
    async with open_receiver() as receiver:
        assert await post(receiver.url, local=False) == Reception(failure="address_refused")
        assert await post(receiver.url.replace("127.0.0.1", "localhost"), local=False) == Reception(
            failure="address_refused"
        )
        assert await post(receiver.url.replace("127.0.0.1", "2130706433"), local=False) == Reception(
            failure="address_refused"
        )
        assert receiver.got == []
        assert (await post(receiver.url, local=False, private=True)).is_success


async def test_a_name_with_a_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def found(*_: object, **__: object) -> list[Any]:
        kinds = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(*kinds, ("93.184.215.14", 443)), (*kinds, ("10.0.0.1", 443))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found)
    with pytest.raises(Refused):
        await resolve("erp.example.com", 443, private=False, local=True)
    assert await resolve("erp.example.com", 443, private=True, local=False) == "93.184.215.14"
