"""What a reply means: success, refusal, or an error of the protocol."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.frames import frame
from hypothesis import given
from hypothesis import strategies as st

from relay_actors.errors import LOCAL, AuthenticationFailed, RelayError
from relay_actors.session.replies import LoginRefused, read_login, read_reply
from relay_actors.wire.frames import Frame, decode_frame


def reply(**fields: Any) -> Frame:
    decoded = decode_frame(frame(id="r1", **fields))
    assert isinstance(decoded, Frame)
    return decoded


def failure(**fields: Any) -> RelayError:
    outcome = read_reply(reply(**fields))
    assert isinstance(outcome, RelayError)
    return outcome


@pytest.mark.parametrize("code", ["200", "201", "299", 200, 204])
def test_any_2xx_is_a_success_as_a_text_or_a_number(code: Any) -> None:
    assert read_reply(reply(result={"code": code, "message": "x"})) == {"code": code, "message": "x"}


@pytest.mark.parametrize("code", ["404", 404, "500", "2", "20", "2000", "200 ", "200\n", "", "OK", "1200", 0, False])
def test_any_other_code_is_a_failure(code: Any) -> None:
    assert isinstance(read_reply(reply(result={"code": code, "message": "x"})), RelayError)


DEEP = "[" * 900 + "]" * 900
ODD = [
    '"nan"',
    "1e300",
    "9" * 400,
    '"%s"' % ("9" * 5000),
    "true",
    "[]",
    "{}",
    DEEP,
    '" 404"',
    '"4_04"',
    "-0.5",
    '"\\u0664"',
]


@pytest.mark.parametrize("value", ODD, ids=lambda value: value[:12])
def test_an_odd_code_is_a_failure_without_a_code_whatever_it_is(value: str) -> None:
    for text in ('{"id":"r1","result":{"code":%s,"message":%s}}', '{"id":"r1","error":{"code":%s,"message":%s}}'):
        decoded = decode_frame(text % (value, value))
        assert isinstance(decoded, Frame)
        error = read_reply(decoded)
        assert isinstance(error, RelayError)
        assert error.code == LOCAL
        with pytest.raises(LoginRefused):
            read_login(decoded)


@pytest.mark.parametrize("result", [{}, {"timestamp": 1.5}, {"code": None}])
def test_a_result_without_a_code_is_a_success(result: dict[str, Any]) -> None:
    assert read_reply(reply(result=result)) == result


@pytest.mark.parametrize("value", ["text", 5, [1, 2], True])
def test_a_result_that_is_no_object_is_handed_on_raw(value: Any) -> None:
    assert read_reply(reply(result=value)) == {"raw": value}


def test_a_reply_without_result_is_an_empty_success() -> None:
    assert read_reply(reply()) == {}
    assert read_reply(reply(result=None)) == {}


def test_a_failing_result_keeps_code_message_and_data() -> None:
    error = failure(result={"code": "400", "message": "bad", "data": {"body": ["missing"]}})
    assert (error.code, error.message, error.data) == (400, "bad", {"body": ["missing"]})


def test_a_dial_keeps_its_message_data() -> None:
    detail = [{"from": "a", "to": "b", "errors": ["no route"]}]
    assert failure(result={"code": "400", "message": "bad", "message_data": detail}).data == detail


def test_a_protocol_error_keeps_code_message_and_data() -> None:
    error = failure(error={"code": -32602, "message": "invalid params", "data": {"param": "volume"}})
    assert (error.code, error.message, error.data) == (-32602, "invalid params", {"param": "volume"})


@pytest.mark.parametrize("error", ["broken", 5, [], {}, {"code": "x"}, {"code": None, "message": None}])
def test_an_error_of_an_odd_shape_is_an_error_all_the_same(error: Any) -> None:
    assert failure(error=error).message


@pytest.mark.parametrize("message", [5, None, {"text": "x"}, ["x"], ""])
def test_a_message_of_an_odd_type_becomes_a_text(message: Any) -> None:
    for error in (
        failure(result={"code": "500", "message": message}),
        failure(error={"code": 1, "message": message}),
    ):
        assert isinstance(error.message, str)
        assert error.message


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=8,
)


@given(result=anything, error=anything, code=anything)
def test_no_reply_of_any_shape_raises(result: Any, error: Any, code: Any) -> None:
    for shape in ({"result": result}, {"error": error}, {"result": {"code": code}}, {"error": {"code": code}}):
        outcome = read_reply(Frame(id="r1", **shape))
        assert isinstance(outcome, dict | RelayError)
        try:
            read_login(Frame(id="r1", **shape))
        except LoginRefused as refusal:
            assert isinstance(refusal.code, int)


def test_a_login_is_a_result_with_a_protocol() -> None:
    result = {"protocol": "signalwire_a_b_c", "identity": "i"}
    assert read_login(reply(result=result)) == result


@pytest.mark.parametrize("code", [-32000, -32001, -32002, -32003])
def test_a_login_refused_by_an_error_is_permanent(code: int) -> None:
    with pytest.raises(LoginRefused) as refused:
        read_login(reply(error={"code": code, "message": "no", "data": {"signalwire_error_code": "AUTH_REQUIRED"}}))
    assert refused.value.permanent
    assert refused.value.code == code
    assert refused.value.data == {"signalwire_error_code": "AUTH_REQUIRED"}


@pytest.mark.parametrize("code", ["401", "402", "403", 401])
def test_a_login_refused_by_a_failing_result_is_permanent(code: Any) -> None:
    with pytest.raises(LoginRefused) as refused:
        read_login(reply(result={"code": code, "message": "Unauthorized"}))
    assert refused.value.permanent
    assert isinstance(refused.value, AuthenticationFailed)


@pytest.mark.parametrize(
    "answer",
    [{"error": {"code": -32005, "message": "full"}}, {"error": {"code": -32603}}, {"result": {"code": "503"}}],
)
def test_a_server_in_trouble_is_no_refusal_of_the_credentials(answer: dict[str, Any]) -> None:
    with pytest.raises(LoginRefused) as refused:
        read_login(reply(**answer))
    assert not refused.value.permanent


@pytest.mark.parametrize("result", [{}, {"protocol": ""}, {"protocol": None}, {"protocol": 5}, "text", None])
def test_a_login_without_a_protocol_is_no_success(result: Any) -> None:
    with pytest.raises(LoginRefused, match="no protocol") as refused:
        read_login(reply(result=result))
    assert not refused.value.permanent


def test_a_login_whose_result_has_a_failing_code_is_no_success_though_it_has_a_protocol() -> None:
    with pytest.raises(LoginRefused):
        read_login(reply(result={"protocol": "signalwire_x", "code": "401", "message": "Unauthorized"}))


def test_a_refusal_says_what_to_check() -> None:
    with pytest.raises(LoginRefused, match="check project and token"):
        read_login(reply(error={"code": -32002, "message": "Authentication failed"}))


@pytest.mark.parametrize("code", [b"9" * 4_000, b"1e308", b"-" + b"9" * 400])
def test_a_number_of_any_length_is_no_success(code: bytes) -> None:
    for shape in (b'{"id":"r1","result":{"code":%b}}', b'{"id":"r1","error":{"code":%b}}'):
        decoded = decode_frame(shape % code)
        assert isinstance(decoded, Frame)
        assert isinstance(read_reply(decoded), RelayError)
