"""Writing to the terminal: results to stdout, for people or as JSON."""

from __future__ import annotations

import sys
from typing import Any

import msgspec
from rich.console import Console

__all__ = ["place_call_with", "print_json", "results"]

_WIDE = 160
"""Columns where there is no terminal: nothing is cut off in a file or a pipe."""


def results() -> Console:
    """Return a console on stdout that reads no markup in what it prints."""
    return Console(
        file=sys.stdout,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=True,
        width=None if sys.stdout.isatty() else _WIDE,
    )


def print_json(value: Any) -> None:
    """Write a value as one line of JSON."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def place_call_with(control_url: str, context: str) -> str:
    """Return the shell command that places a call."""
    steps = '[{"waits": 2}, {"presses": "1"}, {"waits_for_hangup": 30}]'
    body = f'{{"context": "{context}", "steps": {steps}}}'
    return f"curl -s {control_url}/calls -H 'Content-Type: application/json' -d '{body}'"
