"""Traces of calls."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from doubles.exchange import Exchange
from doubles.frames import dial_event, leg_event, offer, state
from doubles.started import Started
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from relay_actors.call.call import Call, CallActor
from relay_actors.call.observer import GuardedObserver
from relay_actors.errors import RelayError
from relay_runtime.watch.tracing import CallTracer

NUMBER = "+15550100001"  # of the caller, in `offer`


class Traced:
    """An exchange whose calls are traced."""

    def __init__(self, started: Started, kind: Any = Call) -> None:
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.provider = provider
        self.tracer = CallTracer(provider)
        self.exchange = Exchange(started, kind, observer=GuardedObserver(self.tracer))

    def spans(self) -> dict[str, ReadableSpan]:
        """The spans that have ended, by name."""
        return {span.name: span for span in self.exporter.get_finished_spans()}


class Greeting(CallActor):
    def run(self) -> None:
        self.answer()
        self.wait_for_ended()


@pytest.fixture
def started() -> Any:
    actors = Started()
    yield actors
    actors.end()


def test_a_call_is_a_span_and_its_commands_are_below_it(started: Started) -> None:
    traced = Traced(started, Greeting)
    traced.exchange.gets(offer())
    traced.exchange.gets(state("answered"))
    traced.exchange.gets(state("ended", end_reason="hangup"))
    traced.exchange.is_empty()
    call, answer = traced.spans()["relay.call"], traced.spans()["calling.answer"]
    assert call.parent is None
    assert call.kind is SpanKind.SERVER
    assert call.attributes == {
        "relay.call_id": "c1",
        "relay.direction": "inbound",
        "relay.context": "office",
        "relay.call_actor": "Greeting",
        "relay.end_reason": "hangup",
    }
    assert [event.name for event in call.events] == ["answered"]
    assert answer.parent == call.context
    assert answer.kind is SpanKind.CLIENT
    assert answer.status.status_code is StatusCode.UNSET


def test_a_dialled_call_is_a_span_of_the_client(started: Started) -> None:
    traced = Traced(started)
    traced.exchange.dials()
    traced.exchange.gets(leg_event("ringing", "b", "T"), dial_event("answered", "T", winner="b"))
    traced.exchange.gets(state("ended", "b", end_reason="hangup"))
    call = traced.spans()["relay.call"]
    assert call.kind is SpanKind.CLIENT
    assert [event.name for event in call.events] == ["ringing", "answered"]


def test_a_command_that_fails_is_marked_without_the_words_of_the_server(started: Started) -> None:
    traced = Traced(started)
    traced.exchange.gets(offer())
    traced.exchange.board.answers["calling.play"] = RelayError(400, f"{NUMBER} may not be called")
    with pytest.raises(RelayError):
        traced.exchange.calls[0].command("calling.play", {})
    play = traced.spans()["calling.play"]
    assert play.status.status_code is StatusCode.ERROR
    assert play.status.description == "RelayError 400"
    assert play.attributes is not None
    assert play.attributes["error.type"] == "RelayError"
    assert NUMBER not in play.to_json()


@pytest.mark.parametrize(("reason", "status"), [("error", StatusCode.ERROR), ("busy", StatusCode.UNSET)])
def test_a_call_that_ended_by_an_error_has_failed(started: Started, reason: str, status: StatusCode) -> None:
    traced = Traced(started)
    traced.exchange.gets(offer(), state("ended", end_reason=reason))
    assert traced.spans()["relay.call"].status.status_code is status


def test_no_span_names_a_caller(started: Started) -> None:
    traced = Traced(started, Greeting)
    traced.exchange.gets(offer())
    traced.exchange.gets(state("ended", end_reason="hangup"))
    traced.exchange.is_empty()
    assert len(traced.spans()) == 2
    for span in traced.spans().values():
        assert NUMBER not in span.to_json()


def test_a_span_of_ones_own_can_be_put_below_the_call(started: Started) -> None:
    traced = Traced(started)
    traced.exchange.gets(offer())
    own = traced.provider.get_tracer("app").start_span("look up", context=traced.tracer.context_of("c1"))
    own.end()
    traced.exchange.gets(state("ended", end_reason="hangup"))
    assert traced.spans()["look up"].parent == traced.spans()["relay.call"].context


def test_nothing_is_kept_of_a_call_that_is_over(started: Started) -> None:
    traced = Traced(started)
    traced.exchange.gets(offer(), state("ended", end_reason="hangup"))
    assert traced.tracer.context_of("c1") is None
    traced.tracer.call_over("c1", "again")
    assert len(traced.exporter.get_finished_spans()) == 1


@pytest.mark.slow
def test_without_the_package_the_error_says_what_to_install() -> None:
    program = "import sys; sys.modules['opentelemetry'] = None; import relay_runtime.watch.tracing"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "pip install 'relay-runtime[otel]'" in done.stderr


@pytest.mark.slow
def test_a_client_without_a_tracer_loads_no_package_for_traces() -> None:
    loaded = "[m for m in sys.modules if m.startswith('opentelemetry')]"
    program = f"import sys, relay_runtime.client.client; print({loaded})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
