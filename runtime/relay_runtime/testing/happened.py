"""Says in words what became of a call, for whoever expected something else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from relay_runtime.sandbox.script.run import Outcome, Run, Status

__all__ = ["nobody_there", "what_happened"]

_ENDS: Final = {
    Status.REFUSED: "the app refused the call",
    Status.PASSED: "the app passed the call on, and nobody else took it",
    Status.ABANDONED: "the caller gave up before an answer",
    Status.LOST: "the app's session was over before an answer",
}


def what_happened(run: Run, contexts: Sequence[str], reason: str = "({})") -> str:
    """Say what became of a call so far.

    Args:
        run: what is known of it.
        contexts: those that somebody has subscribed to.
        reason: how the end reason is told, which stands for ``{}``.
    """
    if run.outcome is not None:
        return _how_it_ended(run.outcome, run, contexts, reason)
    if run.status is Status.WAITING:
        return "the call is not answered yet" if run.who == "caller" else "it still rings"
    if run.status is Status.TRANSFERRED:
        return "the app has transferred the call, which is still up"
    return "the line is still up"


def nobody_there(context: str, contexts: Sequence[str]) -> str:
    """Say that nobody has subscribed to a context, and which others there are."""
    there = ", ".join(contexts) if contexts else "none: no client has subscribed to any"
    return f"nobody has subscribed to the context {context!r}; the contexts that there are: {there}"


def _how_it_ended(ended: Outcome, run: Run, contexts: Sequence[str], reason: str) -> str:
    if ended.status is Status.UNROUTED:
        return nobody_there(getattr(run.script, "context", ""), contexts)
    when = f"after {ended.seconds:.1f} s {reason.format(ended.end_reason)}"
    if ended.status in _ENDS:
        return f"{_ENDS[ended.status]} {when}"
    if ended.status is Status.UNANSWERED:
        who = "this number did not take the call" if ended.end_source == "inbound" else "the app gave the dial up"
        return f"{who} {when}"
    ends = {"inbound": f"the {run.who} hung up", "outbound": "the app hung up"}
    return f"{ends.get(ended.end_source, 'the network ended the call')} {when}"
