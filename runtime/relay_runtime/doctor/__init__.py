"""Finding out why a process can't serve calls, step by step, and how to mend it."""

from relay_runtime.doctor.examination import examine
from relay_runtime.doctor.finding import Finding, Verdict

__all__ = ["Finding", "Verdict", "examine"]
