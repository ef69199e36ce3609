"""Rules: what one value of a request must be, and how a value that breaks one is described.

A rule refuses only what the protocol calls wrong. Keys and types that it does not know pass: they are for the server
to judge, unless a known key was meant (`relay_actors.wire.keys`). A refusal is a `ValueError` with the place of the
mistake and what is accepted; a free text that was refused is never repeated, since it may be the number of a caller.
"""

from __future__ import annotations

import math
import re
from operator import is_
from typing import Any, Final

import msgspec

from relay_actors.kit.spelling import near_miss
from relay_actors.wire.keys import refuse_misspelt, tell_once
from relay_actors.wire.plain import plain_scalar

__all__ = [
    "ANYTHING",
    "FLAG",
    "SENDER_NAME",
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
    "recipient",
    "sender",
    "text",
]

_TYPED: Final = ("type", "params")
_E164: Final = r"\+[1-9][0-9]{1,14}"
_IN_E164: Final = "a number in E.164 form: + and 2 to 15 digits, such as +15550100001"
_SHORT_CODE: Final = r"[0-9]{4,8}"
_AS_SHORT_CODE: Final = "a short code of 4 to 8 digits"
SENDER_NAME: Final = r"(?=[^A-Za-z]*[A-Za-z])(?! )[A-Za-z0-9 &+._-]{1,11}(?<! )"
"""The form of a sender that is a name, as carriers take it for an SMS."""
_AS_NAME: Final = "for an SMS a name of 11 letters, digits, spaces and & + . _ - at most, with a letter"
_BY_EXECUTE: Final = 'client.execute("messaging.send", {…}) sends'


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What one value must be; by itself it accepts anything.

    Attributes:
        accepted: what is accepted, in words, with the unit.
        otherwise: how to send all the same what is refused, or an empty text.
        required: whether the value must be there.
    """

    accepted: str
    otherwise: str = ""
    required: bool = False

    def fits(self, value: Any) -> bool:  # noqa: ARG002 - each kind of rule has its own
        """Return True only if `check` would accept the value; a False leaves the decision, and the words, to `check`.

        Almost all values are right, and this names no places for them.
        """
        return True

    def check(self, place: str, value: Any) -> Any:  # noqa: ARG002 - each kind of rule has its own
        """Return the value, in plain types as far as the rule looks, if it keeps the rule.

        Raises:
            ValueError: it does not; the message names ``place``.
        """
        return value

    def refuse(self, place: str, what: str) -> ValueError:
        """Return the error for a value of which ``what`` is wrong."""
        return ValueError(f"{place} {what}; accepted is {self.accepted}{self.otherwise}")


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
        """Look at texts, plain numbers and flags."""
        kind = type(value)
        if kind not in self.types:
            return False
        if kind is str:
            if self.choices:
                return self.pattern is None and value in self.choices
            return self.pattern is None or self.pattern.match(value) is not None
        if kind is int or kind is float:
            return not self.choices and self.pattern is None and self._in_range(value)
        return kind is bool

    def check(self, place: str, value: Any) -> Any:
        """Check type, then choices, pattern or range."""
        given, value = value, plain_scalar(value)
        if type(value) not in self.types:
            raise self.refuse(place, f"is {type(given).__name__}")
        if self.choices and value not in self.choices:
            raise self.refuse(place, f"is {value!r}")
        if self.pattern is not None and not self.pattern.match(value):
            raise self.refuse(place, "is malformed")
        if isinstance(value, int | float) and not self._in_range(value):
            raise self.refuse(place, f"is {value}")
        return value

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

    def check(self, place: str, value: Any) -> Any:
        """Check the number of items, then each."""
        if not isinstance(value, list | tuple):
            raise self.refuse(place, f"is {type(value).__name__}")
        if len(value) < self.least:
            raise self.refuse(place, "is empty" if not value else f"has {len(value)} items")
        if self.most is not None and len(value) > self.most:
            raise self.refuse(place, f"has {len(value)} items")
        checked = [self.item.check(f"{place}[{index}]", item) for index, item in enumerate(value)]
        same = type(value) is list and all(map(is_, checked, value))
        return value if same else checked


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

    def check(self, place: str, value: Any) -> Any:
        """Check that it is a dict, then its fields."""
        if not isinstance(value, dict):
            raise self.refuse(place, f"is {type(value).__name__}")
        return self.check_fields(value, f"{place}.")

    def check_fields(
        self, value: dict[str, Any], prefix: str = "", names: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Check the fields of a dict and return it, or one like it whose known fields have plain types.

        Args:
            value: the dict; it is left as it is.
            prefix: what stands in front of the name of a field where it is named.
            names: the names by which the caller knows fields, where they differ.
        """
        fields = self.fields
        checked = value
        unknown: tuple[Any, ...] = ()
        for name, item in value.items():
            rule = fields.get(name)
            if rule is None:
                if not self.free:
                    unknown += (name,)
            elif item is not None and not rule.fits(item):
                found = rule.check(prefix + (names.get(name, name) if names else name), item)
                if found is not item:
                    checked = {**checked, name: found}
        for name in unknown:
            refuse_misspelt(prefix, name, self._known(names), value)
        for name in self._needed:
            if value.get(name) is None:
                raise ValueError(f"{prefix}{name} is missing; accepted is {fields[name].accepted}")
        if self.one_of and all(value.get(name) is None for name in self.one_of):
            where = prefix.removesuffix(".") or "the request"
            raise ValueError(f"{where} needs at least one of {', '.join(self.one_of)}; accepted is {self.accepted}")
        for name in unknown:
            tell_once(prefix, name, self._known(names))
        return checked

    def _known(self, names: dict[str, str] | None) -> list[str]:
        """Return the names of the fields as a caller knows them."""
        return [names.get(name, name) for name in self.fields] if names else list(self.fields)


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

    def check(self, place: str, value: Any) -> Any:
        """Check the type, then the params if the type is known."""
        if not isinstance(value, dict):
            raise self.refuse(place, f"is {type(value).__name__}")
        for name in (unknown := [name for name in value if name not in _TYPED]):
            refuse_misspelt(f"{place}.", name, _TYPED, value)
        kind = plain_scalar(value.get("type", self.default))
        if not isinstance(kind, str) or not kind:
            raise ValueError(f"{place}.type is missing or no text; known are {', '.join(self.variants)}")
        checked = value if kind is value.get("type", kind) else {**value, "type": kind}
        shape = self.variants.get(kind)
        if shape is None:
            if self.closed or near_miss(kind, self.variants, edits=1) is not None:
                raise ValueError(f"{place}.type is {kind!r}; known are {', '.join(self.variants)}")
            return checked
        params = value.get("params")
        found = shape.check(f"{place}.params", {} if params is None else params)
        for name in unknown:
            tell_once(f"{place}.", name, _TYPED)
        return checked if params is None or found is params else {**checked, "params": found}


