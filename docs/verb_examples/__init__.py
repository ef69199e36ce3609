"""An example of each verb of a call, and of each request of a client, as they are shown in docs/reference.

A function is the example of the method that it is called like; it is written as one for `RelayClient.on_call` is. Its
docstring says what it does, and `staged` what is around it.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from verb_examples import (
    ai,
    client,
    collect,
    conference,
    detect,
    fax,
    media,
    pay,
    queue,
    setup,
    speech,
    tap_stream,
    waiting,
)

__all__ = ["OF_CALLS", "OF_CLIENTS"]


def _of(*modules: ModuleType) -> dict[str, Callable[..., Any]]:
    return {name: getattr(module, name) for module in modules for name in module.__all__}


OF_CALLS = _of(setup, media, collect, detect, fax, tap_stream, pay, conference, queue, ai, speech, waiting)
"""From a method of `Call` to its example, which is handed a call."""

OF_CLIENTS = _of(client)
"""From a method of `RelayClient` to its example, which is handed a client."""
