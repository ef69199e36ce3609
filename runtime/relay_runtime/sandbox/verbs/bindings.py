"""calling.bind_digit and calling.clear_digit_bindings (protocol 7.5)."""

from __future__ import annotations

from typing import Annotated, Any, Final

from loguru import logger
from msgspec import Meta, field

from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.verbs.table import VERBS, Params, RefusalError, perform, verb

_ALL: Final = "all"


class BindParams(Params):
    """Params of calling.bind_digit."""

    digits: Annotated[str, Meta(pattern="^[0-9*#A-Da-d]+$")]
    bind_method: str
    params: dict[str, Any] = field(default_factory=dict)
    realm: str = "default"
    max_triggers: Annotated[int, Meta(ge=1)] | None = None


class ClearParams(Params):
    """Params of calling.clear_digit_bindings; without a realm only ``default`` goes (protocol 16.26)."""

    realm: str = "default"


class Binding:
    """A method that runs whenever a sequence of keys is pressed.

    Args:
        call: the call it is bound on.
        params: what was asked for.
    """

    def __init__(self, call: Call, params: BindParams) -> None:
        self._call = call
        self._params = params
        self._left = params.max_triggers
        self._keys = ""

    @property
    def realm(self) -> str:
        """The group it belongs to."""
        return self._params.realm

    def on_digit(self, digit: str) -> None:
        """Run the method when the sequence is complete."""
        self._keys = (self._keys + digit)[-len(self._params.digits) :]
        if self._keys != self._params.digits or self._call.session is None:
            return
        self._keys = ""
        address = {"node_id": self._call.node_id, "call_id": self._call.call_id}
        try:
            perform(self._call.session, self._params.bind_method, {**self._params.params, **address})
        except RefusalError as refusal:
            logger.warning("a bound {} was refused: {}", self._params.bind_method, refusal)
        if self._left is not None:
            self._left -= 1
            if self._left == 0 and self in self._call.line.ears:
                self._call.line.ears.remove(self)

    def on_speech_begins(self, text: str) -> None:
        """Take no notice of speech."""

    def on_speech_ends(self, text: str) -> None:
        """Take no notice of speech."""


@verb("calling.bind_digit", "Digit binding created", BindParams)
def bind_digit(call: Call, params: BindParams) -> None:
    """Run a method whenever some keys are pressed."""
    entry = VERBS.get(params.bind_method)
    if entry is None or not entry.of_call:
        raise RefusalError("400", "calling.bind_digit: bind_method must be a method of a call, such as calling.play")
    call.line.ears.append(Binding(call, params))


@verb("calling.clear_digit_bindings", "Digit bindings cleared", ClearParams)
def clear_digit_bindings(call: Call, params: ClearParams) -> None:
    """Drop the bindings of a realm."""
    for ear in list(call.line.ears):
        if isinstance(ear, Binding) and params.realm in {_ALL, ear.realm}:
            call.line.ears.remove(ear)
