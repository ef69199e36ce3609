"""Traces by OpenTelemetry: a span for each call, and below it one for each of its commands.

Needs the extra ``otel``. Nothing else imports this module, so that a client without a tracer costs nothing.
"""

from __future__ import annotations

from typing import Any, Final

from relay_actors.call.facts import CallFacts
from relay_actors.call.observer import CallObserver
from relay_runtime.version import VERSION

try:
    from opentelemetry import trace
except ImportError as error:
    raise ImportError("traces need OpenTelemetry's API: pip install 'relay-runtime[otel]'") from error

__all__ = ["CallTracer"]

_FAILED: Final = frozenset({"error", "lost"})
"""End reasons of calls that count as failed: the code crashed, or the session was lost."""


class CallTracer(CallObserver):
    """Makes spans of calls and commands; give it to `RelayClient` as its ``observer``.

    The spans hold ids, states and error codes; no number of a caller, and nothing that was said. Where they go is up to
    OpenTelemetry's SDK; without one they go nowhere.

    Args:
        provider: makes the tracer; None takes the one that is set for the whole process, whenever it is set.
    """

    def __init__(self, provider: trace.TracerProvider | None = None) -> None:
        self._tracer = trace.get_tracer("relay_runtime", VERSION, provider)
        self._calls: dict[str, tuple[trace.Span, Any]] = {}

    def context_of(self, call_id: str) -> Any:
        """Return the context of a live call's span, for spans of your own below it; None when there is none."""
        span_and_context = self._calls.get(call_id)
        return None if span_and_context is None else span_and_context[1]

    def call_began(self, call: CallFacts) -> None:
        """Begin a call's span."""
        span = self._tracer.start_span(
            "relay.call",
            context=trace.set_span_in_context(trace.INVALID_SPAN),  # a trace of its own
            kind=trace.SpanKind.CLIENT if call.direction == "outbound" else trace.SpanKind.SERVER,
            attributes={
                "relay.call_id": call.call_id,
                "relay.direction": call.direction,
                "relay.context": call.context,
                "relay.call_actor": call.kind,
            },
        )
        self._calls[call.call_id] = (span, trace.set_span_in_context(span))

    def call_changed(self, call: CallFacts) -> None:
        """Note a state in the call's span."""
        known = self._calls.get(call.call_id)
        if known is not None:
            known[0].add_event(call.state)

    def call_over(self, call_id: str, reason: str) -> None:
        """End a call's span."""
        known = self._calls.pop(call_id, None)
        if known is None:
            return
        span = known[0]
        span.set_attribute("relay.end_reason", reason)
        if reason in _FAILED:
            span.set_status(trace.StatusCode.ERROR, reason)
        span.end()

    def command_began(self, call: CallFacts, method: str) -> trace.Span:
        """Begin a command's span below its call's."""
        return self._tracer.start_span(
            method,
            context=self.context_of(call.call_id),
            kind=trace.SpanKind.CLIENT,
            attributes={"relay.call_id": call.call_id},
        )

    def command_over(self, began: object, error: BaseException | None) -> None:
        """End a command's span; a failure is told by its kind and code, since the server's words may name a caller."""
        if not isinstance(began, trace.Span):
            return
        if error is not None:
            code = getattr(error, "code", None)
            began.set_attribute("error.type", type(error).__name__)
            began.set_status(trace.StatusCode.ERROR, f"{type(error).__name__} {code}" if code else type(error).__name__)
        began.end()
