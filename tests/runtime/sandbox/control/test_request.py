"""Requests of the control port: the path, the query, and a body that is JSON."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from relay_runtime.sandbox.control.request import ProblemError, Request


def request(body: bytes = b"", method: str = "POST", **environ: str) -> Request:
    given: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": "/calls/",
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/json",
        "wsgi.input": BytesIO(body),
        **environ,
    }
    return Request(given)


def test_a_slash_at_the_end_makes_no_difference_and_the_last_value_of_a_query_counts() -> None:
    made = request(method="GET", QUERY_STRING="wait=1&wait=2")
    assert (made.path, made.query) == ("/calls", {"wait": "2"})
    assert request(method="GET", PATH_INFO="/").path == "/"


def test_only_a_request_that_may_have_a_body_is_read() -> None:
    assert request(b"{nonsense", method="GET").body == {}
    assert request(b"", method="DELETE").body == {}
    assert request(b'{"a":1}').body == {"a": 1}


@pytest.mark.parametrize(
    ("body", "environ", "status"),
    [
        (b"{nonsense", {}, "400 Bad Request"),
        (b"[" * 5_000, {}, "400 Bad Request"),
        (b"[1]", {}, "400 Bad Request"),
        (b"", {}, "400 Bad Request"),
        (b"{}", {"CONTENT_TYPE": "text/plain"}, "415 Unsupported Media Type"),
        (b"{}", {"CONTENT_TYPE": "text/plain;x=json"}, "415 Unsupported Media Type"),
        (b"", {"CONTENT_TYPE": "", "REQUEST_METHOD": "DELETE"}, "415 Unsupported Media Type"),
        (b"", {"CONTENT_LENGTH": str(16 * 1024 * 1024 + 1)}, "413 Content Too Large"),
    ],
)
def test_a_body_that_is_no_json_object_is_a_problem(body: bytes, environ: dict[str, str], status: str) -> None:
    with pytest.raises(ProblemError) as refused:
        request(body, **environ)
    assert refused.value.status == status


@pytest.mark.parametrize(
    ("body", "query", "words"),
    [
        (b'{"nummber":1}', "", "there is no key 'nummber' here; did you mean 'number'? accepted are number, steps"),
        (b'{"x":1}', "", "there is no key 'x' here; accepted are number, steps"),
        (b'{"number":1}', "stpes=1", "there is no key 'stpes' here; did you mean 'steps'? accepted are number, steps"),
    ],
)
def test_a_key_that_is_not_known_is_a_problem(body: bytes, query: str, words: str) -> None:
    with pytest.raises(ProblemError) as refused:
        request(body, QUERY_STRING=query).accept(["steps", "number"])
    assert (refused.value.status, refused.value.message) == ("400 Bad Request", words)


def test_where_no_key_is_known_none_is_accepted() -> None:
    request(b"{}").accept([])
    with pytest.raises(ProblemError, match="there is no key 'x' here; none is accepted"):
        request(b'{"x":1}').accept([])


def test_a_field_is_taken_by_its_type_or_by_its_default() -> None:
    made = request(b'{"number":"+1","steps":[],"nothing":null}')
    assert made.take("number") == "+1"
    assert made.take("context", default="office") == "office"
    assert made.take("nothing", default=None) is None
    with pytest.raises(ProblemError, match="the field 'context' is missing"):
        made.take("context")
    with pytest.raises(ProblemError, match="the field 'steps' must be a text"):
        made.take("steps")


def asked(query: str) -> Request:
    return request(method="GET", QUERY_STRING=query)


@pytest.mark.parametrize(("text", "seconds"), [("0", 0), ("2", 2), ("0.5", 0.5), (".5", 0.5), ("7.", 7), ("999", 60)])
def test_a_time_in_the_query_is_bounded(text: str, seconds: float) -> None:
    assert asked(f"wait={text}").seconds("wait", 60) == seconds
    assert asked("").seconds("wait", 60) is None


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf", "1e9", "1 2", "%D9%A1", "1" * 5_000])
def test_what_is_no_time_and_no_number_is_refused_in_words(text: str) -> None:
    made = asked(f"wait={text}&after={text}")
    with pytest.raises(ProblemError, match="wait must be a number of seconds from 0 to 60"):
        made.seconds("wait", 60)
    with pytest.raises(ProblemError, match="after must be a whole number of 0 or more"):
        made.number("after")


def test_a_whole_number_in_the_query_is_0_when_it_is_not_there() -> None:
    assert (asked("after=12").number("after"), asked("").number("after")) == (12, 0)
