"""Rules: what one value of a request must be, and how a value that breaks one is described.

A rule refuses only what the protocol calls wrong. Keys and types that it does not know pass: they are for the server
to judge, unless a known key was meant (`relay_actors.wire.keys`). A refusal is a `ValueError` with the place of the
mistake and what is accepted; a free text that was refused is never repeated, since it may be the number of a caller.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final

import msgspec

from relay_actors.kit.spelling import near_miss
from relay_actors.wire.keys import refuse_misspelt, tell_once

__all__ = [
    "ANYTHING",
    "FLAG",
    "Either",
    "Listed",
    "Rule",
    "Scalar",
    "Shape",
    "Typed",
    "e164",
    "integer",
    "needed",
    "number",
    "one_of",
    "text",
]

_TYPED: Final = ("type", "params")
_E164: Final = re.compile(r"\+[1-9][0-9]{1,14}\Z")


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What one value must be; by itself it accepts anything.

    Attributes:
        accepted: what is accepted, in words, with the unit.
        required: whether the value must be there.
    """

    accepted: str
    required: bool = False

    def fits(self, value: Any) -> bool:  # noqa: ARG002 - each kind of rule has its own
        """Return True only if `check` would accept the value; a False leaves the decision, and the words, to `check`.

        Almost all values are right, and this names no places for them.
        """
        return True

    def check(self, place: str, value: Any) -> None:
        """Do nothing if the value keeps the rule.

        Raises:
            ValueError: it does not; the message names ``place``.
        """

    def refuse(self, place: str, what: str) -> ValueError:
        """Return the error for a value of which ``what`` is wrong."""
        return ValueError(f"{place} {what}; accepted is {self.accepted}")


class Scalar(Rule, frozen=True, kw_only=True):
    """A text, a number or a flag.

    Attributes:
        types: the accepted Python types.
        whole: whether a number must have no fraction.
        minimum: smallest number, or None.
        maximum: greatest number, or None.
        above: a bound that a number must exceed, or None.
        choices: the accepted words, or an empty tuple for any.
        pattern: what a text must match, or None.
    """

    types: tuple[type, ...]
    whole: bool = False
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    choices: tuple[str, ...] = ()
    pattern: Any = None

    def fits(self, value: Any) -> bool:
        """Look at texts and plain numbers."""
        kind = type(value)
        if kind not in self.types:
            return False
        if kind is str:
            if self.choices:
                return self.pattern is None and value in self.choices
            return self.pattern is None or self.pattern.match(value) is not None
        return (kind is int or kind is float) and not self.choices and self.pattern is None and self._in_range(value)

    def check(self, place: str, value: Any) -> None:
        """Check type, then choices, pattern or range."""
        if not isinstance(value, self.types) or (isinstance(value, bool) and bool not in self.types):
            raise self.refuse(place, f"is {type(value).__name__}")
        if self.choices and value not in self.choices:
            raise self.refuse(place, f"is {value!r}")
        if self.pattern is not None and not self.pattern.match(value):
            raise self.refuse(place, "is malformed")
        if isinstance(value, int | float) and not self._in_range(value):
            raise self.refuse(place, f"is {value}")

    def _in_range(self, value: float) -> bool:
        if not math.isfinite(value) or (self.whole and value != int(value)):
            return False
        if self.minimum is not None and value < self.minimum:
            return False
        if self.above is not None and value <= self.above:
            return False
        return self.maximum is None or value <= self.maximum


class Listed(Rule, frozen=True, kw_only=True):
    """A list of values of one rule, ``least`` to ``most`` of them."""

    item: Rule
    least: int = 0
    most: int | None = None

    def fits(self, value: Any) -> bool:
        """Look at the number of items, then at each."""
        if type(value) is not list or len(value) < self.least or (self.most is not None and len(value) > self.most):
            return False
        fits = self.item.fits
        for item in value:  # noqa: SIM110 - a generator costs more than the rest
            if not fits(item):
                return False
        return True

    def check(self, place: str, value: Any) -> None:
        """Check the number of items, then each."""
        if not isinstance(value, list | tuple):
            raise self.refuse(place, f"is {type(value).__name__}")
        if len(value) < self.least:
            raise self.refuse(place, "is empty" if not value else f"has {len(value)} items")
        if self.most is not None and len(value) > self.most:
            raise self.refuse(place, f"has {len(value)} items")
        for index, item in enumerate(value):
            self.item.check(f"{place}[{index}]", item)


