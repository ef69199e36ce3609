"""The way to the server: its name, its port, its certificate, its clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from email.utils import format_datetime
from pathlib import Path

import pytest
import trustme
from connect_proxy import ConnectProxy
from gevent import socket

from relay_runtime.doctor import Finding, Verdict
from relay_runtime.doctor.server import look_at_clock, look_at_expiry, look_at_server
from relay_runtime.sandbox import Sandbox
from relay_runtime.settings.endpoint import Endpoint, parse_host
from relay_runtime.settings.proxy import parse_proxy

NOW = 1_800_000_000.0


def by_check(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


@pytest.mark.parametrize(
    ("ahead", "verdict", "says"),
    [
        (0.5, Verdict.OK, "agree"),
        (-4, Verdict.OK, "agree"),
        (8, Verdict.WARNING, "ahead of"),
        (-30, Verdict.WARNING, "behind"),
        (600, Verdict.FAULT, "600 s ahead of"),
        (-90, Verdict.FAULT, "behind"),
    ],
)
def test_a_clock_that_is_wrong_is_told_by_how_much(ahead: float, verdict: Verdict, says: str) -> None:
    date = format_datetime(dt.datetime.fromtimestamp(NOW, dt.UTC), usegmt=True)
    finding = look_at_clock(date, NOW + ahead)
    assert finding.verdict == verdict
    assert says in finding.says


@pytest.mark.parametrize("date", [None, "", "soon"])
def test_a_server_that_tells_no_time_is_no_fault(date: str | None) -> None:
    assert look_at_clock(date, NOW).verdict == Verdict.SKIPPED


@pytest.mark.parametrize(("days", "verdict"), [(100, Verdict.OK), (5, Verdict.WARNING)])
def test_a_certificate_that_ends_soon_is_a_warning(days: int, verdict: Verdict) -> None:
    end = dt.datetime.fromtimestamp(NOW + days * 86400, dt.UTC)
    certificate = {"notAfter": f"{end:%b %d %H:%M:%S %Y} GMT", "issuer": ((("organizationName", "Acme"),),)}
    finding = look_at_expiry(certificate, "TLSv1.3", NOW)
    assert finding.verdict == verdict
    assert "TLSv1.3, certificate by Acme, valid until 20" in finding.says


def test_a_certificate_without_dates_and_issuer_is_no_failure_of_doctors() -> None:
    assert look_at_expiry({}, "TLSv1.2", NOW).says == "TLSv1.2, certificate by an authority without a name"


def test_a_name_that_does_not_exist_ends_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody_knows(*_: object) -> None:
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr("relay_runtime.doctor.server.socket.getaddrinfo", nobody_knows)
    findings = by_check(look_at_server(parse_host("nowhere.invalid"), None, 2.0))
    assert findings["dns"].verdict == Verdict.FAULT
    assert findings["dns"].says == "nowhere.invalid can't be resolved: Name or service not known"
    assert {findings[name].verdict for name in ("tcp", "tls", "clock")} == {Verdict.SKIPPED}


def test_a_port_where_nobody_listens_is_a_fault_with_an_advice() -> None:
    findings = by_check(look_at_server(parse_host("ws://127.0.0.1:9"), None, 2.0))
    assert findings["tcp"].verdict == Verdict.FAULT
    assert "port 9 can't be reached: 127.0.0.1: Connection refused" in findings["tcp"].says
    assert "firewalls" in findings["tcp"].mend


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[Sandbox, Path]]:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    files = {"cert": tmp_path / "cert.pem", "key": tmp_path / "key.pem"}
    for part in certificate.cert_chain_pems:
        part.write_to_path(files["cert"], append=True)
    certificate.private_key_pem.write_to_path(files["key"])
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with Sandbox(cert=str(files["cert"]), key=str(files["key"])) as sandbox:
        yield sandbox, tmp_path / "ca.pem"


def test_a_server_with_tls_is_examined_to_its_clock(secure: tuple[Sandbox, Path]) -> None:
    sandbox, authority = secure
    findings = by_check(look_at_server(parse_host(sandbox.url), str(authority), 5.0))
    assert [finding.verdict for finding in findings.values()] == [Verdict.OK] * 4, findings
    assert "certificate by trustme" in findings["tls"].says


def test_a_certificate_of_an_unknown_authority_is_a_fault_with_an_advice(secure: tuple[Sandbox, Path]) -> None:
    sandbox, _ = secure
    finding = by_check(look_at_server(parse_host(sandbox.url), None, 5.0))["tls"]
    assert finding.verdict == Verdict.FAULT
    assert "certificate is not trusted" in finding.says
    assert "CA file" in finding.mend


def test_an_authority_file_that_is_missing_is_told(secure: tuple[Sandbox, Path]) -> None:
    sandbox, _ = secure
    finding = by_check(look_at_server(parse_host(sandbox.url), "none.pem", 5.0))["tls"]
    assert "'none.pem' does not exist" in finding.says


def test_a_server_without_tls_on_a_tls_port_is_told() -> None:
    with Sandbox() as sandbox:
        plain = parse_host(sandbox.url)
        finding = by_check(look_at_server(Endpoint("wss", plain.host, plain.port), None, 5.0))["tls"]
    assert finding.verdict == Verdict.FAULT
    assert "does not speak TLS" in finding.says


@pytest.mark.slow
def test_the_way_through_a_proxy_is_examined(secure: tuple[Sandbox, Path], tmp_path: Path) -> None:
    sandbox, authority = secure
    with ConnectProxy(tmp_path, credentials="me:pass", to=("127.0.0.1", parse_host(sandbox.url).port)) as running:
        named = Endpoint("wss", "127.0.0.1", 9)  # where nobody is, but for the proxy
        proxy = parse_proxy(f"http://me:pass@{running.address}")
        findings = by_check(look_at_server(named, str(authority), 10.0, proxy))
        assert list(findings) == ["dns", "tcp", "proxy", "tls", "clock"]
        assert {finding.verdict for finding in findings.values()} == {Verdict.OK}, findings
        assert findings["proxy"].says.startswith(f"{running.address} connects to 127.0.0.1:9 in ")
        refused = by_check(look_at_server(named, str(authority), 10.0, parse_proxy(running.address)))
    assert refused["proxy"].verdict == Verdict.FAULT
    assert "407 Proxy Authentication Required" in refused["proxy"].says
    assert "give them in its URL" in refused["proxy"].mend
    assert {refused[name].verdict for name in ("tls", "clock")} == {Verdict.SKIPPED}


@pytest.mark.slow
def test_a_proxy_over_tls_is_examined_to_the_certificate_behind_it(
    secure: tuple[Sandbox, Path], tmp_path: Path
) -> None:
    sandbox, authority = secure
    (tmp_path / "both.pem").write_bytes((tmp_path / "key.pem").read_bytes() + (tmp_path / "cert.pem").read_bytes())
    with ConnectProxy(tmp_path, cert=str(tmp_path / "both.pem")) as running:
        proxy = parse_proxy(f"https://{running.address}")
        findings = by_check(look_at_server(parse_host(sandbox.url), str(authority), 10.0, proxy))
    assert "certificate by trustme" in findings["tls"].says
    assert findings["clock"].verdict == Verdict.SKIPPED


@pytest.mark.slow
def test_a_server_that_says_nothing_has_no_clock() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        findings = by_check(look_at_server(Endpoint("ws", "127.0.0.1", listener.getsockname()[1]), None, 0.2))
    assert findings["tcp"].verdict == Verdict.OK
    assert findings["clock"].verdict == Verdict.SKIPPED
