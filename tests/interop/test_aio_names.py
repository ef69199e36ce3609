"""Whatever a program imports from SignalWire's own client, it can import from ours by the same name."""

from __future__ import annotations

import ast
import importlib
import inspect
from types import ModuleType
from typing import Any

import pytest

from relay_runtime import aio
from relay_runtime.aio import constants

pytest.importorskip("signalwire.relay", reason="signalwire-sdk is not installed; it is in the extra 'interop'")

pytestmark = pytest.mark.interop

MODULES = ("", ".client", ".call", ".event", ".message", ".constants")

ITS_CONNECTION = "how that client connects; ours has `Timing`, and methods are sent by `execute`"
NO_SUCH_STATE = "the server sends no such state of a room"
WITHOUT = {
    ".call": {
        "VolumeAction": "a base class; what has a volume, has `volume`",
        "logger": "its own log",
    },
    ".client": {"logger": "its own log"},
    ".message": {"logger": "its own log"},
    ".constants": {
        "AGENT_STRING": ITS_CONNECTION,
        "DEFAULT_RELAY_HOST": ITS_CONNECTION,
        "METHOD_SIGNALWIRE_CONNECT": ITS_CONNECTION,
        "METHOD_SIGNALWIRE_DISCONNECT": ITS_CONNECTION,
        "METHOD_SIGNALWIRE_EVENT": ITS_CONNECTION,
        "METHOD_SIGNALWIRE_PING": ITS_CONNECTION,
        "METHOD_SIGNALWIRE_RECEIVE": ITS_CONNECTION,
        "METHOD_SIGNALWIRE_UNRECEIVE": ITS_CONNECTION,
        "PROTOCOL_VERSION": ITS_CONNECTION,
        "RECONNECT_BACKOFF_FACTOR": ITS_CONNECTION,
        "RECONNECT_MAX_AUTH_ATTEMPTS": ITS_CONNECTION,
        "RECONNECT_MAX_DELAY": ITS_CONNECTION,
        "RECONNECT_MIN_DELAY": ITS_CONNECTION,
        "ROOM_STATE_JOIN": NO_SUCH_STATE,
        "ROOM_STATE_JOINING": NO_SUCH_STATE,
        "ROOM_STATE_LEAVE": NO_SUCH_STATE,
        "ROOM_STATE_LEAVING": NO_SUCH_STATE,
    },
}
"""Names that a module of theirs has and ours has not, with the reason."""

OTHER_VALUES = {
    "END_REASON_MAX_DURATION": "as the server writes it",
    "END_REASON_NOT_FOUND": "as the server writes it",
}
"""Constants with another value, with the reason."""

WITHOUT_MEMBER = {
    ("CollectAction", "pause"): "no server knows it",
    ("CollectAction", "resume"): "no server knows it",
}
"""Methods that a class of theirs has and ours has not, with the reason."""


def theirs(name: str) -> ModuleType:
    return importlib.import_module(f"signalwire.relay{name}")


def ours(name: str) -> ModuleType:
    return importlib.import_module(f"relay_runtime.aio{name}")


def own(module: ModuleType) -> set[str]:
    """The public names of a module: those that it lists, or else those that it defines itself."""
    if hasattr(module, "__all__"):
        return set(module.__all__)
    imports = [each for each in ast.walk(ast.parse(inspect.getsource(module))) if hasattr(each, "names")]
    borrowed = {alias.asname or alias.name for each in imports for alias in each.names if isinstance(alias, ast.alias)}
    return {name for name in dir(module) if not name.startswith("_")} - borrowed


@pytest.mark.parametrize("name", MODULES)
def test_every_name_of_a_module_is_in_the_module_of_the_same_name(name: str) -> None:
    missing = {each for each in own(theirs(name)) if not hasattr(ours(name), each)}
    assert missing == WITHOUT.get(name, {}).keys()


def test_every_constant_has_the_same_value() -> None:
    names = own(theirs(".constants")) - WITHOUT[".constants"].keys()
    values = {name: (getattr(theirs(".constants"), name), getattr(constants, name)) for name in names}
    other = {name for name, (one, another) in values.items() if not same(one, another)}
    assert other == OTHER_VALUES.keys()


def same(one: Any, another: Any) -> bool:
    return set(one) == set(another) if isinstance(one, tuple | list | set | frozenset) else bool(one == another)


@pytest.mark.parametrize("name", ["RelayClient", "Call", "Message", "Action"])
def test_every_method_and_property_of_a_class_is_there(name: str) -> None:
    home = {"RelayClient": ".client", "Message": ".message"}.get(name, ".call")
    assert members(getattr(theirs(home), name)) - members(getattr(aio, name)) == set()


def test_every_method_and_property_of_an_action_is_there() -> None:
    names = [name for name in own(theirs(".call")) - WITHOUT[".call"].keys() if name.endswith("Action")]
    missing = {
        (name, member)
        for name in names
        for member in members(getattr(theirs(".call"), name)) - members(getattr(ours(".call"), name))
    }
    assert len(names) > 10
    assert missing == WITHOUT_MEMBER.keys()


def members(cls: type) -> set[str]:
    return {name for name in dir(cls) if not name.startswith("_")}


@pytest.mark.parametrize("name", ["RelayClient", "Call", "Message"])
def test_whatever_a_method_is_given_by_name_ours_takes_too(name: str) -> None:
    home = {"RelayClient": ".client", "Message": ".message", "Call": ".call"}[name]
    for method in sorted(members(getattr(theirs(home), name))):
        one, another = getattr(getattr(theirs(home), name), method), getattr(getattr(aio, name), method)
        if inspect.isfunction(one):
            taken = inspect.signature(another).parameters
            assert inspect.signature(one).parameters.keys() - taken.keys() == set(), method
