"""Where settings come from."""

from __future__ import annotations

import pytest

from relay_runtime.settings.client import resolve
from relay_runtime.settings.config import from_environment, from_file, from_flags, merge

ACCOUNT = {"SIGNALWIRE_PROJECT_ID": "a-project", "SIGNALWIRE_API_TOKEN": "a-secret"}


def test_flag_goes_before_environment_before_environment_file_before_file_before_default() -> None:
    layers = [
        from_flags({"overload": "busy"}),
        from_environment({"RELAY_OVERLOAD": "pass", "RELAY_CONTEXTS": "a, b"}),
        from_environment({"RELAY_CONTEXTS": "c", "RELAY_DRAIN_TIMEOUT": "5"}, ".env"),
        from_file({"overload": "drop", "drain_timeout": 7, "log_level": "debug"}, "relay.toml"),
    ]
    config = merge(*layers)
    found = {each.option.name: (each.value, each.origin) for each in config}
    assert found["overload"] == ("busy", "--overload")
    assert found["contexts"] == (("a", "b"), "RELAY_CONTEXTS in the environment")
    assert found["drain_timeout"] == (5.0, "RELAY_DRAIN_TIMEOUT in .env")
    assert found["log_level"] == ("debug", "log_level in relay.toml")
    assert found["log_format"] == ("text", "default")
    assert config.is_given("overload")
    assert not config.is_given("log_format")


def test_a_flag_that_was_not_given_and_an_empty_variable_say_nothing() -> None:
    config = merge(from_flags({"host": None, "contexts": ()}), from_environment({"SIGNALWIRE_SPACE": ""}))
    assert not config.is_given("host")
    assert not config.is_given("contexts")


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("max_active_calls", 0, "a whole number from 1"),
        ("max_active_calls", True, "a whole number from 1"),
        ("max_active_calls", 2.5, "a whole number from 1"),
        ("drain_timeout", -1, "a number of seconds from 0"),
        ("drain_timeout", "soon", "a number of seconds from 0"),
        ("drain_timeout", float("inf"), "a number of seconds from 0"),
        ("drain_timeout", True, "a number of seconds from 0"),
        ("overload", "queue", "one of drop, pass, busy"),
        ("leave_at", "90%", "a share of max_active_calls, from 0 to 1"),
        ("return_at", -0.1, "a share of max_active_calls, from 0 to 1"),
        ("log_level", 3, "one of trace, debug, info, warning, error"),
        ("contexts", ["office", ""], "names"),
        ("contexts", 5, "names"),
        ("project", "  ", "a text that is not empty"),
        ("host", "ws://example.com", "use wss://"),
        ("proxy", "socks5://example.com", "http://host:port or https://host:port"),
    ],
)
def test_a_malformed_value_is_refused_with_its_place_and_what_is_accepted(
    name: str, value: object, accepted: str
) -> None:
    with pytest.raises(ValueError, match=rf"^{name} in relay.toml.*{accepted}"):
        merge(from_file({name: value}, "relay.toml"))


def test_a_malformed_secret_or_host_is_not_repeated() -> None:
    for name, value in (
        ("token", ["my-secret"]),
        ("host", "me:my-secret@example.com"),
        ("proxy", "ftp://me:my-secret@example.com"),
    ):
        with pytest.raises(ValueError, match=name) as caught:
            merge(from_file({name: value}, "relay.toml"))
        assert "my-secret" not in str(caught.value)


def test_secrets_are_masked_wherever_settings_are_shown() -> None:
    config = merge(from_environment({**ACCOUNT, "SIGNALWIRE_JWT_TOKEN": "a-jwt"}))
    shown = " ".join([*(each.shown for each in config), *(repr(each) for each in config)])
    assert "a-secret" not in shown
    assert "a-jwt" not in shown
    assert "a-project" in shown
    assert set(config.secrets) == {"a-secret", "a-jwt"}
    assert "a-secret" not in repr(from_environment(ACCOUNT))


def test_the_password_of_a_proxy_is_masked_wherever_settings_are_shown() -> None:
    config = merge(from_environment({**ACCOUNT, "RELAY_PROXY": "http://me:p%2Fassword@proxy.example.com:3128"}))
    assert config.setting("proxy").shown == "http://me:********@proxy.example.com:3128"
    assert "assword" not in repr(config.setting("proxy"))
    assert set(config.secrets) == {"a-secret", "p/assword"}
    assert config.client_variables()["RELAY_PROXY"] == "http://me:p%2Fassword@proxy.example.com:3128"
    assert merge(from_flags({"proxy": "proxy:3128"})).setting("proxy").shown == "proxy:3128"
    assert merge(from_flags({"proxy": "off"})).secrets == ()


def test_a_jwt_of_a_lower_layer_does_not_take_the_place_of_project_and_token() -> None:
    config = merge(from_environment(ACCOUNT), from_file({"jwt_token": "a-jwt"}, "relay.toml"))
    assert config["jwt_token"] is None
    assert config.origin("jwt_token") == "not used: project and token go before jwt_token in relay.toml"
    assert config.client_variables()["SIGNALWIRE_JWT_TOKEN"] is None


def test_a_jwt_beside_project_and_token_is_used() -> None:
    assert merge(from_environment({**ACCOUNT, "SIGNALWIRE_JWT_TOKEN": "a-jwt"}))["jwt_token"] == "a-jwt"


def test_a_client_that_reads_the_variables_gets_the_effective_settings() -> None:
    config = merge(from_file({"host": "x.example.com", "project": "p", "token": "t", "max_active_calls": 5}, "f"))
    variables = {name: value for name, value in config.client_variables().items() if value is not None}
    settings = resolve(environ=variables)
    assert settings.endpoint.host == "x.example.com"
    assert settings.max_active_calls == 5
    assert settings.credentials.known().authentication() == {"project": "p", "token": "t"}
