"""The verbs that the sandbox plays, grouped by subject; importing this package fills the table."""

from relay_runtime.sandbox.verbs import call_setup, collect, messaging, play, record, send_digits, subscription
from relay_runtime.sandbox.verbs.table import VERBS

__all__ = [
    "VERBS",
    "call_setup",
    "collect",
    "messaging",
    "play",
    "record",
    "send_digits",
    "subscription",
]
