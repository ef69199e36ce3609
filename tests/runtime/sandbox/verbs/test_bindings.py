"""calling.bind_digit and calling.clear_digit_bindings (protocol 7.5)."""

from __future__ import annotations

import pytest
from doubles.raw_client import PlaceCall, RawClient

from relay_runtime.sandbox import Caller


def test_a_bound_key_runs_its_method_so_many_times(client: RawClient, call: PlaceCall) -> None:
    run, address = call(Caller())
    bound = {"control_id": "p", "play": [{"type": "silence", "params": {"duration": 0.1}}]}
    client.do(address, "calling.bind_digit", digits="*1", bind_method="calling.play", params=bound, max_triggers=1)
    assert client.code(address, "calling.bind_digit", digits="1", bind_method="calling.nonsense") == "400"
    for digit in "5**1*1":
        run.call.line.press(digit)
    client.event("calling.call.play", state="finished")
    assert client.states("calling.call.play") == ["playing", "finished"]


@pytest.mark.parametrize(("realm", "left"), [({}, 1), ({"realm": "menu"}, 1), ({"realm": "all"}, 0)])
def test_bindings_are_cleared_by_realm(client: RawClient, call: PlaceCall, realm: dict[str, str], left: int) -> None:
    run, address = call(Caller())
    for name in ("default", "menu"):
        bind = {"digits": "1", "bind_method": "calling.end", "realm": name}
        client.do(address, "calling.bind_digit", **bind)
    client.do(address, "calling.clear_digit_bindings", **realm)
    assert len(run.call.line.ears) == left
