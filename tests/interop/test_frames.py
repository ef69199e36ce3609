"""Frames compared: SignalWire's own client and ours take the same steps against one recording server.

Ids that a client makes up are told by the step that made them; everything else must be equal, but for the differences
that ``docs/migrating.md`` lists.
"""

from __future__ import annotations

import inspect
import os
import re
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from gevent import subprocess
from gevent.ssl import SSLContext
from interop.our_driver import Driver
from interop.recorder import Recorder, Requests
from interop.surface import ENDINGS, ON_ONE_CALL

from relay_runtime import Call, RelayClient

trustme = pytest.importorskip("trustme", reason="trustme makes the certificate; it is in the extra 'test'")
_NO_SDK = "signalwire-sdk is not installed; it is in the extra 'interop'"
TheirCall = pytest.importorskip("signalwire.relay.call", reason=_NO_SDK).Call
TheirClient = pytest.importorskip("signalwire.relay.client", reason=_NO_SDK).RelayClient

pytestmark = pytest.mark.interop

HERE = Path(__file__).parent
MIGRATING = HERE.parents[1] / "docs" / "migrating.md"
LIMIT = 45.0  # seconds for the official client's program

STEPS = (*ON_ONE_CALL, *ENDINGS)
LABELS = [step.label for step in STEPS]
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")
_ROW = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)

SENDS_NOTHING = {
    "on": "registers a listener",
    "on_call": "registers a handler",
    "on_message": "registers a handler",
    "wait_for": "waits for an event",
    "wait_for_ringing": "waits for an event",
    "wait_for_answered": "waits for an event",
    "wait_for_ending": "waits for an event",
    "wait_for_ended": "waits for an event",
    "connect": "sends the login, which has a test of its own",
    "disconnect": "closes the socket",
    "run": "connects and waits",
}
"""Public methods that make no request of their own, with what they do (`connect` and `disconnect` of the client)."""


class Runs(NamedTuple):
    """What each client sent."""

    official: Recorder
    ours: Recorder


def official_run(context: SSLContext, ca_file: Path) -> Recorder:
    with Recorder(context) as recorder:
        environment = {**os.environ, "SIGNALWIRE_RELAY_CA_FILE": str(ca_file), "SIGNALWIRE_LOG_MODE": "off"}
        command = [sys.executable, str(HERE / "official_driver.py"), recorder.host]
        done = subprocess.run(command, env=environment, timeout=LIMIT, capture_output=True)
    assert done.stdout.decode().splitlines() == ["done"], (done.stdout, done.stderr)
    return recorder


def our_run(context: SSLContext, ca_file: Path) -> Recorder:
    with Recorder(context) as recorder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGNALWIRE_RELAY_CA_FILE", str(ca_file))
        Driver(recorder.host).main()
    return recorder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    authority, ca_file = trustme.CA(), tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    context = SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return Runs(official_run(context, ca_file), our_run(context, ca_file))


def listed_differences() -> set[str]:
    """The steps in the table "Frames that differ" of the guide for those who move."""
    section = MIGRATING.read_text().split("## Frames that differ", 1)[1].split("\n## ", 1)[0]
    return set(_ROW.findall(section))


def told_by_step(steps: dict[str, Requests]) -> dict[str, Requests]:
    """The requests of each step, with every id that was made up named after the step that made it."""
    names: dict[str, str] = {}

    def name(value: Any, label: str, key: str) -> Any:
        if isinstance(value, dict):
            return {k: name(v, label, k) for k, v in value.items()}
        if isinstance(value, list):
            return [name(item, label, key) for item in value]
        if isinstance(value, str) and _UUID.match(value):
            return names.setdefault(value, f"<{key} of {label}>")
        return value

    return {label: [(method, name(params, label, "")) for method, params in steps[label]] for label in LABELS}


