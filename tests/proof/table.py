"""The table of the fault matrix, as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from proof.cell import Verdict
from proof.faults import FAULTS, Fault
from proof.phases import PHASES, Phase

__all__ = ["Key", "Verdicts", "columns", "mistakes", "summary", "table"]

Key = tuple[Fault, Phase, bool]
Verdicts = Mapping[Key, Verdict]
_SESSION = {True: "restored", False: "lost"}


def columns(fault: Fault) -> list[bool]:
    """Return which of restored (True) and lost make sense for a fault."""
    if not fault.drops:
        return [True]
    return [restored for restored, can in ((True, fault.can_restore), (False, fault.can_lose)) if can]


def table(verdicts: Verdicts) -> str:
    """Return the table, the reasons of the cells that make no sense, and the mistakes if there are any."""
    reasons: dict[str, int] = {}
    lines = [
        "| fault | session | " + " | ".join(phase.name for phase in PHASES) + " |",
        "|---|---|" + "---|" * len(PHASES),
    ]
    for fault in FAULTS:
        for restored in columns(fault):
            cells = [_cell(verdicts, (fault, phase, restored), reasons) for phase in PHASES]
            session = _SESSION[restored] if fault.drops else "link stays"
            lines.append(f"| {fault.name} | {session} | {' | '.join(cells)} |")
    lines += ["", *(f"{number}. {reason}" for reason, number in reasons.items())]
    return "\n".join([*lines, "", *(f"- {name}: {what}" for name, what in mistakes(verdicts).items())])


def mistakes(verdicts: Verdicts) -> dict[str, str]:
    """Return what does not hold, by cell."""
    return {
        f"{fault.name}, {phase.name}, {_SESSION[restored]}": "; ".join(verdict.mistakes)
        for (fault, phase, restored), verdict in verdicts.items()
        if verdict.mistakes
    }


def _cell(verdicts: Verdicts, key: Key, reasons: dict[str, int]) -> str:
    fault, phase, restored = key
    reason = fault.reason_against(phase.name, restored=restored)
    if reason:
        return f"- ({reasons.setdefault(reason, len(reasons) + 1)})"
    verdict = verdicts.get(key)
    if verdict is None:
        return "not run"
    return f"**{verdict.outcome}, wrong**" if verdict.mistakes else f"{verdict.outcome} {verdict.seconds:.1f} s"


def summary(verdicts: Verdicts, seconds: float, left: list[str]) -> str:
    """Say in one paragraph what came of it."""
    outcomes = Counter(verdict.outcome for verdict in verdicts.values())
    wrong = sum(bool(verdict.mistakes) for verdict in verdicts.values())
    counted = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
    slowest = max((verdict.seconds for verdict in verdicts.values()), default=0.0)
    return (
        f"{len(verdicts)} cells of {len(FAULTS)} faults in {seconds:.0f} s: {counted}; {wrong} wrong. "
        f"Longest time from a fault to the end of its call: {slowest:.1f} s. Left over: {', '.join(left) or 'nothing'}."
    )
