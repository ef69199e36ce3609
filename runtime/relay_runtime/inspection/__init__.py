"""Looking into a running process, over a local socket that only its owner can open."""

from relay_runtime.inspection.answers import Answers
from relay_runtime.inspection.asking import Asker, NotAnsweringError
from relay_runtime.inspection.places import (
    PlaceError,
    control_directory,
    default_path,
    private_directory,
    running_sockets,
)
from relay_runtime.inspection.process_calls import ProcessCalls
from relay_runtime.inspection.protocol import Problem
from relay_runtime.inspection.reports import Drained, Report, WorkerReport
from relay_runtime.inspection.server import ControlServer

__all__ = [
    "Answers",
    "Asker",
    "ControlServer",
    "Drained",
    "NotAnsweringError",
    "PlaceError",
    "Problem",
    "ProcessCalls",
    "Report",
    "WorkerReport",
    "control_directory",
    "default_path",
    "private_directory",
    "running_sockets",
]
