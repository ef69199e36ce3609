"""What one client needs to know."""

from __future__ import annotations

import pytest
from doubles.odd_values import Loud, Word

from relay_runtime.settings.client import resolve
from relay_runtime.settings.options import OPTIONS

ACCOUNT = {"SIGNALWIRE_PROJECT_ID": "a-project", "SIGNALWIRE_API_TOKEN": "a-secret"}


def test_an_argument_goes_before_its_variable() -> None:
    settings = resolve(host="one.example.com", environ={**ACCOUNT, "SIGNALWIRE_SPACE": "two.example.com"})
    assert settings.endpoint.host == "one.example.com"


def test_without_argument_and_variable_the_default_holds() -> None:
    settings = resolve(environ=ACCOUNT)
    assert (settings.host, settings.max_active_calls, settings.ca_file) == ("relay.signalwire.com", 1000, None)


@pytest.mark.parametrize("missing", ["project", "token"])
def test_a_missing_credential_names_its_argument_and_its_variable(missing: str) -> None:
    variable = OPTIONS[missing].variable
    with pytest.raises(ValueError, match=rf"{missing}=.*{variable}"):
        resolve(environ={name: value for name, value in ACCOUNT.items() if name != variable})


def test_a_jwt_needs_neither_project_nor_token() -> None:
    assert resolve(environ={"SIGNALWIRE_JWT_TOKEN": "a-jwt"}).credentials.known().authentication() == {
        "jwt_token": "a-jwt"
    }


def test_project_and_token_as_arguments_go_before_a_jwt_of_the_environment() -> None:
    settings = resolve(project="p", token="t", environ={"SIGNALWIRE_JWT_TOKEN": "a-jwt"})
    assert settings.credentials.known().authentication() == {"project": "p", "token": "t"}


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5", "\u0661"])
def test_a_cap_that_is_no_whole_number_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"RELAY_MAX_ACTIVE_CALLS is .*; accepted is a whole number from 1"):
        resolve(environ={**ACCOUNT, "RELAY_MAX_ACTIVE_CALLS": value})


@pytest.mark.parametrize("limit", [0, True, 1.5, "10"])
def test_a_cap_as_an_argument_is_a_number_already(limit: object) -> None:
    with pytest.raises(ValueError, match=r"argument max_active_calls= is .*; accepted is a whole number from 1"):
        resolve(max_active_calls=limit, environ=ACCOUNT)  # type: ignore[arg-type]


def test_a_host_that_is_none_names_where_it_was_given() -> None:
    with pytest.raises(ValueError, match="^argument host=: "):
        resolve(host="ws://example.com", environ=ACCOUNT)
    with pytest.raises(ValueError, match="^environment variable SIGNALWIRE_SPACE: "):
        resolve(environ={**ACCOUNT, "SIGNALWIRE_SPACE": "ws://example.com"})


@pytest.mark.parametrize("name", ["project", "token", "jwt_token", "host"])
def test_a_line_break_in_what_logs_in_names_where_it_stands_and_shows_no_secret(name: str) -> None:
    variable = OPTIONS[name].variable
    with pytest.raises(
        ValueError, match=f"^argument {name}=: .*line break|^argument host=: .*control character"
    ) as here:
        resolve(**{name: "s3cret\n"}, environ=ACCOUNT)
    with pytest.raises(
        ValueError, match=f"^environment variable {variable}: .*(line break|control character)"
    ) as there:
        resolve(environ={**ACCOUNT, variable: "s3cret\n"})
    assert "s3cret" not in f"{here.value}{there.value}"


def test_a_jwt_that_is_not_used_is_not_looked_at() -> None:
    settings = resolve(project="p", token="t", environ={"SIGNALWIRE_JWT_TOKEN": "a-jwt\n"})
    assert settings.credentials.known().authentication() == {"project": "p", "token": "t"}


def test_texts_of_subclasses_are_what_they_hold() -> None:
    settings = resolve(Loud("p"), Word.HELLO, host=Loud("Example.com"), environ={})
    assert settings.credentials.known().authentication() == {"project": "p", "token": "hello"}
    assert {type(text) for text in settings.credentials.known().authentication().values()} == {str}
    assert (settings.host, settings.endpoint.host) == ("Example.com", "example.com")
