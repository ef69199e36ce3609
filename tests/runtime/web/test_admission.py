"""Who may use the page: by Host, by Origin, by the token of one browser."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from relay_runtime.web.admission import Admission, RefusedError

HERE = "127.0.0.1:4242"


def request(**environ: str) -> dict[str, Any]:
    return {"HTTP_HOST": HERE, "QUERY_STRING": "", **environ}


def entered(admission: Admission) -> str:
    """The cookie that a browser gets."""
    cookie = admission.enter(request(QUERY_STRING=urlsplit(admission.url).query))
    assert cookie is not None
    return cookie.partition(";")[0]


@pytest.fixture
def renewals() -> list[None]:
    return []


@pytest.fixture
def admission(renewals: list[None]) -> Admission:
    return Admission(4242, lambda: renewals.append(None))


def test_a_token_is_of_one_browser(admission: Admission, renewals: list[None]) -> None:
    first = admission.url
    assert first.startswith(f"http://{HERE}/?token=")
    cookie = admission.enter(request(QUERY_STRING=urlsplit(first).query))
    assert cookie is not None
    assert cookie.endswith("; Path=/; HttpOnly; SameSite=Strict")
    assert len(renewals) == 1
    assert admission.url != first
    with pytest.raises(RefusedError, match="was used before"):
        admission.enter(request(QUERY_STRING=urlsplit(first).query))
    assert len(renewals) == 1


def test_each_browser_goes_on_with_its_own_cookie(admission: Admission) -> None:
    one, other = entered(admission), entered(admission)
    assert one != other
    for cookie in (one, other, f"other=1; {one}", f'prefs={{"a":"b"}}; a[b]=1; x; ="; é=é;{one}', f"{one[:-3]}; {one}"):
        admission.check(request(HTTP_COOKIE=cookie))
    for cookie in ("", one[:-1], one.partition("=")[2], "relay_phone_4242=", '"; bad'):
        with pytest.raises(RefusedError, match="open the URL that was printed last"):
            admission.check(request(HTTP_COOKIE=cookie))


def test_who_is_in_may_load_the_spent_url_again(admission: Admission) -> None:
    query = urlsplit(admission.url).query
    cookie = entered(admission)
    assert admission.enter(request(QUERY_STRING=query, HTTP_COOKIE=cookie)) is None


def test_without_a_token_nobody_comes_in_anew(admission: Admission) -> None:
    assert admission.enter(request(QUERY_STRING="other=1")) is None
    for token in ("", "x", "é", parse_qs(urlsplit(admission.url).query)["token"][0][:-1]):
        with pytest.raises(RefusedError, match="was used before|not let in"):
            admission.enter(request(QUERY_STRING=f"token={token}"))
            admission.check(request())


@pytest.mark.parametrize(
    "host", ["", "evil.example", "evil.example:4242", "127.0.0.1", "127.0.0.1:4243", "0.0.0.0:4242"]
)
def test_a_host_that_is_not_this_page_is_refused_with_the_right_token_too(admission: Admission, host: str) -> None:
    cookie = entered(admission)
    with pytest.raises(RefusedError, match="the header Host must be 127.0.0.1:4242 or localhost:4242"):
        admission.check(request(HTTP_HOST=host, HTTP_COOKIE=cookie))
    with pytest.raises(RefusedError, match="the header Host"):
        admission.enter(request(HTTP_HOST=host, QUERY_STRING=urlsplit(admission.url).query))


@pytest.mark.parametrize(
    "origin", ["null", "http://evil.example", f"https://{HERE}", "http://localhost:4242", "http://127.0.0.1"]
)
def test_another_origin_is_refused(admission: Admission, origin: str) -> None:
    cookie = entered(admission)
    with pytest.raises(RefusedError, match="other origins"):
        admission.check(request(HTTP_ORIGIN=origin, HTTP_COOKIE=cookie))
    with pytest.raises(RefusedError, match="other origins"):
        admission.enter(request(HTTP_ORIGIN=origin, QUERY_STRING=urlsplit(admission.url).query))


@pytest.mark.parametrize("host", [HERE, "localhost:4242", "LOCALHOST:4242"])
def test_a_websocket_says_its_origin(admission: Admission, host: str) -> None:
    opening = request(HTTP_HOST=host, HTTP_UPGRADE="websocket", HTTP_COOKIE=entered(admission))
    with pytest.raises(RefusedError, match="other origins"):
        admission.check(opening)
    admission.check({**opening, "HTTP_ORIGIN": f"http://{host}"})


def test_the_browsers_that_are_remembered_are_bounded(admission: Admission) -> None:
    cookies = [entered(admission) for _ in range(65)]
    with pytest.raises(RefusedError):
        admission.check(request(HTTP_COOKIE=cookies[0]))
    admission.check(request(HTTP_COOKIE=cookies[1]))


def test_on_the_port_of_http_a_browser_leaves_the_port_out() -> None:
    admission = Admission(80, lambda: None)
    assert admission.url.startswith("http://127.0.0.1/?token=")
    cookie = admission.enter({"HTTP_HOST": "127.0.0.1", "QUERY_STRING": urlsplit(admission.url).query})
    assert cookie is not None
