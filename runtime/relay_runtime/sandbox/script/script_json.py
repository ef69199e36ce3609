"""Scripts written in JSON, for the control port: a list of steps named as the methods of a script are."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from relay_runtime.sandbox.script.script import Callee, Caller, Script

__all__ = ["callee_from", "caller_from"]

S = TypeVar("S", bound=Script)

_STEPS: Final = (
    "hears", "hears_digits", "presses", "says", "waits", "hangs_up", "hangs_up_while_hearing", "waits_for_hangup",
    "texts", "is_human", "is_machine", "is_unknown", "is_fax", "pays", "refers",
)  # fmt: skip
_CALLER_STEPS: Final = (*_STEPS, "dials", "abandons", "over_sip")
_CALLEE_STEPS: Final = (
    *_STEPS, "rings", "answers", "is_busy", "declines", "never_answers", "does_not_exist", "fails",
)  # fmt: skip


def caller_from(number: str, steps: Any) -> Caller:
    """Return the caller that a list of steps describes.

    Raises:
        ValueError: a step is unknown or has wrong arguments.
    """
    return _with_steps(Caller(number), steps, _CALLER_STEPS)


def callee_from(steps: Any) -> Callee:
    """Return the callee that a list of steps describes.

    Raises:
        ValueError: a step is unknown or has wrong arguments.
    """
    return _with_steps(Callee(), steps, _CALLEE_STEPS)


def _with_steps(script: S, steps: Any, names: tuple[str, ...]) -> S:
    if not isinstance(steps, list):
        raise ValueError(  # noqa: TRY004 (what a user wrote, not a type of the program)
            'steps must be a list, such as [{"hears": "Press 1"}, {"presses": "1"}, "hangs_up"]'
        )
    for place, step in enumerate(steps, 1):
        name, argument = _read(step, place)
        if name not in names:
            raise ValueError(f"step {place} is {name!r}; the steps are {', '.join(names)}")
        try:
            script = _apply(script, name, argument)
        except (TypeError, ValueError) as error:
            raise ValueError(f"step {place} ({name}): {error}") from None
    return script


def _read(step: Any, place: int) -> tuple[str, Any]:
    """Return the name and the argument of a step: a text, or an object with one key."""
    if isinstance(step, str):
        return step, {}
    if isinstance(step, dict) and len(step) == 1:
        name, argument = next(iter(step.items()))
        return str(name), argument
    raise ValueError(f'step {place} must be a name, or an object with one name, such as {{"hears": "Press 1"}}')


def _apply(script: S, name: str, argument: Any) -> S:
    """Call the method: an object gives its keyword arguments, anything else its first argument."""
    method = getattr(script, name)
    made: S = method(**argument) if isinstance(argument, dict) else method(argument)
    return made
