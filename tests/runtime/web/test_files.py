"""The files of the page, and that it needs nothing but them."""

from __future__ import annotations

import re

import pytest

from relay_runtime.web.files import HEADERS, find


def text_of(path: str) -> str:
    found = find(path)
    assert found is not None, path
    return found[1].decode()


def test_the_page_names_no_file_that_is_not_there_and_nothing_elsewhere() -> None:
    page = text_of("/")
    named = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert named
    for name in named:
        assert find(name) is not None, name
    for path in ("/main.js", "/calls.js", "/live.js", "/frames.js"):
        for name in re.findall(r'from "\.(/[^"]+)"', text_of(path)):
            assert find(name) is not None, name
    for path in ("/", "/page.css", "/main.js", "/calls.js", "/live.js", "/frames.js", "/speech.js", "/connection.js"):
        assert not re.search(r"https?://|innerHTML|eval\(|\bstyle=|\bon\w+=\"", text_of(path)), path


@pytest.mark.parametrize("path", ["/nothing", "/../browser.py", "/browser.py", "//main.js", "/main.js/", "", "/."])
def test_nothing_else_is_there(path: str) -> None:
    assert find(path) is None


def test_no_code_runs_but_that_of_the_page() -> None:
    policy = dict(HEADERS)["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert "unsafe" not in policy
