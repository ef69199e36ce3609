"""Whether a session can be resumed from another process, by what, with which contexts, and for how long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from relay_actors.errors import RelayError
from relay_actors.kit.ids import new_id
from relay_actors.session.state import Session
from relay_runtime.doctor.finding import Finding, Verdict, fine, skipped, warning
from relay_runtime.doctor.resume.heir import Heir, HeirFailed
from relay_runtime.doctor.resume.tasks import TaskRefused
from relay_runtime.doctor.resume.trials import MOMENT, Clock, RealClock, Trials
from relay_runtime.doctor.resume.window import look_at_window
from relay_runtime.settings.client import resolve
from relay_runtime.websocket import WebSocketError

__all__ = ["CHECKS", "look_at_resume"]

CHECKS: Final = ("resume", "resume key", "resume list", "window")

_LOST: Final = "calls do not outlive their connection at this server, nor their process"
_NO_TASK: Final = "which count was not found out: no task came"
_AGAIN: Final = "try again; give --timeout more seconds if the server is slow"


def look_at_resume(
    window: float, timeout: float, tell: Callable[[str], object], clock: Clock | None = None
) -> Iterator[Finding]:
    """Give what each trial finds, as it ends. Blocks the current greenlet.

    All sessions are begun for that, with contexts made up for that: nobody's calls come here, and no session of
    others is touched. The settings are those of the environment, which the other process has too.

    Args:
        window: seconds for which a session is left alone at most.
        timeout: seconds for each step on the network.
        tell: takes a word while a trial lasts.
        clock: what the trials wait by; None is the real one.
    """
    trials = Trials(resolve(), timeout, tell, clock or RealClock())
    looks: dict[str, Callable[[], Finding]] = {
        "resume": lambda: _another_process(trials),
        "resume key": lambda: _key(trials),
        "resume list": lambda: _lists(trials),
        "window": lambda: look_at_window(trials, window),
    }
    ended = False
    for check, look in looks.items():
        if ended:
            yield skipped(check, "no session is resumed")
            continue
        try:
            finding = look()
        except (RelayError, WebSocketError, HeirFailed, OSError) as error:
            finding = warning(check, f"not found out: {error}", _AGAIN)
        else:
            ended = check == "resume" and finding.verdict is Verdict.WARNING
        yield finding


def _another_process(trials: Trials) -> Finding:
    """Lose the connection of this process, and resume its session from another one."""
    with Heir() as heir:
        heir.wait_until_ready()
        outcome = heir.resume(trials.begin(_made_up()).lose(), trials.timeout)
    if outcome.restored:
        return fine("resume", f"another process with the same contexts: {outcome}")
    return warning("resume", f"another process with the same contexts: {outcome}", _LOST)


def _key(trials: Trials) -> Finding:
    """See what has to be sent beside the name of a session."""
    visit = trials.begin()
    first = visit.session.authorization_state
    if not first:
        visit.lose()
        return fine("resume key", "the server gives no authorization_state: the name of a session is enough")
    visit = trials.resume(visit.lose())
    trials.clock.sleep(MOMENT)  # in which a newer state may come
    newest = visit.lose()
    found = [f"without authorization_state: {_resumed_by(trials, newest, '')}"]
    if newest.authorization_state == first:
        found.append("no newer one came at a resume, so that an old one could not be tried")
    else:
        found.append(f"with an old one: {_resumed_by(trials, newest, first)}")
    return fine("resume key", "; ".join(found))


def _resumed_by(trials: Trials, session: Session, state: str) -> str:
    visit = trials.resume(msgspec.structs.replace(session, authorization_state=state))
    visit.lose()
    return str(visit.outcome)


def _lists(trials: Trials) -> Finding:
    """See with which contexts a session can be resumed, and which it has then."""
    former, other = _made_up(), _made_up()
    session = trials.begin(former).lose()
    found, known = [], False
    for title, contexts in (("other contexts", (other,)), ("no contexts", ())):
        visit = trials.resume(msgspec.structs.replace(session, contexts=contexts))
        text = f"with {title}: {visit.outcome}"
        if visit.outcome.restored:
            try:
                heard = trials.heard(visit, former, other)
            except TaskRefused as refused:
                text += f", which count was not found out: {refused}"
            else:
                known = known or bool(heard)
                text += f", {_counting(heard, former, contexts) if known else _NO_TASK}"
            session = visit.session
        visit.lose()
        found.append(text)
    return fine("resume list", "; ".join(found))


def _counting(heard: set[str], former: str, contexts: tuple[str, ...]) -> str:
    """Say which contexts count after a resume with some, by those whose tasks came."""
    if not contexts:
        return "the former ones stay" if heard else "none is left"
    if former not in heard:
        return "which take the place of the former ones"
    return "which are added to the former ones" if len(heard) > 1 else "and the former ones stay in their place"


def _made_up() -> str:
    """Return a context that nobody serves, and nobody calls."""
    return f"doctor-{new_id()}"
