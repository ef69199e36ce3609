"""calling.ai_sidecar (protocol 7.6)."""

from __future__ import annotations

from doubles.raw_client import PlaceCall, RawClient

from relay_runtime.sandbox import Caller


def test_a_sidecar_is_poked_asked_and_detached(client: RawClient, call: PlaceCall) -> None:
    _, address = call(Caller())
    client.do(address, "calling.ai_sidecar", lang="en-US", prompt="Coach")
    client.do(address, "calling.ai_sidecar.poke", text="now")
    ask_id = client.do(address, "calling.ai_sidecar.ask", text="why?")["ask_id"]
    client.do(address, "calling.ai_sidecar.status")
    client.do(address, "calling.ai_sidecar.stop")
    client.wait(lambda: len(client.events("calling.ai.sidecar")) == 6)
    bodies = [body["sidecar_event"] for body in client.events("calling.ai.sidecar")]
    assert [body["type"] for body in bodies] == ["start", "insight", "ask_request", "ask_answer", "stop", "final"]
    assert bodies[3]["ask_id"] == ask_id
