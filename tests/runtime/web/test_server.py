"""The page over HTTP: who gets it, and with which headers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from doubles.hub import until
from doubles.looking import Looking, fetch

from relay_runtime.web.server import PageError, PageServer
from relay_runtime.web.viewer import Viewer

pytestmark = pytest.mark.slow  # on sockets, in real time


class Host:
    """Has nothing to show but that."""

    def __init__(self) -> None:
        self.ordered: list[str | bytes] = []

    def overview(self) -> bytes:
        return b'{"type":"Overview"}'

    def order(self, viewer: Viewer, message: str | bytes) -> None:
        self.ordered.append(message)
        viewer.tell(b'{"type":"Done"}')


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def renewed() -> list[str]:
    return []


@pytest.fixture
def server(host: Host, renewed: list[str]) -> Iterator[PageServer]:
    made = PageServer(0, host, renewed.append)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def looking(server: PageServer) -> Iterator[Looking]:
    made = Looking(server.url)
    yield made
    made.close()


def test_the_url_opens_one_browser_and_the_next_one_is_told(server: PageServer, renewed: list[str]) -> None:
    first = server.url
    looking = Looking(first)
    assert looking.page.startswith("<!doctype html>")
    assert renewed == [server.url] != [first]
    status, headers, body = fetch(looking.authority, f"/?{first.partition('?')[2]}")
    assert (status, "Set-Cookie" in headers) == ("403 Forbidden", False)
    assert "open the one that was printed last" in body


@pytest.mark.parametrize("path", ["/", "/main.js", "/page.css", "/icon.svg", "/nothing", "/socket"])
def test_every_request_needs_the_cookie(looking: Looking, path: str) -> None:
    assert fetch(looking.authority, path)[0] == "403 Forbidden"
    status, headers, _ = fetch(looking.authority, path, Cookie=looking.cookie)
    assert status == ("404 Not Found" if path in {"/nothing", "/socket"} else "200 OK")
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/main.js"])
def test_every_request_is_looked_at_for_host_and_origin(looking: Looking, path: str) -> None:
    asked = {"Cookie": looking.cookie}
    assert fetch(looking.authority, path, **asked, Host="evil.example")[0] == "403 Forbidden"
    assert fetch(looking.authority, path, **asked, Host="")[0] == "403 Forbidden"
    assert fetch(looking.authority, path, **asked, Origin="http://evil.example")[0] == "403 Forbidden"
    assert fetch(looking.authority, path, **asked, Origin=f"http://{looking.authority}")[0] == "200 OK"


def test_only_reading_is_answered(looking: Looking) -> None:
    assert fetch(looking.authority, "/", "POST", Cookie=looking.cookie)[0] == "405 Method Not Allowed"
    status, headers, body = fetch(looking.authority, "/", "HEAD", Cookie=looking.cookie)
    assert (status, body) == ("200 OK", "")
    assert int(headers["Content-Length"]) > 0


def test_head_does_not_spend_the_token(server: PageServer, renewed: list[str]) -> None:
    authority, query = server.url.removeprefix("http://").split("/")
    assert fetch(authority, f"/{query}", "HEAD")[0] == "403 Forbidden"
    assert renewed == []


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({}, "101"),
        ({"origin": "http://evil.example"}, "403"),
        ({"origin": ""}, "403"),
        ({"cookie": "relay_phone_1=x"}, "403"),
        ({"path": "/"}, "403"),
        ({"path": "/main.js"}, "403"),
    ],
)
def test_the_websocket_is_opened_to_the_page_alone(looking: Looking, how: dict[str, str], status: str) -> None:
    assert looking.opens(**how).split()[1] == status


def test_a_browser_is_told_all_and_obeyed_until_it_goes(server: PageServer, host: Host, looking: Looking) -> None:
    looking.opens()
    looking.hears(lambda message: message["type"] == "Overview")
    looking.orders('{"type":"Dial"}')
    looking.hears(lambda message: message["type"] == "Done")
    assert host.ordered == ['{"type":"Dial"}']
    assert len(server.viewers) == 1
    looking.close()
    until(lambda: not server.viewers)


def test_an_order_that_is_too_long_ends_the_connection(server: PageServer, host: Host, looking: Looking) -> None:
    looking.opens()
    looking.orders("x" * 65_537)
    until(lambda: not server.viewers)
    assert host.ordered == []


def test_only_so_many_browsers_may_look(server: PageServer, looking: Looking) -> None:
    server.viewers += [Viewer(None, bytes)] * 16  # type: ignore[arg-type]
    looking.opens()
    until(lambda: looking._reading is not None and looking._reading.dead)
    assert looking.told == []
    server.viewers.clear()


def test_a_port_that_is_taken_is_an_error_with_its_number(server: PageServer, host: Host) -> None:
    port = int(server.url.split(":")[2].split("/")[0])
    with pytest.raises(PageError, match=f"can't listen on port {port} of 127.0.0.1: Address already in use"):
        PageServer(port, host, lambda _: None).start()


def test_when_it_stops_every_browser_is_let_go(server: PageServer, looking: Looking) -> None:
    looking.opens()
    looking.hears(lambda message: message["type"] == "Overview")
    server.stop()
    assert server.viewers == []
