"""What kinds of values options have: how each is read, and how it is written on a command line and in a file."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import msgspec

from relay_actors.wire.checks import check_contexts
from relay_actors.wire.plain import plain_scalar
from relay_runtime.settings.endpoint import parse_host
from relay_runtime.settings.engine_address import HOST_NAMES, HOST_NAMES_ARE, parse_address
from relay_runtime.settings.proxy import ENVIRONMENT, OFF, parse_proxy

__all__ = [
    "ADDRESS",
    "COUNT",
    "CREDENTIAL",
    "DIRECTORY",
    "ENGINE",
    "HOST",
    "HOST_NAME",
    "MASK",
    "NAMES",
    "PATH",
    "PORT",
    "PROXY",
    "SECONDS",
    "SHARE",
    "SWITCH",
    "TEXT",
    "TIMEOUT",
    "Kind",
    "one_of",
]

MASK: Final = "********"
_DIGITS: Final = 100
"""Digits of a whole number that are read at all: Python refuses some thousands in words of its own."""


class Kind(msgspec.Struct, frozen=True):
    """A kind of values.

    Attributes:
        read: turns what a person wrote into the value; raises `ValueError` saying what is accepted.
        metavar: what stands for the value in the help of a flag.
        in_file: what to know when it is written in a file, for people; may be empty.
        in_variable: the same of an environment variable.
        repeatable: whether a flag of this kind may be given several times.
        secret: returns what of a value must not be shown; an empty text for nothing.
        shown: writes a value for people, without that.
        choices: the values, if they are words that can be told.
        switch: whether a flag of this kind takes no value: given, it is true.
    """

    read: Callable[[Any], Any]
    metavar: str = ""
    in_file: str = ""
    in_variable: str = ""
    repeatable: bool = False
    secret: Callable[[Any], str] = lambda _: ""
    shown: Callable[[Any], str] = str
    choices: tuple[str, ...] = ()
    switch: bool = False


def _text(value: Any) -> str:
    text = plain_scalar(value)
    if not isinstance(text, str) or not text.strip():
        raise ValueError("accepted is a text that is not empty")
    return text


def _word(value: Any) -> str:
    """Return a text that holds no character that nobody sees, as a file that ``echo`` has written does."""
    text = _text(value)
    for at, character in enumerate(text):
        if character.isspace() or not character.isprintable():
            ends = character in "\r\n" and not text[at:].strip()
            what = "ends in a line break" if ends else f"has {character!r} at position {at}"
            raise ValueError(
                f"{what}; accepted is a text without spaces, line breaks and control characters (what echo has written "
                "ends in a line break; printf and echo -n add none)"
            )
    return text


def _names(value: Any) -> tuple[str, ...]:
    names = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    try:
        return check_contexts(names)
    except ValueError:
        raise ValueError("accepted are names, such as office (in a variable: separated by commas)") from None


def _whole(accepted: str, lowest: int, highest: float = math.inf) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        value = plain_scalar(value)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _DIGITS:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise ValueError(f"accepted is {accepted}")
        return value

    return read


def _number(accepted: str, highest: float) -> Callable[[Any], float]:
    def read(value: Any) -> float:
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not 0 <= number <= highest or number == math.inf:
            raise ValueError(f"accepted is {accepted}")
        return number

    return read


def _timeout(value: Any) -> float:
    accepted = "a number of seconds from 1, or 0 for never"
    number = _number(accepted, math.inf)(value)
    if 0 < number < 1:
        raise ValueError(f"accepted is {accepted}")
    return number


def _switch(value: Any) -> bool:
    words = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or value.lower() not in words:
        raise ValueError("accepted is true or false")
    return words[value.lower()]


def _address(value: Any) -> str:
    """Read an address to listen on, which a socket takes without the brackets of a URL."""
    text = _word(value)
    return text[1:-1] if text.startswith("[") and text.endswith("]") else text


def _host(value: Any) -> str:
    host = _text(value)
    parse_host(host)
    return host


def _proxy(value: Any) -> str:
    text = _text(value)
    if text not in {OFF, ENVIRONMENT}:
        parse_proxy(text)
    return text


def _proxy_secret(value: str) -> str:
    return "" if value in {OFF, ENVIRONMENT} else parse_proxy(value).password


def _shown_proxy(value: str) -> str:
    if not _proxy_secret(value):
        return value
    proxy = parse_proxy(value)
    return f"{'https' if proxy.secure else 'http'}://{proxy.user}:{MASK}@{proxy.authority}"


def _host_name(value: Any) -> str:
    text = plain_scalar(value)
    if not isinstance(text, str) or not HOST_NAMES.fullmatch(text):
        raise ValueError(f"accepted is a name of {HOST_NAMES_ARE}")
    return text


def _engine(value: Any) -> str:
    text = _text(value)
    parse_address(text)
    return text


def _engine_secret(value: str) -> str:
    return parse_address(value).password


def _shown_engine(value: str) -> str:
    return parse_address(value).shown(MASK)


def one_of(metavar: str, *choices: str) -> Kind:
    """Return the kind of values that are one of some words, whatever their case."""

    def read(value: Any) -> str:
        name = plain_scalar(value).lower() if isinstance(value, str) else ""
        if name not in choices:
            raise ValueError(f"accepted is one of {', '.join(choices)}")
        return name

    return Kind(read, metavar, choices=choices)


TEXT: Final = Kind(_text)
CREDENTIAL: Final = Kind(_word)
PATH: Final = Kind(_text, "PATH")
DIRECTORY: Final = Kind(_text, "DIR")
HOST_NAME: Final = Kind(_host_name, "NAME")
ADDRESS: Final = Kind(_address, "HOST")
HOST: Final = Kind(_host, "HOST")
PROXY: Final = Kind(_proxy, "URL", secret=_proxy_secret, shown=_shown_proxy)
ENGINE: Final = Kind(_engine, "URL", secret=_engine_secret, shown=_shown_engine)
NAMES: Final = Kind(_names, "NAME", "a list", "separated by commas", repeatable=True)
COUNT: Final = Kind(_whole("a whole number from 1", 1), "N")
PORT: Final = Kind(_whole("a port from 1 to 65535, or 0 for a free one", 0, 65535), "PORT")
SECONDS: Final = Kind(_number("a number of seconds from 0", math.inf), "SECONDS", "seconds")
TIMEOUT: Final = Kind(_timeout, "SECONDS", "seconds")
SHARE: Final = Kind(
    _number("a share of max_active_calls, from 0 to 1, such as 0.9", 1),
    "SHARE",
    "a share of `max_active_calls`",
)
SWITCH: Final = Kind(_switch, "", "`true` or `false`", switch=True)
