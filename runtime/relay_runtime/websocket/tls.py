"""TLS of the client: contexts that always verify, and OpenSSL's errors in plain words."""

from __future__ import annotations

import ssl
from pathlib import Path

from gevent.ssl import SSLContext

from relay_runtime.websocket.errors import (
    CaFileError,
    CertificateExpiredError,
    CertificateHostError,
    CertificateUntrustedError,
    ConnectError,
    NetworkError,
    PlaintextPeerError,
    TlsError,
)

# What OpenSSL 1.1.1 to 3.5 say to bytes that are not TLS.
_NOT_TLS = {
    "WRONG_VERSION_NUMBER",
    "HTTP_REQUEST",
    "HTTPS_PROXY_REQUEST",
    "UNKNOWN_PROTOCOL",
    "RECORD_LAYER_FAILURE",
    "PACKET_LENGTH_TOO_LONG",
    "UNEXPECTED_MESSAGE",
}

# X509_V_ERR_… of OpenSSL's x509_vfy.h: not yet valid, expired; host name, IP address mismatch.
_VALIDITY_CODES = {9, 10}
_HOST_CODES = {62, 64}


def client_context(ca_file: str | None = None) -> SSLContext:
    """Make a TLS context that verifies the server by the system's authorities and those of a file.

    TLS is 1.2 or newer. A certificate with nothing but a common name is refused (RFC 6125 retired that form).
    Reads files, which holds up the hub for as much as 0.1 s: make one context and use it for every connect, or leave it
    to ``connect``, which does it in a thread.

    Args:
        ca_file: Path of a PEM file with authorities to trust besides the system's, or None.

    Returns:
        A context over gevent's sockets.

    Raises:
        CaFileError: The file is missing, unreadable, or holds no PEM certificate.
    """
    context = SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if ca_file is not None:
        _add_authorities(context, ca_file)
    return context


def checked_context(context: SSLContext) -> SSLContext:
    """Give back a context that a caller made, if it verifies and if its sockets are cooperative.

    Raises:
        TypeError: It is not gevent's: its sockets would block every greenlet.
        ValueError: It does not verify certificates and host names, or allows TLS older than 1.2.
    """
    if not isinstance(context, SSLContext):
        raise TypeError(
            "ssl_context must be a gevent.ssl.SSLContext, since other contexts make sockets that block all "
            f"greenlets; got {type(context).__module__}.{type(context).__qualname__}"
        )
    if context.verify_mode != ssl.CERT_REQUIRED or not context.check_hostname:
        raise ValueError(
            "ssl_context must verify the server: verify_mode must be ssl.CERT_REQUIRED and check_hostname "
            "True; to trust an authority of your own, pass ca_file"
        )
    if context.minimum_version not in {ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3}:
        raise ValueError("ssl_context must have minimum_version ssl.TLSVersion.TLSv1_2 or TLSv1_3")
    return context


def handshake_error(host: str, port: int, error: ssl.SSLError) -> ConnectError:
    """Translate what OpenSSL raised in a handshake into the error of this module's tree that says it best."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate_error(host, port, error)
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return NetworkError(host, port, "the server ended the connection during the TLS handshake")
    detail = error.reason or "no reason given"
    kind = PlaintextPeerError if detail in _NOT_TLS else TlsError
    return kind(host, port, detail)


def _certificate_error(host: str, port: int, error: ssl.SSLCertVerificationError) -> TlsError:
    if error.verify_code in _VALIDITY_CODES:
        return CertificateExpiredError(host, port, error.verify_message)
    if error.verify_code in _HOST_CODES:
        return CertificateHostError(host, port, error.verify_message)
    return CertificateUntrustedError(host, port, error.verify_message)


def _add_authorities(context: SSLContext, ca_file: str) -> None:
    try:
        # OpenSSL reports a directory or a missing file as one vague error; opening it first tells them apart.
        with Path(ca_file).open("rb"):
            pass
        context.load_verify_locations(cafile=ca_file)
    except ssl.SSLError:
        raise CaFileError(ca_file, "holds no PEM certificate") from None
    except FileNotFoundError:
        raise CaFileError(ca_file, "does not exist") from None
    except IsADirectoryError:
        raise CaFileError(ca_file, "is a directory") from None
    except (OSError, ValueError) as error:
        raise CaFileError(ca_file, f"cannot be read ({error.__class__.__name__})") from None