class Shape(Rule, frozen=True, kw_only=True):
    """An object with known fields; others pass, unless they are misspelt.

    Attributes:
        fields: from the name of a field to its rule.
        free: whether its other keys are the app's own, whatever they are called.
        one_of: names of which at least one must be there, or an empty tuple.
    """

    accepted: str = "a dict"
    fields: dict[str, Rule]
    free: bool = False
    one_of: tuple[str, ...] = ()
    _needed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Note the fields that must be there."""
        needed = tuple(name for name, rule in self.fields.items() if rule.required)
        msgspec.structs.force_setattr(self, "_needed", needed)

    def fits(self, value: Any) -> bool:
        """Look at the fields of a dict, then at what must be there."""
        if type(value) is not dict:
            return False
        fields = self.fields
        for name, item in value.items():
            rule = fields.get(name)
            if rule is None:
                if not self.free:
                    return False
            elif item is not None and not rule.fits(item):
                return False
        for name in self._needed:
            if value.get(name) is None:
                return False
        return not self.one_of or any(value.get(name) is not None for name in self.one_of)

    def check(self, place: str, value: Any) -> None:
        """Check that it is a dict, then its fields."""
        if not isinstance(value, dict):
            raise self.refuse(place, f"is {type(value).__name__}")
        self.check_fields(value, f"{place}.")

    def check_fields(self, value: dict[str, Any], prefix: str = "", names: dict[str, str] | None = None) -> None:
        """Check the fields of a dict; ``names`` gives the name by which a caller knows a field."""
        fields = self.fields
        unknown: tuple[Any, ...] = ()
        for name, item in value.items():
            rule = fields.get(name)
            if rule is None:
                if not self.free:
                    unknown += (name,)
            elif item is not None and not rule.fits(item):
                rule.check(prefix + (names.get(name, name) if names else name), item)
        if unknown:
            known = [names.get(name, name) if names else name for name in fields]
            for name in unknown:
                refuse_misspelt(prefix, name, known, value)
        for name in self._needed:
            if value.get(name) is None:
                raise ValueError(f"{prefix}{name} is missing; accepted is {fields[name].accepted}")
        if self.one_of and all(value.get(name) is None for name in self.one_of):
            where = prefix.removesuffix(".") or "the request"
            raise ValueError(f"{where} needs at least one of {', '.join(self.one_of)}; accepted is {self.accepted}")
        if unknown:
            for name in unknown:
                tell_once(prefix, name, known)


class Typed(Rule, frozen=True, kw_only=True):
    """An object ``{"type": …, "params": {…}}``, whose params depend on its type.

    Attributes:
        variants: from each known type to its params.
        default: the type of an object that names none, or None when it must name one.
        closed: whether other types are refused; otherwise they pass.
    """

    variants: dict[str, Shape]
    default: str | None = None
    closed: bool = False

    def fits(self, value: Any) -> bool:
        """Look at the params of a known type, in an object that has nothing else."""
        if type(value) is not dict or len(value) != 2:
            return False
        kind, params = value.get("type"), value.get("params")
        shape = self.variants.get(kind) if type(kind) is str else None
        return shape is not None and params is not None and shape.fits(params)

    def check(self, place: str, value: Any) -> None:
        """Check the type, then the params if the type is known."""
        if not isinstance(value, dict):
            raise self.refuse(place, f"is {type(value).__name__}")
        for name in (unknown := [name for name in value if name not in _TYPED]):
            refuse_misspelt(f"{place}.", name, _TYPED, value)
        kind = value.get("type", self.default)
        if not isinstance(kind, str) or not kind:
            raise ValueError(f"{place}.type is missing or no text; known are {', '.join(self.variants)}")
        shape = self.variants.get(kind)
        if shape is None:
            if self.closed or near_miss(kind, self.variants, edits=1) is not None:
                raise ValueError(f"{place}.type is {kind!r}; known are {', '.join(self.variants)}")
            return
        params = value.get("params")
        if params is None:
            params = {}
        shape.check(f"{place}.params", params)
        for name in unknown:
            tell_once(f"{place}.", name, _TYPED)


class Either(Rule, frozen=True, kw_only=True):
    """A value that keeps one of several rules."""

    rules: tuple[Rule, ...]

    def fits(self, value: Any) -> bool:
        """Look for a rule that is kept."""
        return any(rule.fits(value) for rule in self.rules)

    def check(self, place: str, value: Any) -> None:
        """Check that one of the rules is kept; when only one fits the value's type, its own message is given."""
        complaints: list[ValueError] = []
        for rule in self.rules:
            try:
                rule.check(place, value)
            except ValueError as error:
                complaints.append(error)
            else:
                return
        if isinstance(value, dict):
            for rule, complaint in zip(self.rules, complaints, strict=True):
                if isinstance(rule, Shape):
                    raise complaint
        raise self.refuse(place, "is malformed" if isinstance(value, str) else f"is {type(value).__name__}")


def needed(rule: Rule) -> Any:
    """Return a rule whose value must be there."""
    return msgspec.structs.replace(rule, required=True)


def number(
    accepted: str, *, minimum: float | None = None, maximum: float | None = None, above: float | None = None
) -> Rule:
    """Return a rule for a number; ``accepted`` tells range and unit."""
    return Scalar(types=(int, float), accepted=accepted, minimum=minimum, maximum=maximum, above=above)


def integer(accepted: str, *, minimum: float | None = None, maximum: float | None = None) -> Rule:
    """Return a rule for a whole number; ``accepted`` tells range and unit."""
    return Scalar(types=(int, float), accepted=accepted, whole=True, minimum=minimum, maximum=maximum)


def one_of(*choices: str) -> Rule:
    """Return a rule for one of a few words."""
    return Scalar(types=(str,), accepted=f"one of {', '.join(choices)}", choices=choices)


def text(accepted: str = "a text", pattern: str | None = None) -> Rule:
    """Return a rule for a text, of which ``pattern`` tells the form."""
    return Scalar(types=(str,), accepted=accepted, pattern=None if pattern is None else re.compile(pattern))


def e164() -> Rule:
    """Return the rule for a phone number."""
    accepted = "a number in E.164 form: + and 2 to 15 digits, such as +15550100001"
    return Scalar(types=(str,), accepted=accepted, pattern=_E164)


FLAG: Final = Scalar(types=(bool,), accepted="True or False")
"""The rule for a flag."""

ANYTHING: Final = Rule(accepted="any value that has a JSON form")
"""The rule that everything keeps."""
