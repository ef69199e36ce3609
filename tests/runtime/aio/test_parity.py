"""Both faces have the same methods with the same parameters, and the one for asyncio hands on all that it is given."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pykka
import pytest
from doubles.awaited import run

import relay_runtime
from relay_actors.call import actions as model_actions
from relay_runtime import aio
from relay_runtime.aio import actions, constants
from relay_runtime.aio.tasks import Tasks

ROOT = Path(__file__).parents[3]

IN_ITS_THREAD = "made in the thread of the client, which is the runtime's own here; `start` makes it there"
ONLY_ON_GREENLETS = {
    "CallActor": "calls are served by a handler, which is a task",
    "CallClient": "a call's client is the RelayClient of this face",
    "CallFactory": "makes a CallActor",
    "CallSetup": "what a CallActor is made from",
    "retrying": "calls a plain function",
    "running_actor": "there is no actor around a coroutine",
    "CallTracer": "the same for both; needs the extra otel",
    "HubLag": IN_ITS_THREAD,
    "RelayCollector": IN_ITS_THREAD,
    "MetricSamples": "of a RelayCollector",
    "exposition": "of a RelayCollector",
    "merged": "of a RelayCollector",
    "samples": "of a RelayCollector",
    "not_ready": "takes the lag of a hub",
    "Recorder": "the same for both",
    "Recording": "the same for both",
    "RecordingError": "the same for both",
    "read_recording": "the same for both",
}
"""Public names of `relay_runtime` that the face for asyncio has not, with the reason."""

WITHOUT_COUNTERPART = {
    ("Call", "offload"): "asyncio.to_thread does it",
    ("Call", "born"): "the first entry of history",
    ("Call", "when_done"): "declared by a CallActor; an argument of the client here",
    ("Call", "when_crashed"): "declared by a CallActor; an argument of the client here",
    ("Call", "when_orphaned"): "declared by a CallActor; when_crashed of the client says it here",
    ("Call", "memo"): "for on_adopted of a CallActor",
    ("RelayClient", "tell"): "coroutines of one loop share what they like: a queue does it",
    ("Message", "from_event"): "the runtime makes messages",
    ("Message", "apply"): "for the messaging actor",
    ("Message", "abandon"): "for the messaging actor",
}
"""Public names of a class that the face for asyncio has not, with the reason; besides those of Pykka's contract."""

OTHER_PARAMETERS = {
    ("RelayClient", "__init__"): (
        {
            "call_actor": "calls are served by a handler",
            "hub_guard": "guard watches the loop instead",
            "when_done": "hangup is its default",
        },
        {"when_done": "leave is its default, as with SignalWire's client", "guard": "hub_guard watches the hub"},
    ),
    ("RelayClient", "campaign"): ({"call_actor": "calls are served by whoever reads the outcomes"}, {}),
    ("RelayClient", "dial"): ({"call_actor": "the call is served by whoever dialled it"}, {}),
}
"""Parameters that only the one face has, and those that only the other has, each with the reason."""

TESTED_ELSEWHERE = {
    "wait": "test_action.py",
    "results": "test_action.py",
}
"""Methods of actions that do more than to hand on."""

CLASSES = [
    ("RelayClient", relay_runtime.RelayClient, aio.RelayClient),
    ("Call", relay_runtime.Call, aio.Call),
    ("Message", relay_runtime.Message, aio.Message),
    *((name, getattr(model_actions, name), getattr(actions, name)) for name in actions.__all__),
]

IDS = [each[0] for each in CLASSES]
REGISTERED = {"on_call", "on_message", "on_event", "on_task", "on_change", "on_ready", "on_drain"}


def public(cls: type) -> set[str]:
    """The public names of a class, but for those of Pykka's contract and what the runtime alone calls."""
    names = {name for name in dir(cls) if name.islower() and not name.startswith("_")}
    names = {name for name in names if "The call's core" not in told(getattr(cls, name))}
    return names - pykkas() if issubclass(cls, relay_runtime.Call) else names


def pykkas() -> set[str]:
    """The names that a call has from Pykka."""
    marked = {name for name in dir(relay_runtime.Call) if "Pykka" in told(getattr(relay_runtime.Call, name))}
    return marked | {name for name in dir(pykka.Actor) if not name.startswith("_")}


def told(thing: Any) -> str:
    return " ".join((inspect.getdoc(thing) or "").split())


def slots(cls: type) -> set[str]:
    """Attributes that instances have, which the class itself does not show."""
    return {name for each in cls.__mro__ for name in getattr(each, "__slots__", ()) if not name.startswith("_")}


# Names


