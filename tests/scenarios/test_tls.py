"""The client over TLS, with an authority of the test's own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from relay_runtime import ConnectFailed, RelayClient, Timing
from relay_runtime.sandbox import Sandbox

pytestmark = pytest.mark.scenario

QUICK = Timing(backoff_first=0.001, backoff_limit=0.002)


@pytest.fixture(scope="module")
def pems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    return folder


@pytest.fixture
def sandbox(pems: Path) -> Iterator[Sandbox]:
    with Sandbox(cert=str(pems / "cert.pem"), key=str(pems / "key.pem"), control_port=None) as sandbox:
        yield sandbox


def client(sandbox: Sandbox, host: str | None = None) -> RelayClient:
    return RelayClient(project=sandbox.project, token=sandbox.token, host=host or sandbox.url, timing=QUICK)


def test_a_ca_file_makes_the_server_trusted(sandbox: Sandbox, pems: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNALWIRE_RELAY_CA_FILE", str(pems / "ca.pem"))
    with client(sandbox) as connected:
        assert connected.state == "connected"


def test_an_unknown_authority_ends_connect_with_what_to_do(sandbox: Sandbox) -> None:
    with pytest.raises(ConnectFailed, match=r"not trusted.*add the authority.*CA file"):
        client(sandbox).connect(timeout=20)


def another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *names: str, **options: Any) -> Sandbox:
    """A sandbox with another certificate, by an authority that the client trusts."""
    authority = trustme.CA()
    certificate = authority.issue_cert(*names, **options)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    certificate.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    monkeypatch.setenv("SIGNALWIRE_RELAY_CA_FILE", str(tmp_path / "ca.pem"))
    return Sandbox(cert=str(tmp_path / "cert.pem"), key=str(tmp_path / "key.pem"), control_port=None)


def test_a_certificate_for_another_host_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = another(tmp_path, monkeypatch, "relay.example.com")
    with wrong, pytest.raises(ConnectFailed, match="another host name"):
        client(wrong).connect(timeout=20)


def test_a_certificate_that_has_expired_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = dt.datetime.now(dt.UTC)
    begin, end = now - dt.timedelta(days=20), now - dt.timedelta(days=10)
    expired = another(tmp_path, monkeypatch, "127.0.0.1", not_before=begin, not_after=end)
    with expired, pytest.raises(ConnectFailed, match=r"expired|clock"):
        client(expired).connect(timeout=20)


def test_a_ca_file_that_is_missing_is_named(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNALWIRE_RELAY_CA_FILE", "/nowhere/ca.pem")
    with pytest.raises(ValueError, match=r"'/nowhere/ca\.pem' does not exist"):
        client(sandbox).connect(timeout=20)


def test_a_server_without_tls_is_told_apart() -> None:
    with Sandbox(control_port=None) as plain, pytest.raises(ConnectFailed, match="does not speak TLS"):
        client(plain, plain.url.replace("ws://", "wss://")).connect(timeout=20)
