"""Actions: their events and the shapes that SDKs look for."""

from __future__ import annotations

from typing import Any

from doubles.one_process import in_one_process
from doubles.raw_client import DialIn

from relay_runtime.sandbox import Caller, Settings
from relay_runtime.sandbox.calls.action import Action
from relay_runtime.sandbox.ground.ground import Ground
from relay_runtime.sandbox.ground.line import Line

HTTPS = "https://example.com"


def test_sdk_shapes_add_a_state_to_detect_fax_and_pay(dial_in: DialIn) -> None:
    with in_one_process(event_shape="sdk") as sandbox:
        client = dial_in(sandbox)
        client.tolerates = frozenset({"state"})
        client.login(sandbox, "office")
        sandbox.place(Caller().dials("office").pays())
        address = client.answered()
        client.do(address, "calling.detect", control_id="d", detect={})
        client.do(address, "calling.send_fax", control_id="f", document=f"{HTTPS}/1.pdf")
        client.do(address, "calling.pay", control_id="p", payment_connector_url=f"{HTTPS}/pay")
        for kind in ("detect", "fax", "pay"):
            client.event(f"calling.call.{kind}", state="finished")


class Beep(Action):
    """An action that does nothing by itself."""

    kind = "beep"
    event_type = "calling.call.beep"


class Events:
    """Stands in for a call: keeps the events, and has a line and a ground."""

    def __init__(self) -> None:
        self.ground = Ground(Settings())
        self.line = Line()
        self.actions: dict[tuple[str, str], Action] = {}
        self.sent: list[dict[str, Any]] = []

    def event(self, event_type: str, **fields: Any) -> None:
        self.sent.append({"event_type": event_type, **fields})

    def beep(self) -> Beep:
        call: Any = self
        made = Beep(call, "b")
        self.actions["beep", "b"] = made
        self.ground.counters.actions_open += 1
        return made


def test_an_action_ends_once_and_leaves_nothing_behind() -> None:
    call = Events()
    beep = call.beep()
    beep.listen()
    beep.set_timer("a", 100, beep.stop)
    beep.stop()
    beep.stop()
    assert call.sent == [{"event_type": "calling.call.beep", "control_id": "b", "state": "finished"}]
    assert (call.actions, call.line.ears, call.ground.clock.pending) == ({}, [], 0)
    assert call.ground.counters.actions_open == 0


def test_a_timer_replaces_the_one_of_its_name_and_can_be_cancelled() -> None:
    call = Events()
    beep = call.beep()
    beep.set_timer("a", 100, beep.stop)
    beep.set_timer("a", 200, beep.stop)
    assert call.ground.clock.pending == 1
    beep.cancel_timer("a")
    beep.cancel_timer("never set")
    assert call.ground.clock.pending == 0


def test_an_action_that_listens_by_an_ear_of_its_own_takes_that_one_along() -> None:
    call = Events()
    beep = call.beep()
    ear: Any = object()
    beep.listen(ear)
    assert call.line.ears == [ear]
    beep.close()
    assert call.line.ears == []