class Either(Rule, frozen=True, kw_only=True):
    """A value that keeps one of several rules."""

    rules: tuple[Rule, ...]

    def fits(self, value: Any) -> bool:
        """Look for a rule that is kept."""
        return any(rule.fits(value) for rule in self.rules)

    def check(self, place: str, value: Any) -> Any:
        """Check that one of the rules is kept; when only one fits the value's type, its own message is given."""
        complaints: list[ValueError] = []
        for rule in self.rules:
            try:
                return rule.check(place, value)
            except ValueError as error:
                complaints.append(error)
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
    """Return the rule for a phone number that is called, or calls."""
    return _number_of("client.execute(), and command() of a call, send", _E164, _IN_E164)


def recipient() -> Rule:
    """Return the rule for a phone number, or a short code, that gets a message."""
    return _number_of(_BY_EXECUTE, _E164, _IN_E164, _SHORT_CODE, _AS_SHORT_CODE)


def sender() -> Rule:
    """Return the rule for a phone number, a short code, or a name, that a message comes from."""
    return _number_of(_BY_EXECUTE, _E164, _IN_E164, _SHORT_CODE, _AS_SHORT_CODE, SENDER_NAME, _AS_NAME)


def _number_of(sends: str, *forms: str) -> Rule:
    """Return the rule for a text of one of some forms, each a pattern and its words; ``sends`` says what takes any."""
    patterns, words = forms[::2], forms[1::2]
    return Scalar(
        types=(str,),
        accepted=", or ".join(words),
        otherwise=f"; {sends} any other as it is",
        pattern=re.compile(rf"(?:{'|'.join(patterns)})\Z"),
    )


FLAG: Final = Scalar(types=(bool,), accepted="True or False")
"""The rule for a flag."""

ANYTHING: Final = Rule(accepted="any value that has a JSON form")
"""The rule that everything keeps."""
