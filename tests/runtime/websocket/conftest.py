"""Fixtures of the WebSocket tests."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest
import trustme
from gevent.ssl import SSLContext
from websocket_peer import PATIENCE, Servers, context_of


@pytest.fixture
def serve() -> Iterator[Servers]:
    servers = Servers()
    yield servers
    servers.finish()


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """Fail, rather than hang, a test whose own greenlet waits in vain."""
    with gevent.Timeout(3 * PATIENCE, AssertionError("the test waited in vain")):
        yield


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def server_context(authority: trustme.CA) -> SSLContext:
    """The TLS context of a server whose certificate is good for 127.0.0.1 and localhost."""
    return context_of(authority.issue_cert("127.0.0.1", "localhost"))


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: object) -> str:
    path = f"{tmp_path}/authority.pem"
    authority.cert_pem.write_to_path(path)
    return path
