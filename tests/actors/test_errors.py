"""Errors: one tree, each with its text, and a copy for each who raises one."""

from __future__ import annotations

import pickle
from copy import copy

import gevent
import pytest

from relay_actors import errors
from relay_actors.errors import (
    AuthenticationFailed,
    CallEnded,
    CallGone,
    ClientFailed,
    ClientStopped,
    CommandTooLarge,
    ConnectFailed,
    ConnectionLost,
    DialFailed,
    MessageExpired,
    NotConnected,
    RelayError,
    RelayTimeout,
    RequestTimeout,
    SessionLost,
)

TEXTS = [
    (RelayError(500, "server fault"), "server fault (code 500)"),
    (RelayError(-1, "queue full"), "queue full"),
    (RelayError(-32601, "method not found"), "method not found (code -32601)"),
    (AuthenticationFailed(-32002, "Authentication failed"), "Authentication failed (code -32002)"),
    (ConnectFailed("could not connect in 3 tries"), "could not connect in 3 tries"),
    (CallEnded(), "the call has ended"),
    (CallEnded("the call has ended: busy", reason="busy", source="outbound"), "the call has ended: busy"),
    (CallGone(404, "Call does not exist"), "the call is gone: Call does not exist (code 404)"),
    (ConnectFailed("could not connect in 3 tries"), "could not connect in 3 tries"),
    (ConnectionLost(), "the connection was lost"),
    (SessionLost(), "the session was lost: the server did not restore it"),
    (NotConnected("not sent"), "not sent"),
    (CommandTooLarge("calling.play was not sent", size=3, limit=2), "calling.play was not sent"),
    (ClientStopped(), "the client was disconnected"),
    (ClientFailed("the client has failed"), "the client has failed"),
    (RelayTimeout("no event within 1 s"), "no event within 1 s"),
    (RequestTimeout("calling.play timed out", sent=True), "calling.play timed out"),
    (DialFailed("nobody answered: busy", reason="busy", source="outbound"), "nobody answered: busy"),
    (MessageExpired("no terminal state"), "no terminal state"),
]


@pytest.mark.parametrize(("error", "text"), TEXTS, ids=lambda value: type(value).__name__)
def test_the_text_of_each_error_is_a_plain_sentence(error: RelayError, text: str) -> None:
    assert str(error) == text


def test_the_table_has_every_error() -> None:
    assert {type(error).__name__ for error, _ in TEXTS} == set(errors.__all__) - {"CodeOverdue"}


def test_what_ends_overdue_code_is_no_exception_that_code_would_catch() -> None:
    assert issubclass(errors.CodeOverdue, gevent.GreenletExit)
    assert not issubclass(errors.CodeOverdue, Exception)


@pytest.mark.parametrize("error", [error for error, _ in TEXTS], ids=lambda value: type(value).__name__)
def test_every_error_is_a_relay_error_with_code_and_message(error: RelayError) -> None:
    assert isinstance(error, RelayError)
    assert isinstance(error.code, int)
    assert error.message


@pytest.mark.parametrize("kind", [ConnectionLost, NotConnected, RelayTimeout, RequestTimeout])
def test_what_may_work_later_says_so(kind: type[RelayError]) -> None:
    assert kind.retryable


@pytest.mark.parametrize("kind", [RelayError, AuthenticationFailed, CallEnded, CallGone, SessionLost, ClientStopped])
def test_what_will_not_work_later_says_so(kind: type[RelayError]) -> None:
    assert not kind.retryable


def test_a_timeout_can_be_caught_as_pythons_own() -> None:
    assert issubclass(RelayTimeout, TimeoutError)
    assert issubclass(RequestTimeout, RelayTimeout)
    assert not issubclass(CallEnded, TimeoutError)


def test_a_call_that_is_gone_has_ended_and_carries_the_servers_code() -> None:
    gone = CallGone(410, "gone")
    assert isinstance(gone, CallEnded)
    assert gone.code == 410
    assert gone.reason == "gone"


def test_a_server_error_keeps_what_the_server_added() -> None:
    data = {"to_number": ["is not valid"]}
    assert RelayError(400, "bad request", data).data == data


def test_a_lost_connection_tells_whether_the_command_had_left() -> None:
    assert ConnectionLost(sent=True).sent
    assert not ConnectionLost(sent=False).sent
    assert not RequestTimeout("late", sent=False).sent


@pytest.mark.parametrize("error", [error for error, _ in TEXTS], ids=lambda value: type(value).__name__)
def test_every_error_can_be_copied_and_pickled(error: RelayError) -> None:
    error.data = {"to_number": ["is not valid"]}
    for twin in (copy(error), pickle.loads(pickle.dumps(error))):
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        assert vars(twin) == vars(error)
        assert twin.__traceback__ is None