@pytest.mark.timeout(120)
def test_the_same_call_makes_the_same_frame_but_for_the_differences_that_are_listed(runs: Runs) -> None:
    official, ours = told_by_step(runs.official.steps), told_by_step(runs.ours.steps)
    different = {label for label in LABELS if official[label] != ours[label]}
    listed = listed_differences()
    print(f"frames: {len(LABELS) - len(different)} of {len(LABELS)} equal, {len(different)} differ:")  # noqa: T201 - pytest -s
    for label in sorted(different):
        print(f"  {label}\n    official: {official[label]}\n    ours:     {ours[label]}")  # noqa: T201
    assert different == listed


@pytest.mark.timeout(120)
def test_both_clients_log_in_alike_but_for_their_name(runs: Runs) -> None:
    assert {**runs.official.login, "agent": ""} == {**runs.ours.login, "agent": ""}
    assert runs.official.login["agent"] != runs.ours.login["agent"]


@pytest.mark.timeout(120)
def test_every_step_makes_one_request(runs: Runs) -> None:
    assert {label: len(runs.ours.steps[label]) for label in LABELS} == dict.fromkeys(LABELS, 1)


def public_methods(cls: type) -> set[str]:
    return {name for name, value in inspect.getmembers(cls, callable) if not name.startswith("_")}


def test_the_steps_cover_the_whole_public_surface_of_the_official_client() -> None:
    on_a_call = {step.method for step in STEPS if step.target == "call"}
    assert public_methods(TheirCall) - SENDS_NOTHING.keys() <= on_a_call
    assert {"connect", "disconnect"} <= on_a_call
    on_the_client = {step.method for step in STEPS if step.target == "client"}
    assert public_methods(TheirClient) - SENDS_NOTHING.keys() == on_the_client
    on_actions = {(step.target[1:], step.method) for step in STEPS if step.target.startswith("@")}
    assert {method for _, method in on_actions} == {"stop", "pause", "resume", "volume", "start_input_timers"}
    assert len({kind for kind, method in on_actions if method == "stop"}) == 12  # every kind of action


VERBS = sorted(public_methods(TheirCall) - SENDS_NOTHING.keys() | {"connect", "disconnect"})


@pytest.mark.parametrize("name", VERBS)
def test_the_steps_give_every_parameter_of_a_verb(name: str) -> None:
    signature = inspect.signature(getattr(TheirCall, name))
    given: set[str] = set()
    for step in STEPS:
        if (step.target, step.method) == ("call", name):
            given |= signature.bind(None, *step.args, **step.kwargs).arguments.keys()
    assert signature.parameters.keys() - {"self", "kwargs", "on_completed"} <= given


@pytest.mark.parametrize("name", sorted(public_methods(TheirCall)))
def test_a_verb_takes_what_the_official_one_takes_in_the_same_order(name: str) -> None:
    compare_signatures(getattr(TheirCall, name), getattr(Call, name))


def test_the_client_takes_what_the_official_one_takes_in_the_same_order() -> None:
    compare_signatures(TheirClient.__init__, RelayClient.__init__)
    for name in sorted(public_methods(TheirClient)):
        compare_signatures(getattr(TheirClient, name), getattr(RelayClient, name))


def compare_signatures(official: Any, our: Any) -> None:
    """Names, kinds, order and defaults are the same; what is needed there may be optional here, and more come after."""
    wanted = list(inspect.signature(official).parameters.values())
    have = list(inspect.signature(our).parameters.values())
    shared = [p for p in have if p.name in {w.name for w in wanted}]
    assert [(p.name, p.kind) for p in shared] == [(w.name, w.kind) for w in wanted]
    for one, other in zip(shared, wanted, strict=True):
        assert other.default in {one.default, inspect.Parameter.empty}
    for more in have:
        if more not in shared:
            optional = more.default is not inspect.Parameter.empty or more.kind is inspect.Parameter.VAR_KEYWORD
            assert optional, f"{official.__qualname__} has no {more.name}"
