"""Answers a shell that asks what may stand at the cursor: commands, flags, and the values that can be known.

The scripts that ask are typer's (``relay-runtime --install-completion``). What is known of the commands stands in
``table.json``, which ``tools/completion_table.py`` writes; live calls are asked for, apps are read.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from relay_runtime.completion import apps, processes
from relay_runtime.completion.shells import SHELLS, Offer

__all__ = ["VARIABLE", "answer", "offers", "shell_that_asks"]

VARIABLE: Final = "_RELAY_RUNTIME_COMPLETE"
"""By which typer's scripts say that they ask, and for which shell."""
_TABLE: Final = Path(__file__).with_name("table.json")


def shell_that_asks(environ: Mapping[str, str]) -> str:
    """Return the shell that wants an answer, or an empty text."""
    asks, _, shell = environ.get(VARIABLE, "").partition("_")
    return shell if asks == "complete" and shell in SHELLS else ""


def answer() -> int:
    """Print what the shell may offer, and return the exit code. Silent whatever goes wrong: somebody is typing."""
    try:
        shell = SHELLS[shell_that_asks(os.environ)]
        words, incomplete = shell.words(os.environ)
        text, code = shell.shown(offers(words, incomplete), incomplete, os.environ)
        sys.stdout.write(text)
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001 - an app's file, a process, a pipe: none of them may disturb who types
        return 1
    return code


class _Given(NamedTuple):
    """What the words before the cursor say: flags with their values, how many arguments, and the flag that waits."""

    flags: dict[str, str]
    arguments: int
    waiting: str


def offers(words: Sequence[str], incomplete: str) -> list[Offer]:
    """Return what may stand in the place of a word that is being typed.

    Args:
        words: the words before it, without the program's name.
        incomplete: what is typed of it.
    """
    table = json.loads(_TABLE.read_text(encoding="utf-8"))
    at = next((index for index, word in enumerate(words) if not word.startswith("-")), None)
    if at is None:
        root = table[""]["flags"] if incomplete.startswith("-") else table[""]["commands"]
        return _beginning(incomplete, ((name, about["help"]) for name, about in root.items()))
    command = table.get(words[at])
    if command is None:
        return []
    given = _given(words[at + 1 :], command["flags"])
    if given.waiting:
        return _values(command["flags"][given.waiting]["value"], incomplete, given)
    name, equals, value = incomplete.partition("=")
    if equals and name in command["flags"]:
        return [Offer(f"{name}={each}", told) for each, told in _values(command["flags"][name]["value"], value, given)]
    if incomplete.startswith("-"):
        return _beginning(incomplete, ((name, about["help"]) for name, about in command["flags"].items()))
    arguments = command["arguments"]
    return _values(arguments[given.arguments], incomplete, given) if given.arguments < len(arguments) else []


def _given(words: Iterable[str], flags: Mapping[str, Any]) -> _Given:
    known: dict[str, str] = {}
    arguments, waiting = 0, ""
    for word in words:
        name, equals, value = word.partition("=")
        if waiting:
            known[waiting], waiting = word, ""
        elif not word.startswith("-"):
            arguments += 1
        elif equals or name not in flags or flags[name]["value"] is None:
            known[name] = value
        else:
            waiting = name
    return _Given(known, arguments, waiting)


def _values(kind: Any, incomplete: str, given: _Given) -> list[Offer]:
    """Return the values of a kind: one of some words, or what is found by a function; none that can't be known."""
    if isinstance(kind, list):
        return _beginning(incomplete, ((each, "") for each in kind))
    find = _KNOWN.get(kind)
    return [] if find is None else _beginning(incomplete, find(incomplete, given))


def _beginning(incomplete: str, found: Iterable[tuple[str, str]]) -> list[Offer]:
    return [Offer(value, told) for value, told in found if value.startswith(incomplete)]


def _calls(_: str, given: _Given) -> Iterable[tuple[str, str]]:
    return processes.live_calls(given.flags.get("--socket", ""), given.flags.get("--pid", ""))


def _apps(incomplete: str, given: _Given) -> Iterable[tuple[str, str]]:
    return ((name, "") for name in apps.found(incomplete, asyncio="--asyncio" in given.flags))


_KNOWN: Final[Mapping[str, Callable[[str, _Given], Iterable[tuple[str, str]]]]] = {
    "apps": _apps,
    "calls": _calls,
    "processes": lambda *_: processes.running(),
}
