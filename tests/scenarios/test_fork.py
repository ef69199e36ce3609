"""A program that forks while it is connected, in whatever way: the child has nothing of it, and the parent all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gevent
import pytest
import trustme
from running_process import LIMIT, RunningProcess

from relay_runtime.sandbox import Caller, Sandbox, Status

pytestmark = pytest.mark.scenario

APP = Path(__file__).parents[1] / "forking_app.py"
CALLERS = [f"+1555010000{number}" for number in range(1, 7)]
EXIT_CODES = {"exit": 7, "code": 7, "raising": 1}
WAYS = (
    "plain",
    "gevent",
    "pty",
    "multiprocessing",
    "subprocess",
    "exit",
    "thread",
    "code",
    "raising",
    "callback",
    "offload",
)
VERBS = ("dial", "connect", "disconnect", "call", "wait")


def played(way: str, answered_by: str, trusted: str = "", **secured: str) -> dict[tuple[str, str], Any]:
    """Let callers ring while the program forks, see each of them served, and return what parent and child told."""
    with Sandbox(time_scale=0.01, **secured) as sandbox:
        environ = {
            "SIGNALWIRE_RELAY_CA_FILE": trusted,
            "SIGNALWIRE_PROJECT_ID": sandbox.project,
            "SIGNALWIRE_API_TOKEN": sandbox.token,
            "SIGNALWIRE_SPACE": sandbox.url,
        }
        with RunningProcess([str(APP), way], cwd=APP.parent, environ=environ) as process:
            process.wait_for_line(r'"state", "connected"', "stdout")
            placed = [sandbox.place(Caller(number).dials("office").waits_for_hangup()) for number in CALLERS]
            code = process.exit_code()
            with gevent.Timeout(LIMIT):
                outcomes = [call.wait() for call in placed]
            assert code == 0, process.last_lines
            assert [(each.status, each.heard[-1:]) for each in outcomes] == [(Status.ANSWERED, ("Thank you.",))] * 6
            told = [json.loads(line) for line in process.lines["stdout"]]
    assert [who for who, what, _ in told if what == "ran"] == [answered_by] * 6
    return {(who, what): value for who, what, value in told}


@pytest.mark.parametrize("way", [pytest.param(way, marks=() if way == "plain" else pytest.mark.proof) for way in WAYS])
def test_the_parent_serves_all_of_its_calls_and_the_child_holds_nothing_of_them(way: str) -> None:
    look_at(played(way, "parent"), EXIT_CODES.get(way, 0))


@pytest.mark.proof
def test_no_goodbye_of_tls_ends_the_connection_of_the_parent(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    certificate.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    ca, cert, key = (str(tmp_path / f"{name}.pem") for name in ("ca", "cert", "key"))
    look_at(played("exit", "parent", ca, cert=cert, key=key), EXIT_CODES["exit"])


def look_at(told: dict[tuple[str, str], Any], exit_code: int) -> None:
    assert told["parent", "exit"] == exit_code
    assert told["parent", "logins"] == 1
    assert (told["child", "sockets"], told["child", "threads"], told["child", "state"]) == (0, 1, "stopped")
    for verb in VERBS:
        assert told["child", verb].startswith("RuntimeError: this belongs to the process that connected the client")
    assert told["child", "ticks"] == 10
    assert told["child", "looked"] is True


def test_a_client_that_was_made_before_the_fork_and_is_connected_after_it_serves_calls() -> None:
    told = played("preloaded", "child")
    assert told["parent", "exit"] == 0
    assert told["child", "logins"] == 1