def test_every_public_name_is_in_both_faces_or_has_a_reason() -> None:
    assert set(dir(relay_runtime)) - set(aio.__all__) == ONLY_ON_GREENLETS.keys()
    assert set(aio.__all__) - set(dir(relay_runtime)) == {"parse_event"}


def test_what_has_no_waits_is_the_same_thing_in_both_faces() -> None:
    own = {name for name, _, _ in CLASSES} | {"parse_event", "Campaign", "run"}
    for name in set(aio.__all__) - own:
        assert getattr(aio, name) is getattr(relay_runtime, name), name


def test_the_words_of_the_protocol_are_in_the_module_that_programs_import_them_from() -> None:
    words = [name for name in aio.__all__ if name.isupper()]
    assert len(words) > 50
    for name in words:
        assert getattr(constants, name) is getattr(relay_runtime, name), name


@pytest.mark.parametrize(("name", "plain", "awaited"), CLASSES, ids=IDS)
def test_every_public_method_and_property_has_its_counterpart(name: str, plain: type, awaited: type) -> None:
    without = {each for of, each in WITHOUT_COUNTERPART if of == name}
    missing = (public(plain) | slots(plain)) - public(awaited)
    assert missing == without


@pytest.mark.parametrize(("name", "plain", "awaited"), CLASSES, ids=IDS)
def test_no_public_method_is_there_that_the_other_face_has_not(name: str, plain: Any, awaited: Any) -> None:
    known = public(plain) | slots(plain)
    if name == "RelayClient":
        known |= {each for each in vars(relay_runtime.RelayClient("p", "t")) if not each.startswith("_")}
    if name == "Message":
        known |= {each for each in vars(relay_runtime.Message()) if not each.startswith("_")}
    assert public(awaited) - known == set()


# Parameters


