from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay_runtime.settings.endpoint import Endpoint, is_loopback, parse_host


@pytest.mark.parametrize(
    ("text", "endpoint", "url"),
    [
        ("relay.signalwire.com", Endpoint("wss", "relay.signalwire.com", 443), "wss://relay.signalwire.com"),
        ("My-Space.SignalWire.com", Endpoint("wss", "my-space.signalwire.com", 443), "wss://my-space.signalwire.com"),
        ("example.com.", Endpoint("wss", "example.com", 443), "wss://example.com"),
        ("example.com:8443", Endpoint("wss", "example.com", 8443), "wss://example.com:8443"),
        ("example.com:443", Endpoint("wss", "example.com", 443), "wss://example.com"),
        ("my_host", Endpoint("wss", "my_host", 443), "wss://my_host"),
        ("localhost", Endpoint("wss", "localhost", 443), "wss://localhost"),
        ("127.0.0.1:9000", Endpoint("wss", "127.0.0.1", 9000), "wss://127.0.0.1:9000"),
        ("192.0.2.1", Endpoint("wss", "192.0.2.1", 443), "wss://192.0.2.1"),
        ("[::1]", Endpoint("wss", "::1", 443), "wss://[::1]"),
        ("[::1]:9000", Endpoint("wss", "::1", 9000), "wss://[::1]:9000"),
        ("[2001:DB8:0::1]:9000", Endpoint("wss", "2001:db8::1", 9000), "wss://[2001:db8::1]:9000"),
        ("wss://example.com", Endpoint("wss", "example.com", 443), "wss://example.com"),
        ("WSS://Example.com/", Endpoint("wss", "example.com", 443, "/"), "wss://example.com/"),
        ("wss://example.com:80/A/b;c", Endpoint("wss", "example.com", 80, "/A/b;c"), "wss://example.com:80/A/b;c"),
        ("ws://localhost", Endpoint("ws", "localhost", 80), "ws://localhost"),
        ("ws://127.9.9.9:5000/x", Endpoint("ws", "127.9.9.9", 5000, "/x"), "ws://127.9.9.9:5000/x"),
        ("ws://[::1]:5000", Endpoint("ws", "::1", 5000), "ws://[::1]:5000"),
    ],
)
def test_a_host_is_read_in_every_form_that_people_write(text: str, endpoint: Endpoint, url: str) -> None:
    assert parse_host(text) == endpoint
    assert parse_host(text).url == url
    assert parse_host(url) == endpoint


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("user:SECRET@example.com", "credentials"),
        ("wss://user:SECRET@example.com", "credentials"),
        ("example.com?token=SECRET", "query"),
        ("wss://example.com/?token=SECRET", "query"),
        ("wss://example.com/#SECRET", "fragment"),
        ("exam ple.com", "space"),
        (" example.com", "position 0"),
        ("example.com\r\nX: y", "control character"),
        ("example.com\n", "control character"),
        ("wss://example.com/a\tb", "control character"),
        ("example.com\x00", "control character"),
        ("\u00fcber.example", "ASCII"),
        ("example.com:\u0661", "ASCII"),
        ("https://example.com", "scheme"),
        ("http://127.0.0.1", "scheme"),
        ("://example.com", "scheme"),
        ("example.com/path", "path"),
        ("example.com\\path", "path"),
        ("example.com:", "bad port"),
        ("example.com:0", "bad port"),
        ("example.com:65536", "bad port"),
        ("example.com:-1", "bad port"),
        ("example.com:+1", "bad port"),
        ("example.com:https", "bad port"),
        ("example.com:" + "9" * 5000, "bad port"),
        ("a:1:2", "brackets"),
        ("::1", r"write \[::1\]"),
        ("[::1", "brackets"),
        ("[::1]x", "brackets"),
        ("x[::1]", "brackets"),
        ("[]", "IPv6"),
        ("[example.com]", "IPv6"),
        ("[fe80::1%eth0]", "IPv6"),
        (":443", "host name"),
        ("wss://", "host name"),
        ("wss:///path", "host name"),
        ("-a.example", "host name"),
        ("a-.example", "host name"),
        ("a..example", "host name"),
        (".example", "host name"),
        ("a" * 64 + ".example", "host name"),
        ("a." * 127 + "example", "host name"),
        ("ex*mple.com", "host name"),
        ("127.1", "IPv4"),
        ("2130706433", "IPv4"),
        ("0x7f000001", "IPv4"),
        ("127.0.0.01", "IPv4"),
        ("256.0.0.1", "IPv4"),
        ("ws://example.com", "in clear"),
        ("ws://192.0.2.1", "in clear"),
        ("ws://10.0.0.1:80", "in clear"),
        ("ws://localhost.example.com", "in clear"),
        ("ws://127.0.0.1.example.com", "in clear"),
        ("ws://[::2]", "in clear"),
        ("ws://[::ffff:127.0.0.1]", "in clear"),
        ("ws://0.0.0.0", "in clear"),
    ],
)
def test_what_is_no_host_is_refused_with_the_reason_and_what_is_accepted(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        parse_host(text)
    message = str(caught.value)
    assert "SECRET" not in message
    assert "wss://" in message or "65535" in message


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.255.255.254", True),
        ("::1", True),
        ("128.0.0.1", False),
        ("0.0.0.0", False),
        ("::", False),
        ("example.com", False),
        ("", False),
    ],
)
def test_only_this_machine_is_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@given(st.text(max_size=60))
def test_any_text_is_an_endpoint_or_a_value_error(text: str) -> None:
    try:
        endpoint = parse_host(text)
    except ValueError:
        return
    assert parse_host(endpoint.url) == endpoint


labels = st.from_regex(r"[a-z]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)


@given(st.lists(labels, min_size=1, max_size=4), st.integers(1, 65535), st.sampled_from(["", "/", "/a/b"]))
@pytest.mark.slow
def test_an_endpoint_is_the_same_after_its_url_is_read_again(parts: list[str], port: int, path: str) -> None:
    endpoint = Endpoint("wss", ".".join(parts), port, path)
    assert parse_host(endpoint.url) == endpoint


@given(st.text(alphabet="@?#\\ \r\n\t\x00", min_size=1, max_size=3), st.integers(0, 11))
def test_a_forbidden_character_anywhere_is_refused(bad: str, position: int) -> None:
    host = "example.com"
    for text in (host[:position] + bad + host[position:], f"wss://{host[:position]}{bad}{host[position:]}"):
        with pytest.raises(ValueError):
            parse_host(text)
