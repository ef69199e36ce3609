"""Words of the protocol, where programs for SignalWire's own client import them from."""

# ruff: noqa: F403 - all of them

from __future__ import annotations

from relay_actors.wire.constants import *
