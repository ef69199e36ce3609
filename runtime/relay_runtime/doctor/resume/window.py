"""How long the server keeps a session that has lost its connection."""

from __future__ import annotations

import math
from typing import Final

from relay_runtime.doctor.finding import Finding, fine, warning
from relay_runtime.doctor.resume.trials import Trials

__all__ = ["look_at_window"]

_FIRST: Final = 1.0  # seconds
_SHORT: Final = 2.0  # seconds: a successor that runs already has to look, and to log in
_CLOSE: Final = 0.5  # seconds between the bounds that are close enough, however short the window is


def look_at_window(trials: Trials, limit: float) -> Finding:
    """Lose a session for longer and longer, until it is gone; then halve what lies between.

    Blocks the current greenlet, for some four times the limit. What is reported was measured: from the loss to
    the beginning of the login for a session that was kept, to its reply for one that was gone.

    Args:
        trials: sessions of the examination's own.
        limit: seconds for which one is left alone at most.
    """
    clock, kept, gone = trials.clock, 0.0, math.inf
    wait: float | None = min(_FIRST, limit)
    visit = trials.begin()
    while wait is not None:
        trials.tell(f"window: {_bounds(kept, gone)}leaving a session alone for {wait:.1f} s")
        lost, session = clock.now(), visit.lose()
        clock.sleep(wait)
        back = clock.now()
        visit = trials.resume(session)
        if visit.outcome.restored:
            kept = max(kept, back - lost)
        else:
            gone = min(gone, clock.now() - lost)
            visit.lose()
            visit = trials.begin()
        wait = _next(wait, kept, gone, limit)
    visit.lose()
    return _found(kept, gone)


def _next(wait: float, kept: float, gone: float, limit: float) -> float | None:
    """Return how long to wait the next time, or None if the window is known well enough."""
    if gone == math.inf:
        return None if wait >= limit else min(limit, 2 * wait)
    return None if gone - kept <= max(kept / 3, _CLOSE) else (kept + gone) / 2


def _bounds(kept: float, gone: float) -> str:
    told = [f"kept for {kept:.1f} s"] if kept else []
    told += [f"gone after {gone:.1f} s"] if gone < math.inf else []
    return f"{', '.join(told)}; " if told else ""


def _found(kept: float, gone: float) -> Finding:
    text = f"a session without a connection is {_bounds(kept, gone).removesuffix('; ')}"
    if gone == math.inf:
        return fine("window", f"{text} at least; a larger --window tries longer")
    if kept < _SHORT:
        return warning(
            "window", text, "calls outlive their connection, or their process, only if it is replaced within that time"
        )
    return fine("window", text)
