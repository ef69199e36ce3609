"""The version of the installed package, and how the client names itself to the server."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

__all__ = ["AGENT", "VERSION"]

try:
    VERSION = version("relay-runtime")
except PackageNotFoundError:  # run from a checkout that is not installed
    VERSION = "0"

AGENT = f"relay-runtime/{VERSION}"
