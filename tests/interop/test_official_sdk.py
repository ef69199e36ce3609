"""The independent judge: SignalWire's own client, unpatched, over wss, against the sandbox."""

import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from doubles.hub import until
from gevent import subprocess

from relay_runtime.sandbox import Callee, Caller, Sandbox, Status

trustme = pytest.importorskip("trustme", reason="trustme makes the certificate; it is in the extra 'test'")

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(
        importlib.util.find_spec("signalwire") is None,
        reason="signalwire-sdk is not installed; it is in the extra 'interop'",
    ),
]

PROGRAM = Path(__file__).with_name("official_sdk_program.py")
LIMIT = 45.0


class Judge:
    """The process of the official client, and what it has told so far."""

    def __init__(self, sandbox: Sandbox, ca_file: Path, scenario: str) -> None:
        host = sandbox.url.removeprefix("wss://")
        environment = {**os.environ, "SIGNALWIRE_RELAY_CA_FILE": str(ca_file), "SIGNALWIRE_LOG_MODE": "off"}
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), host, sandbox.project, sandbox.token, scenario],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        self.told: list[dict[str, Any]] = []
        self._reader = gevent.spawn(self._read)
        self._complaints = gevent.spawn(self.process.stderr.read)

    def _read(self) -> None:
        for line in self.process.stdout:
            self.told.append(json.loads(line))

    def hears(self, what: str) -> dict[str, Any]:
        with gevent.Timeout(LIMIT, False):
            while not self._found(what) and not self._reader.ready():
                gevent.sleep(0.01)
        assert self._found(what), (what, self.told, self._complaints.get(timeout=5) if self._reader.ready() else b"")
        return self._found(what)[0]

    def _found(self, what: str) -> list[dict[str, Any]]:
        return [each for each in self.told if each["what"] == what]

    def end(self) -> None:
        self.process.kill()
        self.process.wait(5)
        self._reader.kill()
        self._complaints.kill()
        self.process.stdout.close()
        self.process.stderr.close()


@pytest.fixture
def wss(tmp_path: Path) -> Iterator[tuple[Sandbox, Path]]:
    authority, ca_file = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    cert, key = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    with Sandbox(time_scale=0.02, cert=cert, key=key) as sandbox:
        yield sandbox, ca_file


@pytest.fixture
def judge(wss: tuple[Sandbox, Path]) -> Iterator[Callable[[str], Judge]]:
    made: list[Judge] = []

    def start(scenario: str) -> Judge:
        made.append(Judge(*wss, scenario))
        return made[-1]

    yield start
    for each in made:
        each.end()


@pytest.mark.timeout(90)
def test_the_official_client_serves_dials_and_texts_over_the_sandbox(
    wss: tuple[Sandbox, Path], judge: Callable[[str], Judge]
) -> None:
    sandbox, _ = wss
    sandbox.on_dial("+15550100002", Callee().rings(1).answers().hears("a call for you").hangs_up())
    sandbox.on_dial("+15550100004", Callee().is_busy())
    sandbox.on_dial("+15550100005", Callee().answers().says("this is the peer").waits_for_hangup())
    client = judge("everything")
    client.hears("connected")

    run = sandbox.place(
        Caller("+15550100001")
        .dials("office")
        .is_machine(beep_after=2)
        .hears("Press 1")
        .presses("1")
        .waits(60)
        .presses("42")
        .hears("this is the peer")
        .presses("9")
        .hears("Goodbye")
        .waits_for_hangup()
    )
    assert client.hears("offered")["direction"] == "inbound"
    assert client.hears("collected")["result"] == {"type": "digit", "params": {"digits": "1", "terminator": ""}}
    assert client.hears("collected again")["result"]["params"] == {"digits": "42", "terminator": ""}
    assert client.hears("detected")["event"] == "MACHINE"
    assert client.hears("bridged")["peer"] is True
    until(lambda: any("presses 9" in entry.what for entry in run.transcript), "the peer was not heard", LIMIT)
    sandbox.emit(run.call_id, "calling.user_event", event={"heard": True})  # on this the client goes on
    outcome = run.wait(20)
    assert (outcome.status, outcome.failure, outcome.end_source) == (Status.ANSWERED, None, "outbound")
    assert client.hears("played")["state"] == "finished"
    assert client.hears("recorded")["url"].endswith(".wav")
    assert client.hears("ended")["reason"] == "hangup"

    sandbox.sends_message(from_number="+15550100001", to_number="+15550100099", body="hello", context="office")
    assert client.hears("texted")["body"] == "hello"
    assert client.hears("sent")["state"] == "delivered"
    assert client.hears("dialled")["state"] == "answered"
    client.hears("callee hung up")
    assert client.hears("dial failed")["error"] == "RelayError"
    client.hears("done")
    assert sandbox.errors == []
    assert sandbox.counters.calls_up == 0


@pytest.mark.timeout(60)
def test_the_official_client_resumes_after_a_cut_and_gets_what_it_missed(
    wss: tuple[Sandbox, Path], judge: Callable[[str], Judge]
) -> None:
    sandbox, _ = wss
    client = judge("resume")
    with gevent.Timeout(LIMIT):
        while not (sandbox.sessions() and sandbox.session().contexts):
            gevent.sleep(0.01)
    run = sandbox.place(Caller("+15550100001").dials("office").waits_for_hangup())
    client.hears("playing")
    sandbox.cut()
    outcome = run.wait(20)
    assert (outcome.status, outcome.end_source, outcome.failure) == (Status.ANSWERED, "outbound", None)
    assert client.hears("played")["state"] == "finished"
    client.hears("done")
    assert sandbox.counters.resumes == 1
