"""A default that a docstring tells in words is that of the signature, of the option, of `Timing`, or of the server."""

from __future__ import annotations

import inspect
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from docs_parts import DOCS, names_of, part

import relay_runtime
from relay_runtime import Timing, aio, replay, sandbox, testing
from relay_runtime.settings.options import OPTIONS

griffe = pytest.importorskip("griffe", reason="griffe reads the docstrings; it is in the extra 'dev'")

WITHIN = "of keys within it, each of which has its own"
SERVER = "no value: the server or the call says"
EXCEPTIONS = {
    "control_id": "a new UUID",
    "tag": "a new UUID",
    "ledger": "in a program nothing is written; `auto` is the default of the command line",
    "context": "the first of the client's contexts, which no signature can name",
    "audio": WITHIN,
    "collect": WITHIN,
    "device": WITHIN,
    "kwargs": WITHIN,
    "max_triggers": SERVER,
    "codec": SERVER,
    "identity": SERVER,
    "from_number": SERVER,
    "clear_digit_bindings.realm": "the method sends it, since the server may clear one group only without it",
}
"""Arguments (of a method, where others have one of that name) whose told default is compared with nothing, and why."""

WIRE = {"input_method": "input"}
"""Arguments whose param has another name."""

DEFAULT = re.compile(r"(\S+) \((?:[^()]*; )?default(?:, [^()]*)?\)|\bdefault (.+?)(?=[.;,)]+(?: |$)|$)")
OF_SERVER = re.compile(
    r"`(\w+)`\*?: (?:(?!; `|`\w+`\*?: |\|).)*?(?:\((?:[^()]*, )?default ([^;)]+?)\)|, ([^,;|]+) if absent)"
)


def plain(value: object) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text.strip("`\"',;").replace("True", "true").replace("False", "false")


def servers() -> dict[str, set[str]]:
    """Return what the server takes for each param that is left out, by all methods that have one of that name."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name, first, second in OF_SERVER.findall((DOCS / "protocol.md").read_text(encoding="utf-8")):
        found[name].add(plain(first or second))
    return found


SERVERS = servers()


def documented() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield every public function, class and method, and what it is called."""
    members = part("reference_entries").members
    for face in (relay_runtime, aio, sandbox, testing, replay):
        for name in names_of(face):
            thing = getattr(face, name)
            if inspect.isclass(thing) or inspect.isfunction(thing):
                yield f"{face.__name__}.{name}", thing
            if inspect.isclass(thing):
                ours = tuple(each for each in thing.__mro__ if each.__module__.startswith("relay_"))
                for member, value in members(thing, ours):
                    function = getattr(value, "__func__", value)
                    if callable(function):
                        yield f"{face.__name__}.{name}.{member}", function


def told() -> Iterator[tuple[str, str, str, Any]]:
    """Yield whose argument has a default in words: the callable, the argument, the default, that of the signature."""
    for name, thing in documented():
        sections = griffe.Docstring(inspect.getdoc(thing) or "").parse("google")
        for item in [each for section in sections if section.kind.value == "parameters" for each in section.value]:
            words = " ".join(item.description.split())
            for before, after in DEFAULT.findall(words):
                parameter = inspect.signature(thing).parameters[item.name.lstrip("*")]
                yield name, parameter.name, plain(before or after), parameter.default


def excepted(name: str, argument: str) -> str | None:
    return next((each for each in EXCEPTIONS if f".{name}.{argument}".endswith(f".{each}")), None)


TOLD = [each for each in told() if excepted(*each[:2]) is None]


def real(argument: str, default: Any) -> set[str]:
    """Return what holds when an argument is left out, whose default in the signature is this."""
    if default is not None:
        return {plain(default)}
    if argument in OPTIONS and OPTIONS[argument].client is not None:
        option = OPTIONS[argument]
        return {"None"} if option.unset == "never" else {plain(option.unset)}
    if argument in Timing.__struct_fields__:
        return {plain(getattr(Timing(), argument))}
    return SERVERS[WIRE.get(argument, argument)]


@pytest.mark.parametrize(
    ("name", "argument", "value", "default"), TOLD, ids=[f"{name}-{arg}" for name, arg, *_ in TOLD]
)
def test_a_default_that_is_told_is_the_one_that_holds(name: str, argument: str, value: str, default: Any) -> None:
    assert value in real(argument, default), f"{name}: {argument} has another default than it says"


def test_the_told_defaults_are_found() -> None:
    assert {("relay_runtime.RelayClient", "max_active_calls"), ("relay_runtime.aio.RelayClient", "when_done")} <= {
        each[:2] for each in TOLD
    }
    assert EXCEPTIONS.keys() - {excepted(*each[:2]) for each in told()} == set(), "these tell no default"
