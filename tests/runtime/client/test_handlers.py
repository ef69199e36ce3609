"""The handlers of a client: who gets what, before it is connected and after."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.client import LIMIT, client_of
from doubles.hub import until

from relay_actors.kit.supervisor import Change
from relay_runtime import Call, CallActor, RelayClient
from relay_runtime.client.actors import ClientActors
from relay_runtime.client.handlers import ClientHandlers
from relay_runtime.sandbox import Caller, Sandbox

CHANGE = Change("client/connection-supervisor", "connection", "waiting", "the server is away", 1, None)


class Told:
    """Stands where a tree of actors stands, and keeps what it is told."""

    def __init__(self) -> None:
        self.calls: Any = None
        self.messages: Any = None
        self.events: Any = None

    def serve_calls(self, factory: Any) -> None:
        self.calls = factory

    def serve_messages(self, handler: Any) -> None:
        self.messages = handler

    def serve_events(self, event: Any, task: Any) -> None:
        self.events = (event, task)


class Waits(CallActor):
    """Serves nobody in these tests."""

    def run(self) -> None:
        """Do nothing."""


def handlers(tree: Told | None = None, call_actor: Any = None) -> ClientHandlers:
    actors = ClientActors()
    actors.tree = tree  # type: ignore[assignment]
    return ClientHandlers(actors, call_actor)


async def coroutine(_: object) -> None:
    """Would do nothing."""


@pytest.mark.parametrize("kind", ["message", "event", "task", "change"])
def test_a_handler_that_would_do_nothing_is_refused_when_it_is_registered(kind: Any) -> None:
    kept = handlers()
    for handler, why in ((coroutine, "is a coroutine function"), (lambda: None, "can't be called"), (5, "is int")):
        with pytest.raises(TypeError, match=f"^the handler of {kind}s.*{why}"):
            kept.keep(kind, handler)  # type: ignore[type-var]
    with pytest.raises(TypeError, match=r"^the handler of calls, coroutine, is a coroutine function"):
        kept.keep_for_calls(coroutine)


def test_what_happens_when_a_function_returns_is_the_clients_word_or_the_functions() -> None:
    tree = Told()
    kept = ClientHandlers(ClientActors(), None, "leave")
    kept._actors.tree = tree  # type: ignore[assignment]
    kept.keep_for_calls(nothing)
    assert tree.calls.keywords["when_done"] == "leave"
    kept.keep_for_calls(nothing, "hangup")
    assert tree.calls.keywords["when_done"] == "hangup"
    with pytest.raises(ValueError, match="argument when_done= is 'stay'"):
        kept.keep_for_calls(nothing, "stay")
    with pytest.raises(TypeError, match="a class says so itself"):
        kept.keep_for_calls(Waits, "leave")
    with pytest.raises(ValueError, match="argument when_done= is 'stay'"):
        RelayClient("p", "t", when_done="stay")


def test_a_decorator_takes_it_too() -> None:
    client = RelayClient("p", "t")
    assert client.on_call(when_done="leave")(nothing) is nothing
    assert client.on_call(nothing) is nothing


def test_a_maker_of_actors_that_can_make_none_is_refused_wherever_it_is_given(sandbox: Sandbox) -> None:
    class Menu(CallActor):
        def __init__(self, setup: Any, database: object) -> None:
            super().__init__(setup)

    with pytest.raises(TypeError, match="call_actor, .*Menu, can't be called"):
        handlers(call_actor=Menu)
    with pytest.raises(TypeError, match="call_actor, .*Menu, can't be called"):
        handlers().keep_for_calls(Menu)
    phone = {"type": "phone", "params": {"from_number": "+15550100002", "to_number": "+15550100001"}}
    with client_of(sandbox) as client, pytest.raises(TypeError, match="call_actor, .*Menu, can't be called"):
        client.dial([[phone]], call_actor=Menu)


def nothing(_: object) -> None:
    """Do nothing."""


def test_a_class_that_is_no_call_actor_is_refused() -> None:
    with pytest.raises(TypeError, match="no subclass of CallActor"):
        RelayClient(project="p", token="t", call_actor=dict)  # type: ignore[arg-type]


def test_registering_again_replaces_the_former(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    seen: list[str] = []

    @client.on_call
    def first(call: Call) -> None:
        seen.append("first")

    with client:

        @client.on_call
        def second(call: Call) -> None:
            seen.append(call.from_number)
            call.hangup()

        sandbox.place(Caller("+15550100001").dials("office")).wait(timeout=LIMIT)
    assert seen == ["+15550100001"]
    assert callable(first)
    assert callable(second)


def test_a_handler_must_be_callable(sandbox: Sandbox) -> None:
    with pytest.raises(TypeError, match="function of one argument"):
        client_of(sandbox).on_call("answer")  # type: ignore[type-var]


def test_a_crash_in_a_handler_hangs_up_that_call_alone(sandbox: Sandbox) -> None:
    client = client_of(sandbox)

    @client.on_call
    def serve(call: Call) -> None:
        call.answer()
        if call.from_number == "+15550100001":
            raise SystemExit(3)
        call.play_tts("All is well.").wait()

    with client:
        other = sandbox.place(Caller("+15550100003").dials("office").hears("All is well").waits_for_hangup())
        crashed = sandbox.place(Caller("+15550100001").dials("office").waits_for_hangup()).wait(timeout=LIMIT)
        assert crashed.end_reason == "error"
        assert other.wait(timeout=LIMIT).ok
        assert client.state == "connected"


def test_a_handler_is_returned_so_that_it_decorates() -> None:
    kept = handlers()
    assert kept.keep_for_calls(nothing) is nothing
    assert kept.keep("change", nothing) is nothing


def test_what_was_registered_before_is_handed_to_the_actors_when_there_are_any() -> None:
    kept, tree = handlers(call_actor=Waits), Told()
    kept.keep("message", nothing)
    kept.keep("task", nothing)
    assert tree.calls is None
    kept.hand_to(tree)  # type: ignore[arg-type]
    assert (tree.calls, tree.messages, tree.events) == (Waits, nothing, (None, nothing))


def test_what_is_registered_while_there_are_actors_is_handed_to_them_at_once() -> None:
    tree = Told()
    kept = handlers(tree, Waits)
    kept.keep("event", nothing)
    assert (tree.calls, tree.messages, tree.events) == (Waits, None, (nothing, None))
    kept.keep_for_calls(nothing)
    assert tree.calls.keywords == {"handler": nothing, "when_done": "hangup", "name": "nothing"}


def test_a_handler_of_changes_runs_in_a_greenlet_of_its_own_and_its_crash_is_logged(log_lines: list[str]) -> None:
    kept, told = handlers(), []

    def crash(change: Change) -> None:
        told.append(change)
        raise ZeroDivisionError

    kept.tell(CHANGE)  # to nobody
    kept.keep("change", crash)
    kept.tell(CHANGE)
    assert told == []
    until(lambda: told == [CHANGE])
    assert any("the handler of changes crashed on waiting" in line for line in log_lines)
