"""Credentials as texts, and as functions that return them."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from websocket_peer import assert_nothing_left, footprint

from relay_runtime.settings.client import resolve
from relay_runtime.settings.credentials import CredentialsError, CredentialSources, checked_secret

LIMIT = 60.0


def test_texts_are_taken_as_they_are() -> None:
    sources = CredentialSources("p", "t", "j")
    assert sources.asked(LIMIT) == sources.known()
    assert sources.known().authentication() == {"jwt_token": "j"}
    assert CredentialSources("p", "t").asked(LIMIT).authentication() == {"project": "p", "token": "t"}


def test_a_function_is_asked_each_time_and_not_before() -> None:
    given = iter(["one", "two"])
    sources = CredentialSources("p", lambda: next(given))
    assert sources.known().token == ""
    assert [sources.asked(LIMIT).token for _ in range(2)] == ["one", "two"]


def test_a_function_that_is_not_used_is_not_asked() -> None:
    def never() -> str:
        raise AssertionError

    assert CredentialSources("p", never, "j").asked(LIMIT).jwt_token == "j"


def test_a_function_may_wait_as_greenlets_do() -> None:
    def slow() -> str:
        gevent.sleep(0.01)
        return "t"

    assert CredentialSources("p", slow).asked(LIMIT).token == "t"


class Interrupt(BaseException):
    """What no `except Exception` catches."""


@pytest.mark.parametrize("error", [ValueError("no vault"), SystemExit("no vault"), Interrupt("no vault")])
def test_a_function_that_raises_is_named_and_may_be_asked_again(error: BaseException) -> None:
    def from_the_vault() -> str:
        raise error

    with pytest.raises(CredentialsError) as caught:
        CredentialSources("p", from_the_vault).asked(LIMIT)
    assert str(caught.value) == f"no token by from_the_vault(): it raised {type(error).__name__}: no vault"
    assert caught.value.__cause__ is error
    assert caught.value.retryable


def test_a_function_that_takes_too_long_is_ended_whatever_it_catches() -> None:
    ended = []

    def stubborn() -> str:
        try:
            gevent.sleep(LIMIT)
        except Exception:
            gevent.sleep(LIMIT)
        finally:
            ended.append(True)
        return "late"

    before = footprint()
    with pytest.raises(CredentialsError, match=r"^jwt_token by stubborn\(\) did not come within 0.01 s") as caught:
        CredentialSources(jwt_token=stubborn).asked(0.01)
    assert caught.value.retryable
    assert_nothing_left(before)
    assert ended


def test_whoever_is_killed_while_it_asks_leaves_nothing() -> None:
    before = footprint()
    asking = gevent.spawn(CredentialSources("p", lambda: str(gevent.sleep(LIMIT))).asked, LIMIT)
    gevent.sleep(0.01)
    asking.kill()
    del asking
    assert_nothing_left(before)


async def never_awaited() -> str:
    return "SECRET"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "is NoneType; accepted is a text"),
        (b"SECRET", "is bytes; accepted is a text"),
        ("", "accepted is a text that is not empty"),
        ("SECRET\n", "ends in a line break"),
        (never_awaited, "is function; accepted is a text"),
    ],
)
def test_what_is_no_credential_is_refused_for_good_and_not_repeated(value: Any, says: str) -> None:
    with pytest.raises(CredentialsError, match=says) as caught:
        CredentialSources("p", lambda: value).asked(LIMIT)
    assert not caught.value.retryable
    assert "SECRET" not in str(caught.value)


def test_a_coroutine_is_refused_and_leads_to_the_face_of_asyncio() -> None:
    with pytest.raises(CredentialsError, match=r"returned a coroutine.*relay_runtime\.aio") as caught:
        CredentialSources("p", lambda: never_awaited()).asked(LIMIT)  # type: ignore[arg-type, return-value]
    assert not caught.value.retryable


@pytest.mark.parametrize(
    ("secret", "says"),
    [
        (never_awaited, r"coroutine function.*relay_runtime\.aio"),
        (lambda wanted: wanted, "can't be called"),
        (5, "is int; accepted is a text, or a function without arguments"),
        (b"SECRET", "is bytes; accepted is a text, or a function without arguments"),
    ],
)
def test_what_is_no_function_of_credentials_is_refused_when_it_is_handed_in(secret: Any, says: str) -> None:
    for how in ("token", "jwt_token"):
        with pytest.raises(TypeError, match=f"{how}.*{says}") as caught:
            resolve("p", **{how: secret}, environ={"SIGNALWIRE_API_TOKEN": "t"})
        assert "SECRET" not in str(caught.value)
    with pytest.raises(TypeError, match=says):
        checked_secret(secret, "token")


def test_a_function_stands_in_the_place_of_a_text() -> None:
    settings = resolve("p", lambda: "t", environ={})
    assert settings.credentials.asked(LIMIT).authentication() == {"project": "p", "token": "t"}
    settings = resolve(jwt_token=lambda: "j", environ={})
    assert settings.credentials.asked(LIMIT).authentication() == {"jwt_token": "j"}


def test_a_renewal_takes_the_place_of_one_or_the_other() -> None:
    sources = CredentialSources("p", "t")
    assert sources.renewed("u", None).known().authentication() == {"project": "p", "token": "u"}
    assert sources.renewed(None, "j").known().authentication() == {"jwt_token": "j"}
    assert sources.renewed(None, "j").renewed("u", None).known().authentication() == {"project": "p", "token": "u"}
    assert sources.renewed(lambda: "v", None).asked(LIMIT).token == "v"


@pytest.mark.parametrize(
    ("token", "jwt_token", "says"),
    [
        (None, None, "either"),
        ("t", "j", "either"),
        ("", None, "token: accepted is a text"),
        (None, " j", "jwt_token: has ' ' at"),
    ],
)
def test_a_renewal_that_makes_no_sense_is_refused(token: str | None, jwt_token: str | None, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        CredentialSources("p", "t").renewed(token, jwt_token)


def test_a_token_needs_a_project() -> None:
    with pytest.raises(ValueError, match="needs a project"):
        CredentialSources(jwt_token="j").renewed("t", None)


def test_no_secret_is_shown() -> None:
    assert "SECRET" not in repr([CredentialSources("p", "SECRET", "SECRET"), CredentialSources("p", "SECRET")])


def test_ctrl_c_in_a_function_reaches_the_main_greenlet() -> None:
    def interrupted() -> str:
        raise KeyboardInterrupt

    def ask() -> None:
        with pytest.raises(CredentialsError):
            CredentialSources("p", interrupted).asked(LIMIT)

    gevent.spawn(ask)
    with pytest.raises(KeyboardInterrupt):
        gevent.sleep(LIMIT)
