"""Several processes that serve calls under one parent, each with a connection of its own."""

from relay_runtime.workers.answers import FleetAnswers
from relay_runtime.workers.lifeline import Lifeline
from relay_runtime.workers.metrics import FleetMetrics
from relay_runtime.workers.parent import Fleet
from relay_runtime.workers.policy import Policy, share
from relay_runtime.workers.worker import Blueprint

__all__ = ["Blueprint", "Fleet", "FleetAnswers", "FleetMetrics", "Lifeline", "Policy", "share"]
