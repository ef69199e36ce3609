"""The ``relay-runtime`` command: one module a command."""

from relay_runtime.cli.entry import app, run

__all__ = ["app", "run"]
