"""What one check found."""

from __future__ import annotations

from enum import StrEnum

import msgspec

__all__ = ["Finding", "Verdict", "fault", "fine", "skipped", "warning"]


class Verdict(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"
    SKIPPED = "skipped"


class Finding(msgspec.Struct, frozen=True):
    """What one check found.

    Attributes:
        check: its name.
        verdict: how it ended.
        says: what was found, without secrets.
        mend: what to do about it, or an empty string.
    """

    check: str
    verdict: Verdict
    says: str
    mend: str = ""


def fine(check: str, says: str) -> Finding:
    """Return that all is well."""
    return Finding(check, Verdict.OK, says)


def warning(check: str, says: str, mend: str) -> Finding:
    """Return that calls can be served, but something asks for a look."""
    return Finding(check, Verdict.WARNING, says, mend)


def fault(check: str, says: str, mend: str) -> Finding:
    """Return that calls can't be served."""
    return Finding(check, Verdict.FAULT, says, mend)


def skipped(check: str, why: str) -> Finding:
    """Return that there was nothing to check, or that an earlier fault made it pointless."""
    return Finding(check, Verdict.SKIPPED, why)
