"""Events of what a caller presses or says, of what a detector hears, and of a payment."""

from __future__ import annotations

import pytest
from doubles.frames import event as read

from relay_actors.wire.events import CollectEvent, DetectEvent, PayEvent


def test_digits_are_found_in_params_or_beside_the_type() -> None:
    nested: CollectEvent = read("calling.call.collect", result={"type": "digit", "params": {"digits": "12"}})
    flat: CollectEvent = read("calling.call.collect", result={"type": "digit", "digits": "12"})
    assert nested.digits == flat.digits == "12"


def test_what_was_said_comes_with_its_confidence() -> None:
    event: CollectEvent = read(
        "calling.call.collect", result={"type": "speech", "params": {"text": "yes", "confidence": 83}}
    )
    assert (event.type, event.text, event.confidence, event.digits) == ("speech", "yes", 83.0, "")


def test_a_detector_tells_what_it_heard() -> None:
    event: DetectEvent = read(
        "calling.call.detect", detect={"type": "machine", "params": {"event": "READY", "beep": True}}
    )
    assert (event.type, event.event, event.beep) == ("machine", "READY", True)


def test_a_payment_tells_what_it_asks_for_and_how_it_ended() -> None:
    asking: PayEvent = read("calling.call.pay", **{"for": "security-code", "attempt": "1"})
    assert (asking.for_, asking.attempt, asking.result, asking.success) == ("security-code", "1", "", False)
    assert read("calling.call.pay", result="success").success is True


@pytest.mark.parametrize(
    "result", [None, [], {"type": 7}, {"params": "x"}, {"params": {"digits": 5, "confidence": "?"}}]
)
def test_a_result_of_another_shape_has_nothing_in_it(result: object) -> None:
    event: CollectEvent = read("calling.call.collect", result=result)
    assert (event.type, event.digits, event.text, event.terminator, event.confidence) == ("", "", "", "", 0.0)


@pytest.mark.parametrize("detect", [None, [], {"type": 7, "params": []}, {"params": {"event": 5, "beep": "yes"}}])
def test_a_detection_of_another_shape_has_nothing_in_it(detect: object) -> None:
    event: DetectEvent = read("calling.call.detect", detect=detect)
    assert (event.type, event.event, event.beep) == ("", "", False)
