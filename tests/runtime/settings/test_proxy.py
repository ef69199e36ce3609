"""Which proxy is on the way to the server, as it is given and as the environment has it."""

from __future__ import annotations

import pytest

from relay_runtime.settings.client import resolve
from relay_runtime.settings.endpoint import parse_host
from relay_runtime.settings.proxy import Proxy, environment_proxy, parse_proxy, proxy_variable

ACCOUNT = {"SIGNALWIRE_PROJECT_ID": "a-project", "SIGNALWIRE_API_TOKEN": "a-secret"}
SERVER = parse_host("relay.example.com")


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("http://proxy.example.com:3128", Proxy(secure=False, host="proxy.example.com", port=3128)),
        ("http://proxy.example.com", Proxy(secure=False, host="proxy.example.com", port=80)),
        ("https://Proxy.Example.com/", Proxy(secure=True, host="proxy.example.com", port=443)),
        ("proxy.example.com:3128", Proxy(secure=False, host="proxy.example.com", port=3128)),
        ("http://[::1]:3128", Proxy(secure=False, host="::1", port=3128)),
        ("http://me:pass@10.0.0.1:1", Proxy(secure=False, host="10.0.0.1", port=1, user="me", password="pass")),
        ("me:pass@proxy:1", Proxy(secure=False, host="proxy", port=1, user="me", password="pass")),
        ("http://a%40b:p%3A%2F%25@proxy:1", Proxy(secure=False, host="proxy", port=1, user="a@b", password="p:/%")),
        ("http://me:@proxy:1", Proxy(secure=False, host="proxy", port=1, user="me")),
    ],
)
def test_a_proxy_is_read_as_other_tools_read_it(text: str, proxy: Proxy) -> None:
    assert parse_proxy(text) == proxy


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("socks5://me:SECRET@proxy:1080", "SOCKS proxy is not supported"),
        ("SOCKS5H://proxy:1080", "SOCKS proxy is not supported"),
        ("ftp://me:SECRET@proxy:1", "scheme ftp"),
        ("http://me:SECRET@", "hostname"),
        ("http://me:SECRET@proxy:1/path", "path"),
        ("http://me:SECRET@proxy:1?query", "query"),
        ("http://me:SEC/RET@proxy:1", "path"),
        ("http://me:SECRET@proxy:99999", "port or the encoding"),
        ("http://me:SECRET%FF@proxy:1", "encoding"),
        ("http://SECRET@proxy:1", "without password"),
        ("http://me%3Ame:SECRET@proxy:1", "colon"),
        ("http://me:SECRET@proxy:1\n", "space"),
        ("http://me:SEC RET@proxy:1", "space"),
    ],
)
def test_what_is_no_proxy_is_refused_with_what_is_accepted_and_is_not_repeated(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=f"{says}.*accepted: http://host:port or https://host:port") as caught:
        parse_proxy(text)
    assert not any(part in str(caught.value) for part in ("SEC", "RET"))
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_no_password_is_shown() -> None:
    proxy = parse_proxy("http://me:SECRET@proxy.example.com:3128")
    assert repr(proxy) == str(proxy) == "<Proxy proxy.example.com:3128>"


@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({}, ""),
        ({"HTTPS_PROXY": "http://p"}, "HTTPS_PROXY"),
        ({"https_proxy": "http://p", "HTTPS_PROXY": "http://q"}, "https_proxy"),
        ({"https_proxy": "", "HTTPS_PROXY": "http://q"}, ""),
        ({"ALL_PROXY": "http://p"}, "ALL_PROXY"),
        ({"ALL_PROXY": "http://p", "HTTPS_PROXY": "http://q"}, "HTTPS_PROXY"),
        ({"wss_proxy": "http://p", "https_proxy": "http://q"}, "wss_proxy"),
        ({"HTTP_PROXY": "http://p"}, ""),
        ({"HTTPS_PROXY": "http://p", "NO_PROXY": "example.com"}, ""),
        ({"HTTPS_PROXY": "http://p", "NO_PROXY": "example.com", "no_proxy": "other.com"}, "HTTPS_PROXY"),
    ],
)
def test_the_environment_is_read_as_by_other_tools_of_python(variables: dict[str, str], found: str) -> None:
    assert proxy_variable(SERVER, variables) == found


