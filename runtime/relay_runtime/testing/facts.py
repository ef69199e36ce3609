"""What only the far end of a call knows, said before the call: for detectors, faxes, payments and transfers."""

from __future__ import annotations

from typing import Generic, Self, TypeVar

from relay_runtime.sandbox.script.script import Script

__all__ = ["Facts"]

S = TypeVar("S", bound=Script)


class Facts(Generic[S]):
    """Says who is at a far end, as the scripts of the sandbox do.

    Args:
        script: what is known of it so far.
    """

    def __init__(self, script: S) -> None:
        self._script = script

    def _known_as(self, script: S) -> Self:
        """Return one of whom this is known."""
        raise NotImplementedError

    def is_human(self) -> Self:
        """Let answering-machine detectors find a person."""
        return self._known_as(self._script.is_human())

    def is_machine(self, beep_after: float | None = 5.0) -> Self:
        """Let answering-machine detectors find a machine, ready after so many seconds; None: never."""
        return self._known_as(self._script.is_machine(beep_after))

    def is_unknown(self) -> Self:
        """Let answering-machine detectors reach no conclusion."""
        return self._known_as(self._script.is_unknown())

    def is_fax(self, pages: int = 1, error: str | None = None) -> Self:
        """Be a fax machine, with so many pages to send; ``error`` is a text with which a transmission fails."""
        return self._known_as(self._script.is_fax(pages, error))

    def pays(self, result: str = "success", **fields: str) -> Self:
        """Let a payment end with this ``result``, with extra fields in its event."""
        return self._known_as(self._script.pays(result, **fields))

    def refers(self, state: str = "success") -> Self:
        """Let a SIP REFER of this call end in this state."""
        return self._known_as(self._script.refers(state))
