"""Several processes that serve calls under one parent, each with a connection of its own."""

from relay_runtime.workers.calls import WorkersCalls
from relay_runtime.workers.lifeline import Errand, Lifeline
from relay_runtime.workers.metrics import ParentMetrics
from relay_runtime.workers.parent import Parent
from relay_runtime.workers.policy import Policy, share
from relay_runtime.workers.recycling import Recycling
from relay_runtime.workers.tally import TallyKeeper
from relay_runtime.workers.watchdog import Watchdog
from relay_runtime.workers.worker import Blueprint

__all__ = [
    "Blueprint",
    "Errand",
    "Lifeline",
    "Parent",
    "ParentMetrics",
    "Policy",
    "Recycling",
    "TallyKeeper",
    "Watchdog",
    "WorkersCalls",
    "share",
]
