"""Waiting until a client has asked for something."""

from __future__ import annotations

import gevent
import pytest
from doubles.raw_client import DialIn, RawClient

from relay_runtime.sandbox import Sandbox

LIMIT = 60.0


def test_a_request_that_came_is_returned_at_once_and_the_next_one_is_waited_for(
    client: RawClient, sandbox: Sandbox
) -> None:
    first = sandbox.wait_for_request("signalwire.connect", timeout=0)
    assert (first["method"], first["sessionid"]) == ("signalwire.connect", client.session["sessionid"])
    for payload in ("a", "b"):
        client.result("signalwire.ping", {"payload": payload})
    seen = sandbox.wait_for_request("signalwire.ping")
    assert seen["frame"]["params"] == {"payload": "a"}
    later = sandbox.wait_for_request("signalwire.ping", after=seen["number"])
    assert later["frame"]["params"] == {"payload": "b"}
    waits = gevent.spawn(sandbox.wait_for_request, after=later["number"], timeout=LIMIT)
    client.wait(lambda: sandbox.exchange.requests.awaited)
    client.request("calling.surprise")
    assert waits.get()["method"] == "calling.surprise"
    assert sandbox.exchange.requests.awaited == 0


def test_many_wait_for_different_things_at_once(client: RawClient, sandbox: Sandbox, dial_in: DialIn) -> None:
    other = dial_in(sandbox)
    other.login(sandbox)
    mine, theirs = (each.session["sessionid"] for each in (client, other))
    newest = sandbox.requests()[-1]["number"]

    def wait(method: str | None, sessionid: str | None, after: int = newest) -> gevent.Greenlet[..., dict[str, object]]:
        return gevent.spawn(sandbox.wait_for_request, method, after=after, sessionid=sessionid, timeout=LIMIT)

    pings, ends = [wait("signalwire.ping", mine) for _ in range(50)], wait("calling.end", None)
    of_other, far = wait("signalwire.ping", theirs), wait(None, None, after=10**9)
    client.wait(lambda: sandbox.exchange.requests.awaited == 53)
    client.result("signalwire.ping")
    assert {str(each.get(timeout=LIMIT)["sessionid"]) for each in pings} == {mine}
    other.request("calling.end")
    assert ends.get(timeout=LIMIT)["sessionid"] == theirs
    other.result("signalwire.ping")
    assert of_other.get(timeout=LIMIT)["sessionid"] == theirs
    assert not far.ready()
    far.kill()
    assert sandbox.exchange.requests.awaited == 0


def test_a_login_can_be_waited_for_by_who_starts_the_client(sandbox: Sandbox, dial_in: DialIn) -> None:
    waits = gevent.spawn(sandbox.wait_for_request, "signalwire.connect", timeout=LIMIT)
    gevent.sleep(0)
    dial_in(sandbox).login(sandbox)
    found = waits.get()
    assert found["sessionid"] is None  # it has none before it is logged in
    assert found["frame"]["params"]["authentication"]["token"] == "***"


def test_who_waits_in_vain_is_told_what_came_instead(client: RawClient, sandbox: Sandbox) -> None:
    with pytest.raises(TimeoutError, match="no request calling.play came within 0 s; there came signalwire.connect"):
        sandbox.wait_for_request("calling.play", timeout=0)
    newest = sandbox.requests()[-1]["number"]
    client.request("+15550100001")
    with pytest.raises(TimeoutError, match=f"^no request x came behind frame {newest} within 0 s; there came none$"):
        sandbox.wait_for_request("x", after=newest, timeout=0)
    with pytest.raises(LookupError, match="no session has this id"):
        sandbox.wait_for_request("x", sessionid="nobody")


def test_a_stop_lets_nobody_wait(sandbox: Sandbox, client: RawClient) -> None:
    waits = gevent.spawn(sandbox.wait_for_request, "calling.play", timeout=LIMIT)
    client.wait(lambda: sandbox.exchange.requests.awaited)
    sandbox.stop()
    with pytest.raises(TimeoutError, match="the sandbox was stopped"):
        waits.get(timeout=LIMIT)


def test_a_request_that_no_journal_keeps_is_handed_to_who_waits(sandbox: Sandbox, dial_in: DialIn) -> None:
    sandbox.settings.change(journal_bytes=1)
    client = dial_in(sandbox)
    client.login(sandbox)
    waits = gevent.spawn(sandbox.wait_for_request, "signalwire.ping", timeout=LIMIT)
    client.wait(lambda: sandbox.exchange.requests.awaited)
    client.result("signalwire.ping")
    assert waits.get()["method"] == "signalwire.ping"
    assert sandbox.requests() == []
