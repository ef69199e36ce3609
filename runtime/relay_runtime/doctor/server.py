"""The way to the server: its name, its port, its certificate, its clock; and the proxy on it, if there is one."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from gevent.hub import get_hub

from relay_actors.kit import clock
from relay_runtime.doctor.finding import Finding, fault, fine, skipped, warning
from relay_runtime.settings.endpoint import Endpoint
from relay_runtime.settings.proxy import Proxy
from relay_runtime.version import AGENT
from relay_runtime.websocket import CaFileError, ProxyError, client_context
from relay_runtime.websocket.tls import handshake_error
from relay_runtime.websocket.tls_in_tls import TlsInTls
from relay_runtime.websocket.tunnel import open_tunnel

__all__ = ["Way", "look_at_clock", "look_at_expiry", "look_at_server"]

_DAYS_LEFT: Final = 14
_SKEW_OF_NOTE: Final = 5.0  # seconds; the server's date has no fractions
_SKEW_OF_HARM: Final = 60.0  # seconds; tokens and certificates have limits of this order


def look_at_server(
    endpoint: Endpoint, ca_file: str | None, timeout: float, proxy: Proxy | None = None
) -> Iterator[Finding]:
    """Give a finding for each step of the way, as it ends; behind a fault, the rest is skipped.

    Blocks the current greenlet.

    Args:
        endpoint: where the server is.
        ca_file: authorities to trust besides the system's, or None.
        timeout: seconds for each step.
        proxy: the proxy on the way, or None.
    """
    way = Way(endpoint, ca_file, timeout, proxy)
    steps = {"dns": way.dns, "tcp": way.tcp, "proxy": way.through_proxy, "tls": way.tls, "clock": way.clock}
    if proxy is None:
        del steps["proxy"]
    ended = ""
    for check, step in steps.items():
        if ended:
            yield skipped(check, f"the way to the server ends before, at {ended}")
            continue
        finding = step()
        yield finding
        if finding.verdict == "fault":
            ended = check


class Way:
    """The way to the server, step by step.

    Args:
        endpoint: where the server is.
        ca_file: authorities to trust besides the system's, or None.
        timeout: seconds for each step.
        proxy: the proxy on the way, or None.
    """

    def __init__(self, endpoint: Endpoint, ca_file: str | None, timeout: float, proxy: Proxy | None = None) -> None:
        self._endpoint = endpoint
        self._proxy = proxy
        self._first: Endpoint | Proxy = endpoint if proxy is None else proxy
        self._ca_file = ca_file
        self._timeout = timeout
        self._addresses: list[Any] = []
        self._context: ssl.SSLContext | None = None

    def dns(self) -> Finding:
        """Resolve the name of the server, or of the proxy. Like the other steps, it blocks the current greenlet."""
        began = clock.real_monotonic()
        host, port = self._first.host, self._first.port
        try:
            found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
        except OSError as error:
            return fault(
                "dns",
                f"{host} can't be resolved: {error.strerror or error}",
                f"check the spelling of {'the proxy' if self._proxy else 'host (SIGNALWIRE_SPACE)'}, and the DNS of "
                "this machine (/etc/resolv.conf)",
            )
        self._addresses = found
        addresses = ", ".join(dict.fromkeys(str(each[4][0]) for each in found))
        return fine("dns", f"{host} is {addresses}, resolved in {_milliseconds(began)}")

    def tcp(self) -> Finding:
        """Connect to each address until one answers."""
        complaints = []
        for family, kind, protocol, _, address in self._addresses:
            began = clock.real_monotonic()
            with socket.socket(family, kind, protocol) as sock:
                sock.settimeout(self._timeout)
                try:
                    sock.connect(address)
                except OSError as error:
                    complaints.append(f"{address[0]}: {error.strerror or error}")
                    continue
            text = f"{address[0]} port {self._first.port} answers in {_milliseconds(began)}"
            if complaints:
                return warning(
                    "tcp", f"{text}; but not {'; '.join(complaints)}", "check the routes to that address, IPv6 perhaps"
                )
            return fine("tcp", text)
        return fault(
            "tcp",
            f"port {self._first.port} can't be reached: {'; '.join(complaints)}",
            "check the port and firewalls; where only a proxy leads outside, name it (--proxy, HTTPS_PROXY)",
        )

    def through_proxy(self) -> Finding:
        """Have the proxy connect to the server."""
        assert self._proxy is not None
        where, began = self._proxy.authority, clock.real_monotonic()
        try:
            self._connected().close()
        except CaFileError as error:
            return _ca_fault(error)
        except ProxyError as error:
            return fault("proxy", f"{where}: {error.problem}", error.advice)
        except OSError as error:
            return fault("proxy", f"{where}: {error.strerror or error}", "see whether an HTTP proxy runs there")
        return fine("proxy", f"{where} connects to {self._endpoint.authority} in {_milliseconds(began)}")

    def _connected(self) -> Any:
        """Return a socket whose other end is the server. Raises `ProxyError` and what sockets raise."""
        first, proxy = self._first, self._proxy
        sock: Any = socket.create_connection((first.host, first.port), self._timeout)
        try:
            if proxy is not None and proxy.secure:
                sock = self._tls_context().wrap_socket(sock, server_hostname=proxy.host)
            if proxy is not None:
                open_tunnel(sock, proxy, self._endpoint)
        except BaseException:
            sock.close()
            raise
        return sock

    def _secured(self) -> Any:
        """Return a socket that speaks TLS with the server."""
        context, host = self._tls_context(), self._endpoint.host
        sock = self._connected()
        try:
            if self._proxy is None or not self._proxy.secure:
                return context.wrap_socket(sock, server_hostname=host)
            inner = TlsInTls(sock, context, host)
            inner.do_handshake()
            return inner
        except BaseException:
            sock.close()
            raise

    def _tls_context(self) -> Any:
        if self._context is None:
            self._context = get_hub().threadpool.apply(_context, (self._ca_file,))
        return self._context

    def tls(self) -> Finding:
        """See the certificate of the server."""
        endpoint = self._endpoint
        if not endpoint.secure:
            return skipped("tls", f"{endpoint.url} is without TLS, as a sandbox on this machine may be")
        try:
            sock = self._secured()
            certificate, version = sock.getpeercert() or {}, sock.version()
            sock.close()
        except CaFileError as error:
            return _ca_fault(error)
        except ssl.SSLError as error:
            told = str(handshake_error(endpoint.host, endpoint.port, error)).partition(": ")[2]
            problem, _, advice = told.rpartition("; ")
            return fault("tls", problem, advice)
        except (OSError, ProxyError) as error:
            reason = getattr(error, "strerror", None) or error
            return fault("tls", f"the handshake failed: {reason}", "check proxies and firewalls on the way")
        return look_at_expiry(certificate, str(version), clock.real_wall())

    def http(self) -> http.client.HTTPConnection:
        """Return an HTTP connection to the server, by the proxy if there is one. Blocks the current greenlet.

        Raises:
            ProxyError: it does not connect, or is itself spoken to over TLS.
            CaFileError: the authorities can't be read.
            OSError: the server can't be reached.
        """
        endpoint, proxy = self._endpoint, self._proxy
        if proxy is not None and proxy.secure:
            problem, advice = "HTTP goes through no proxy over TLS here", "name one without TLS (--proxy http://…)"
            raise ProxyError(endpoint, proxy, problem, advice, retryable=False)
        if endpoint.secure:
            context = self._tls_context()
            made: http.client.HTTPConnection = http.client.HTTPSConnection(
                endpoint.host, endpoint.port, timeout=self._timeout, context=context
            )
        else:
            made = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=self._timeout)
        if proxy is not None:
            made.sock = self._secured() if endpoint.secure else self._connected()
        return made

    def clock(self) -> Finding:
        """Ask the server for its time."""
        try:
            with closing(self.http()) as connection:
                before = clock.real_wall()
                connection.request("GET", "/", headers={"User-Agent": AGENT})
                date = connection.getresponse().headers.get("Date")
                return look_at_clock(date, (before + clock.real_wall()) / 2)
        except (OSError, http.client.HTTPException, ProxyError) as error:
            return skipped("clock", f"the server tells no time: {error}")


def look_at_expiry(certificate: Any, version: str, now: float) -> Finding:
    """See how long a certificate is still valid.

    Args:
        certificate: as `ssl.SSLSocket.getpeercert` returns it.
        version: the version of TLS.
        now: epoch seconds.
    """
    issuer = {name: value for part in certificate.get("issuer", ()) for name, value in part}
    by = issuer.get("organizationName") or issuer.get("commonName") or "an authority without a name"
    text = f"{version}, certificate by {by}"
    ends = certificate.get("notAfter")
    if ends is None:
        return fine("tls", text)
    end = ssl.cert_time_to_seconds(ends)
    days = (end - now) / 86400
    text += f", valid until {datetime.fromtimestamp(end, UTC):%Y-%m-%d}"
    if days < _DAYS_LEFT:
        return warning("tls", f"{text}: {days:.0f} days left", "have the server's certificate renewed")
    return fine("tls", text)


def look_at_clock(date: str | None, now: float) -> Finding:
    """Compare this machine's clock with the server's.

    Args:
        date: the server's HTTP header ``Date``, or None.
        now: this machine's epoch seconds when the server wrote it.
    """
    try:
        skew = now - parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return skipped("clock", "the server tells no time")
    # The header is cut to whole seconds: on the average, half a second is missing.
    skew -= 0.5
    mend = "have the clock set by NTP (timedatectl set-ntp true)"
    text = f"this machine's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the server's"
    if abs(skew) > _SKEW_OF_HARM:
        return fault("clock", text, f"{mend}: tokens and certificates are refused at the wrong time")
    if abs(skew) > _SKEW_OF_NOTE:
        return warning("clock", text, mend)
    return fine("clock", "this machine's clock and the server's agree")


def _ca_fault(error: CaFileError) -> Finding:
    return fault("tls", str(error), "give ca_file (SIGNALWIRE_RELAY_CA_FILE) a readable PEM file, or none")


def _context(ca_file: str | None) -> ssl.SSLContext:
    context: ssl.SSLContext = client_context(ca_file)
    return context


def _milliseconds(began: float) -> str:
    return f"{(clock.real_monotonic() - began) * 1000:.0f} ms"