@pytest.mark.parametrize(
    ("host", "no_proxy", "exempt"),
    [
        ("relay.example.com", "relay.example.com", True),
        ("relay.example.com", "example.com", True),
        ("relay.example.com", ".example.com", True),
        ("relay.example.com", "*.example.com", True),
        ("relay.example.com", "Example.COM", True),
        ("relay.example.com", "one.org, example.com", True),
        ("relay.example.com", "one.org example.com", True),
        ("relay.example.com", "*", True),
        ("relay.example.com", "one.org,*", True),
        ("relay.example.com", "example.com:443", True),
        ("relay.example.com", "relay.example.com:443", True),
        ("relay.example.com:8443", "relay.example.com:443", False),
        ("relay.example.com", "ample.com", False),
        ("relay.example.com", "sub.relay.example.com", False),
        ("relay.example.com", " , .,", False),
        ("10.1.2.3", "10.0.0.0/8", True),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.3", "11.0.0.0/8", False),
        ("[2001:db8::1]", "2001:db8::/32", True),
        ("[::1]", "::1", True),
        ("[::1]", "[::1]", True),
        ("[::1]:8443", "[::1]:8443", True),
        ("[::1]:8443", "[::1]:443", False),
        ("localhost", "localhost,127.0.0.1", True),
        ("127.0.0.1", "localhost,127.0.0.1", True),
    ],
)
def test_no_proxy_exempts_by_name_suffix_port_address_net_and_star(host: str, no_proxy: str, *, exempt: bool) -> None:
    variables = {"HTTPS_PROXY": "http://p", "NO_PROXY": no_proxy}
    assert (proxy_variable(parse_host(host), variables) == "") is exempt


def test_this_machine_by_ws_needs_no_proxy_of_the_environment() -> None:
    assert proxy_variable(parse_host("ws://127.0.0.1:8090"), {"HTTPS_PROXY": "http://p", "ALL_PROXY": "http://p"}) == ""
    assert proxy_variable(parse_host("wss://127.0.0.1:8090"), {"HTTPS_PROXY": "http://p"}) == "HTTPS_PROXY"


def test_a_variable_that_holds_no_proxy_is_named() -> None:
    with pytest.raises(ValueError, match=r"^environment variable all_proxy: a SOCKS proxy.*'off'"):
        environment_proxy(SERVER, {"all_proxy": "socks5h://p:1080"})


# What a client makes of it


def test_an_argument_goes_before_our_variable_and_that_before_those_of_all_tools() -> None:
    environ = {**ACCOUNT, "HTTPS_PROXY": "http://third"}
    assert resolve(environ=environ).proxy == parse_proxy("http://third")
    environ["RELAY_PROXY"] = "http://second"
    assert resolve(environ=environ).proxy == parse_proxy("http://second")
    assert resolve(environ=environ, proxy="http://first").proxy == parse_proxy("http://first")


@pytest.mark.parametrize("none", [None, "off"])
def test_none_and_off_turn_those_of_the_environment_off(none: str | None) -> None:
    environ = {**ACCOUNT, "HTTPS_PROXY": "http://third", "RELAY_PROXY": "http://second"}
    assert resolve(environ=environ, proxy=none).proxy is None
    assert resolve(environ={**environ, "RELAY_PROXY": "off"}).proxy is None


def test_what_is_given_holds_whatever_no_proxy_says() -> None:
    assert resolve(environ={**ACCOUNT, "NO_PROXY": "*"}, proxy="http://first").proxy is not None


def test_a_mistake_names_where_it_was_made() -> None:
    with pytest.raises(ValueError, match="^argument proxy=: not the URL of a proxy"):
        resolve(environ=ACCOUNT, proxy="http://")
    with pytest.raises(ValueError, match="^environment variable RELAY_PROXY: not the URL of a proxy"):
        resolve(environ={**ACCOUNT, "RELAY_PROXY": "http://"})
    with pytest.raises(TypeError, match=r"^argument proxy= is bool; accepted is a text, or None"):
        resolve(environ=ACCOUNT, proxy=True)  # type: ignore[arg-type]


def test_no_token_travels_in_clear_to_a_proxy_on_another_machine() -> None:
    with pytest.raises(ValueError, match=r"argument proxy=: .*in clear; 'off'"):
        resolve(environ=ACCOUNT, host="ws://127.0.0.1:1", proxy="http://proxy.example.com:3128")
    near = resolve(environ=ACCOUNT, host="ws://127.0.0.1:1", proxy="http://127.0.0.1:3128")
    assert near.proxy == parse_proxy("http://127.0.0.1:3128")


def test_a_port_that_is_0_is_refused_and_one_that_is_left_open_is_the_usual_one() -> None:
    for url in ("http://proxy.example.com:0", "proxy.example.com:00/"):
        with pytest.raises(ValueError, match="a proxy has no port 0"):
            parse_proxy(url)
    assert parse_proxy("http://proxy.example.com:").port == 80


def test_a_dot_at_the_end_of_a_name_changes_nothing_for_no_proxy() -> None:
    environ = {"https_proxy": "http://proxy.example.com:3128", "no_proxy": "relay.example.com."}
    assert environment_proxy(parse_host("relay.example.com"), environ) is None
