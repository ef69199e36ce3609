"""What is typed at a phone: keys, words, and commands that begin with a slash."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from relay_actors.kit.spelling import near_miss
from relay_runtime.sandbox.script.performance import Performance
from relay_runtime.softphone.handset import Handset, HandsetError

__all__ = ["HELP", "KEYS", "Ask", "asks", "obey"]

KEYS: Final = frozenset("0123456789*#")
"""The keys that are pressed as they are typed; A to D need ``/press``."""

_PRESSED: Final = re.compile(r"[0-9*#][0-9*#A-D\s]*")
_HEARD_WITHIN: Final = 30.0  # real seconds for /hears
_LONGEST: Final = 3600.0


class Ask(NamedTuple):
    """What somebody wants of the phone.

    Attributes:
        what: the name of a command.
        argument: what stands behind it.
    """

    what: str
    argument: str = ""


class _Command(NamedTuple):
    """A command.

    Attributes:
        does: does it, with the argument; returns what one can wait for, or None.
        argument: what its argument is called; in brackets if it may be left out, empty if there is none.
        help: what it does.
    """

    does: Callable[[Handset, str], Performance | None]
    argument: str
    help: str


def asks(text: str) -> Ask | None:
    """Return what a line asks for: keys are pressed, what begins with a slash is a command, other words are said.

    Returns:
        None for a line that is empty.

    Raises:
        HandsetError: there is no such command, or its argument is wrong.
    """
    text = text.strip()
    if not text:
        return None
    if _PRESSED.fullmatch(text):
        return Ask("press", "".join(text.split()))
    if not text.startswith("/"):
        return Ask("say", text)
    name, _, argument = text[1:].partition(" ")
    ask = Ask(name.lower(), argument.strip())
    if ask.what not in _COMMANDS and ask.what not in _OF_THE_FACE:
        near = near_miss(ask.what, [*_COMMANDS, *_OF_THE_FACE])
        meant = f": is it /{near}?" if near else ";"
        raise HandsetError(f"there is no /{name}{meant} /help shows what there is")
    if ask.what in _COMMANDS:
        _check(ask)
    return ask


def _check(ask: Ask) -> None:
    wanted = _COMMANDS[ask.what].argument
    if wanted and not wanted.startswith("[") and not ask.argument:
        raise HandsetError(f"/{ask.what} needs {wanted}")
    if not wanted and ask.argument:
        raise HandsetError(f"/{ask.what} takes nothing, not {ask.argument!r}")


def obey(handset: Handset, ask: Ask) -> Performance | None:
    """Do what is asked for. Never blocks.

    Returns:
        What one can wait for, of what takes its time; otherwise None.

    Raises:
        HandsetError: it can't be done; the text says why.
    """
    try:
        return _COMMANDS[ask.what].does(handset, ask.argument)
    except ValueError as error:
        raise HandsetError(str(error)) from None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= _LONGEST:
        raise HandsetError(f"/silence needs a number of seconds from 0 to {_LONGEST:g}, not {text!r}")
    return seconds


def _line(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal():
        raise HandsetError(f"a line has a number, such as 1; {text!r} is none")
    return int(text)


def _dial(handset: Handset, argument: str) -> None:
    handset.dial(argument)


def _answer(handset: Handset, argument: str) -> None:
    handset.answer(_line(argument))


def _decline(handset: Handset, argument: str) -> None:
    handset.decline(_line(argument))


def _turn_to(handset: Handset, argument: str) -> None:
    handset.turn_to(_line(argument) or 0)


def _hang_up(handset: Handset, _: str) -> None:
    handset.up.hang_up()


def _text(handset: Handset, argument: str) -> None:
    handset.text(argument)


_COMMANDS: Final[Mapping[str, _Command]] = {
    "press": _Command(lambda phone, keys: phone.line.press(keys.upper()), "KEYS", "press keys: 0-9 * # A-D"),
    "say": _Command(lambda phone, words: phone.line.say(words), "WORDS", "speak; so does a line without a slash"),
    "silence": _Command(lambda phone, text: phone.line.wait(_seconds(text)), "SECONDS", "say nothing for so long"),
    "hears": _Command(
        lambda phone, words: phone.line.hear(words, _HEARD_WITHIN), "WORDS", "wait until the app has said this"
    ),
    "hangup": _Command(_hang_up, "", "put the phone down"),
    "dial": _Command(_dial, "[CONTEXT]", "call the app"),
    "answer": _Command(_answer, "[LINE]", "take a call that rings"),
    "decline": _Command(_decline, "[LINE]", "refuse a call that rings"),
    "line": _Command(_turn_to, "LINE", "turn to another of several calls"),
    "sms": _Command(_text, "WORDS", "send the app a text message"),
}
_OF_THE_FACE: Final[Mapping[str, str]] = {"help": "show this", "quit": "hang up and end; Ctrl-D does too"}


def _help() -> str:
    named = {f"/{name} {command.argument}".rstrip(): command.help for name, command in _COMMANDS.items()}
    named = {"0-9 * #": "press a key", **named, **{f"/{name}": told for name, told in _OF_THE_FACE.items()}}
    return "\n".join(f"  {name:<17} {told}" for name, told in named.items())


HELP: Final = _help()
"""What can be typed, a line each."""
