"""Who may use the control port: by Host, by Origin, by the token."""

from __future__ import annotations

import pytest

from relay_runtime.sandbox.control.guard import Guard, is_loopback, token_for, unbracketed, url_host
from relay_runtime.sandbox.control.request import ProblemError


def refusal(host: str, name: str, token: str | None = None, **environ: str) -> str:
    """What a guard of a port on ``host`` answers a request for ``name``; an empty text when it lets it pass."""
    try:
        Guard(host, token).check({"HTTP_HOST": name, **environ})
    except ProblemError as problem:
        return problem.status
    return ""


@pytest.mark.parametrize(
    ("host", "name", "passes"),
    [
        ("127.0.0.1", "localhost:80", True),
        ("127.0.0.1", "evil.example", False),
        ("sandbox", "sandbox:8091", True),
        ("Sandbox.", "SANDBOX", True),
        ("sandbox", "sandbox.evil.example", False),
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("::1", "[::1]:8091", True),
        ("0.0.0.0", "192.0.2.7:8091", True),
        ("::", "[2001:db8::1]", True),
        ("", "192.0.2.7", True),
        ("0.0.0.0", "evil.example", False),
    ],
)
def test_a_name_must_be_one_of_the_port(host: str, name: str, passes: bool) -> None:
    assert (refusal(host, name) == "") is passes


def test_the_token_is_asked_for_last() -> None:
    assert refusal("127.0.0.1", "evil.example", "secret") == "403 Forbidden"
    assert refusal("127.0.0.1", "127.0.0.1", "secret", HTTP_ORIGIN="http://evil.example") == "403 Forbidden"
    assert refusal("127.0.0.1", "127.0.0.1", "secret") == "401 Unauthorized"
    assert refusal("127.0.0.1", "127.0.0.1", "secret", HTTP_AUTHORIZATION="Bearer secret") == ""


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "::1", "localhost"])
def test_on_this_machine_alone_no_token_is_made_up(host: str) -> None:
    assert is_loopback(host)
    assert token_for(host, None) is None
    assert token_for(host, "mine") == "mine"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.7", "sandbox", "127.0.0.1.example"])
def test_elsewhere_one_is_made_up_unless_it_is_given(host: str) -> None:
    made = token_for(host, None)
    assert made is not None
    assert len(made) > 20
    assert token_for(host, "mine") == "mine"


@pytest.mark.parametrize("token", ["", "two words", "line\n", "ü"])
def test_a_token_that_cannot_stand_in_a_header_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="control_token must be"):
        token_for("127.0.0.1", token)


@pytest.mark.parametrize(
    ("host", "in_url"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("sandbox", "sandbox"),
        ("192.0.2.7", "192.0.2.7"),
        ("::1", "[::1]"),
        ("0.0.0.0", "127.0.0.1"),
        ("", "127.0.0.1"),
        ("::", "[::1]"),
    ],
)
def test_a_url_is_one_that_this_machine_can_use(host: str, in_url: str) -> None:
    assert url_host(host) == in_url


@pytest.mark.parametrize(
    ("given", "address"), [("[::1]", "::1"), ("::1", "::1"), ("[::]", "::"), ("sandbox", "sandbox")]
)
def test_an_ipv6_address_may_have_the_brackets_of_a_url(given: str, address: str) -> None:
    assert unbracketed(given) == address
