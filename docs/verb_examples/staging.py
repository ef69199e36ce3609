"""What is around an example: who is on the line, what they do meanwhile, and whether the call is still an offer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from relay_runtime.testing import Line
from relay_runtime.testing.caller import LiveCaller

__all__ = ["Staging", "staged", "staging_of"]

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Staging:
    """What is around an example.

    Attributes:
        caller: makes the caller who they are, before they dial; None: a person at a phone.
        line: what the person does once the call is there; None: they listen.
        offered: whether the call has not been answered when the example begins.
        connected: whether the client of an example has been connected when it begins.
    """

    caller: Callable[[LiveCaller], LiveCaller] | None = None
    line: Callable[[Line], object] | None = None
    offered: bool = False
    connected: bool = True


_STAGINGS: dict[Callable[..., Any], Staging] = {}


def staged(
    *,
    caller: Callable[[LiveCaller], LiveCaller] | None = None,
    line: Callable[[Line], object] | None = None,
    offered: bool = False,
    connected: bool = True,
) -> Callable[[F], F]:
    """Say what is around an example; see `Staging`."""

    def note(function: F) -> F:
        _STAGINGS[function] = Staging(caller, line, offered, connected)
        return function

    return note


def staging_of(function: Callable[..., Any]) -> Staging:
    """Return what is around an example."""
    return _STAGINGS.get(function, Staging())
