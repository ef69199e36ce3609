"""Other threads: each public method of client, call, action and message refuses them, or is listed with a reason."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, Final

import gevent
import pytest
from doubles.client import LIMIT, OFFICE, THEM, client_of
from gevent.event import AsyncResult
from gevent.hub import get_hub

from relay_actors.call import actions
from relay_actors.call.actions import Action
from relay_actors.call.call import CallActor
from relay_actors.messaging.message import Message
from relay_runtime import RelayClient, phone
from relay_runtime.sandbox import Caller, Sandbox

HANDED_OVER: Final = {"disconnect", "drain", "renew", "tell"}

FREE: Final[dict[str, str]] = {
    "RelayClient.stats": "counters, as plain values",
    "RelayClient.tap": "one assignment; watchers are called in the thread of the client",
    "CallActor.client": "names the client",
    "CallActor.when_crashed": "a value of the class",
    "CallActor.when_done": "a value",
    "CallActor.start": "makes a call of its own, for whoever tests with Pykka",
    "CallActor.stop": "Pykka's: a message to the actor, and Pykka's contract is that it may come from anywhere",
    "Action.ends_with": "a question about an event; the call's core asks it",
    "Action.apply": "the call's core calls it",
    "Action.abort": "the call's core calls it",
    "Action.call_ended": "the call's core calls it",
    "Action.completion": "the call's core calls it",
    "Message.from_event": "makes a message",
    "Message.apply": "the messaging actor calls it",
    "Message.abandon": "the messaging actor calls it",
}
"""What another thread may call; properties are facts, immutable values, and may be read anywhere."""

SAMPLES: Final[dict[str, Any]] = {
    "devices": [[phone(THEM, from_number=OFFICE)]],
    "contexts": ["office"],
    "method": "calling.play",
    "handler": lambda _: None,
    "on_completed": lambda _: None,
    "function": int,
    "predicate": None,
    "params": {},
    "event_type": "calling.call.play",
    "to_number": THEM,
    "from_number": OFFICE,
    "body": "hello",
    "cps": 1.0,
    "at_once": 1,
    "seconds": 1.0,
    "items": [],
}


def public(cls: type) -> Iterator[tuple[str, Any]]:
    """Yield the public names of a class, hooks of the user left out: he does not call them."""
    for name in dir(cls):
        if not name.startswith("_") and not (issubclass(cls, CallActor) and name.startswith("on_")):
            yield name, inspect.getattr_static(cls, name)


def used(method: Callable[..., Any]) -> Callable[[], Any]:
    """Return a call of a method, with an argument for each parameter that needs one."""
    needed: dict[str, Any] = {}
    for name, parameter in inspect.signature(method).parameters.items():
        if parameter.default is inspect.Parameter.empty and parameter.kind not in {
            inspect.Parameter.VAR_POSITIONAL,
            inspect.Parameter.VAR_KEYWORD,
        }:
            needed[name] = SAMPLES.get(name, "x")
    if method.__name__ == "send_message":
        needed["body"] = SAMPLES["body"]
    if method.__name__ == "on_call":
        needed["handler"] = SAMPLES["handler"]
    return lambda: method(**needed)


def elsewhere(function: Callable[[], Any]) -> BaseException | None:
    """Return what a function raises in another thread, or None."""

    def outcome() -> BaseException | None:
        try:
            function()
        except BaseException as error:
            return error
        return None

    raised: BaseException | None = get_hub().threadpool.apply(outcome)
    return raised


def free(cls: type, name: str) -> bool:
    return any(f"{each.__name__}.{name}" in FREE for each in cls.__mro__)


@pytest.fixture
def site(listening: Sandbox) -> Iterator[tuple[RelayClient, CallActor]]:
    offered: AsyncResult[CallActor] = AsyncResult()

    class Served(CallActor):
        def run(self) -> None:
            self.answer()
            offered.set(self)
            self.wait_for_ended()

        def on_told(self, value: Any) -> None:
            self.heard = value

    with gevent.Timeout(3 * LIMIT), client_of(listening, call_actor=Served) as client:
        listening.place(Caller(THEM).dials("office").waits_for_hangup(timeout=LIMIT))
        yield client, offered.get(timeout=LIMIT)


def objects(client: RelayClient, call: CallActor) -> list[Any]:
    kinds = [getattr(actions, name) for name in actions.__all__]
    made = [kind(call._relay, f"id-{kind.__name__}") for kind in kinds if issubclass(kind, Action)]
    return [client, call, Message(message_id="m"), client.campaign("spring", cps=1.0, at_once=1), *made]


def test_every_public_method_refuses_another_thread_or_is_listed(site: tuple[RelayClient, CallActor]) -> None:
    looked_at, holes = 0, []
    for each in objects(*site):
        cls = type(each) if not isinstance(each, CallActor) else CallActor
        for name, member in public(cls):
            value = getattr(each, name)
            if isinstance(member, property | type) or not callable(value) or free(cls, name):
                continue
            if isinstance(each, RelayClient) and name in HANDED_OVER:
                continue
            looked_at += 1
            raised = elsewhere(used(value))
            if not isinstance(raised, RuntimeError) or "Call.offload" not in str(raised):
                holes.append((cls.__name__, name, raised))
    assert not holes, "\n".join(map(repr, holes))
    assert looked_at > 100


def test_facts_may_be_read_anywhere(site: tuple[RelayClient, CallActor]) -> None:
    for each in objects(*site):
        for name, member in public(type(each)):
            if isinstance(member, property):
                assert elsewhere(lambda each=each, name=name: getattr(each, name)) is None, name  # type: ignore[misc]
        assert elsewhere(lambda each=each: repr(each)) is None  # type: ignore[misc]


def test_the_list_of_what_is_free_names_nothing_that_is_not_there() -> None:
    classes = {cls.__name__: cls for cls in (RelayClient, CallActor, Action, Message)}
    for entry in FREE:
        cls, name = entry.split(".")
        assert hasattr(classes[cls], name) or entry in {"RelayClient.stats", "RelayClient.tap"}, entry


@pytest.mark.parametrize("wait", ["disconnect", "drain"])
def test_what_waits_is_refused_in_the_greenlet_of_the_hub_before_anything_is_done(
    site: tuple[RelayClient, CallActor], wait: str
) -> None:
    """There Python calls a handler of ``signal.signal``, while the main greenlet waits."""
    client, call = site
    raised: AsyncResult[Any] = AsyncResult()

    def handler() -> None:
        try:
            getattr(client, wait)()
        except BaseException as error:
            raised.set(error)

    get_hub().loop.run_callback(handler)
    error = raised.get(timeout=LIMIT)
    assert isinstance(error, RuntimeError)
    assert "gevent.signal_handler(signal.SIGTERM, client.disconnect)" in str(error)
    assert client.state == "connected"
    assert client.call_status(call.call_id) is not None