def methods(of: str, plain: Any, awaited: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield the methods that both classes have, by name, with both functions."""
    if of == "RelayClient":
        yield "__init__", plain.__init__, awaited.__init__
    for name in sorted(public(plain) & public(awaited)):
        if inspect.isfunction(getattr(plain, name)):
            yield name, getattr(plain, name), getattr(awaited, name)


def parameters(function: Callable[..., Any]) -> list[tuple[Any, ...]]:
    return [(each.name, each.kind, each.default) for each in inspect.signature(function).parameters.values()]


@pytest.mark.parametrize(("of", "plain", "awaited"), CLASSES, ids=IDS)
def test_every_method_has_the_same_parameters(of: str, plain: Any, awaited: Any) -> None:
    for name, one, other in methods(of, plain, awaited):
        left_out, added = OTHER_PARAMETERS.get((of, name), ({}, {}))
        both = [each for each in parameters(one) if each[0] not in left_out]
        assert [each for each in parameters(other) if each[0] not in added] == both, name
        assert len(parameters(one)) - len(both) == len(left_out), name
        assert len(parameters(other)) - len(both) == len(added), name


@pytest.mark.parametrize(("of", "plain", "awaited"), CLASSES, ids=IDS)
def test_every_method_returns_what_the_other_one_returns(of: str, plain: Any, awaited: Any) -> None:
    for name, one, other in methods(of, plain, awaited):
        returned = str(inspect.signature(one).return_annotation).replace("Iterator", "AsyncIterator")
        if name in REGISTERED and returned != "Any":
            returned = "H"  # the handler as it is, a plain or a coroutine function
        assert inspect.signature(other).return_annotation == returned, name


@pytest.mark.parametrize(("of", "plain", "awaited"), CLASSES, ids=IDS)
def test_what_blocks_there_is_awaited_here(of: str, plain: Any, awaited: Any) -> None:
    for name, _, other in methods(of, plain, awaited):
        is_awaited = inspect.iscoroutinefunction(other) or inspect.isasyncgenfunction(other)
        assert is_awaited == (name not in {*REGISTERED, "__init__", "run", "on", "on_completed"}), name


# What is handed on


class Recorder:
    """Stands in the place of a bridge: it keeps what the hub was asked for."""

    alive = True

    def __init__(self) -> None:
        self.asked: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = []

    left_behind = False

    def refuse_child(self) -> None:
        """This is none."""

    async def ask(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        kwargs.pop("unclaimed", None)
        self.asked.append((function, args, kwargs))

    def send(self, function: Any, *args: Any) -> None:
        self.asked.append((function, args, {}))


class Original:
    """Stands in the place of the call, action or message of the hub."""

    call_id = message_id = "c1"


def arguments(function: Any) -> tuple[list[Any], dict[str, Any]]:
    """A value of its own for each parameter of a method, as positional and keyword arguments."""
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for each in list(inspect.signature(function).parameters.values())[1:]:
        value = (lambda _: None) if each.name in {"on_completed", "handler"} else object()
        if each.kind is each.POSITIONAL_OR_KEYWORD:
            positional.append(value)
        elif each.kind is each.KEYWORD_ONLY:
            named[each.name] = value
        else:
            named["further"] = value
    return positional, named


def handed_on(recorder: Recorder, plain: Any, of: object) -> dict[str, Any]:
    """The arguments that the original would have got; the one call must be to it."""
    ((function, args, kwargs),) = recorder.asked
    assert function is plain
    assert args[0] is of
    return dict(inspect.signature(function).bind(*args, **kwargs).arguments)


def expected_of(plain: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    return dict(inspect.signature(plain).bind(*args, **kwargs).arguments)


VERBS = list(methods(*CLASSES[1]))


@pytest.mark.parametrize(("name", "plain", "awaited"), VERBS, ids=[each[0] for each in VERBS])
def test_every_method_of_a_call_hands_on_all_that_it_is_given(name: str, plain: Any, awaited: Any) -> None:
    async def main() -> None:
        recorder: Any = Recorder()
        original: Any = Original()
        args, kwargs = arguments(plain)
        if "event_type" in inspect.signature(plain).parameters:
            args = ("calling.call.play", *args[1:])
        result = awaited(aio.Call(recorder, Tasks(recorder), original), *args, **kwargs)
        if inspect.isawaitable(result):
            result = await result
        got, expected = handed_on(recorder, plain, original), expected_of(plain, original, *args, **kwargs)
        for callback in {"on_completed", "handler"} & expected.keys():  # they go over wrapped, to be run in the loop
            assert callable(got.pop(callback))
            assert callable(expected.pop(callback))
        assert got == expected
        kind = inspect.signature(plain).return_annotation
        assert type(result).__name__ == kind or not kind.endswith("Action")

    run(main())


@pytest.mark.parametrize(("of", "plain", "awaited"), CLASSES[3:], ids=IDS[3:])
def test_every_method_of_an_action_hands_on_all_that_it_is_given(of: str, plain: Any, awaited: Any) -> None:
    async def main() -> None:
        for name, one, other in methods(of, plain, awaited):
            if name not in TESTED_ELSEWHERE:
                recorder: Any = Recorder()
                original = Original()
                args, kwargs = arguments(one)
                await other(awaited(recorder, original), *args, **kwargs)
                assert handed_on(recorder, one, original) == expected_of(one, original, *args, **kwargs), name

    run(main())


@pytest.mark.parametrize(
    "name",
    [
        "execute",
        "receive",
        "unreceive",
        "status",
        "live_calls",
        "call_status",
        "hangup_call",
        "renew",
        "dial",
        "send_message",
        "campaign",
    ],
)
def test_every_method_of_a_client_hands_on_all_that_it_is_given(name: str) -> None:
    async def main() -> None:
        client = aio.RelayClient("p", "t")
        joint, recorder = client._joint, Recorder()
        stand_in: Any = recorder
        joint._bridge, joint._tasks, joint._host = stand_in, Tasks(stand_in), stand_in
        method = getattr(client, name)
        args, kwargs = arguments(getattr(aio.RelayClient, name))
        await method(*args, **kwargs)
        ((function, got, named),) = recorder.asked
        assert function == getattr(client._client, name)
        for each in ("call_actor", "on_completed"):
            assert callable(named.pop(each, print))
            kwargs.pop(each, None)
        assert expected_of(function, *got, **named) == expected_of(method, *args, **kwargs)

    run(main())


@pytest.mark.parametrize(("of", "plain", "awaited"), CLASSES[1:], ids=IDS[1:])
def test_every_property_is_read_from_the_original(of: str, plain: Any, awaited: Any) -> None:
    properties = [name for name in public(awaited) if isinstance(getattr(awaited, name), property)]
    assert len(properties) >= 7
    recorder: Any = Recorder()
    for name in properties:
        original: Any = Original()
        value = original.__dict__[{"completed": "is_done"}.get(name, name)] = object()
        around = () if of.endswith("Action") else (Tasks(recorder, vars(original).get("client")),)
        made = awaited(recorder, *around, original)
        assert getattr(made, name) is value, name


# What is written by a program


@pytest.mark.slow
def test_verbs_and_actions_are_those_that_the_program_writes() -> None:
    pytest.importorskip("ruff", reason="ruff formats what the program writes; it is in the extra 'dev'")
    program = [sys.executable, "tools/aio_verbs.py", "--check"]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
